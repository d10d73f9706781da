// Package state is where modules keep what must outlive a call: Backend, a key-value store with expiry, versions and
// atomic counters, and Log, a set of append-only streams. Drivers live below this package, one each, and mean the same:
// package statetest decides every question that their sources of truth would answer differently.
//
// Besides the two contracts it holds what every driver shares, so that none can get it wrong alone: the bounds of
// arguments (CheckKey and its siblings), the arithmetic of limits (Charge) and the moment at which an item expires
// (Expiry). Prefixed and PrefixedLog give a part of a store to somebody who cannot leave it.
//
// Times that a store hands out are in UTC and whole milliseconds. Values and records are copied on the way in and on the
// way out: neither side sees what the other does to its slices.
package state
