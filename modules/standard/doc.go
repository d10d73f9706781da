// Package standard is the one place that names every module. Open takes a configuration and puts a whole kernel
// together: data directory, signing key, journal, state, policies, gate, modules and dispatcher, in that order, each
// made by its own package from its own options. What is left out by configuration is simply not made.
package standard
