// Package state is where modules keep what must outlive a call: Backend, a key-value store with expiry, versions and
// atomic counters, and Log, a set of append-only streams. Drivers live below this package, one each, and mean the same:
// package statetest decides every question that their sources of truth would answer differently.
package state
