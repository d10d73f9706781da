// Package config reads what an operator configures: flags over environment over file over defaults, by viper, which
// nothing else in this module imports. A configuration is decoded strictly: a key that is not known is an error that
// names the nearest one that is, and every fault is reported at once. The defaults are safe and useful as they are.
package config
