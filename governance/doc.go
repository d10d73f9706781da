// Package governance decides. It holds the vocabulary of a governed call (Call, Policy, Decision, Outcome), compiles
// policies into immutable snapshots, and offers the Gate that judges a call in the fixed order allowlist, blocked
// patterns, limits, and reviews what came of it. It never runs a handler, never writes a log and never reads a file:
// the dispatcher runs, the journal records, package policy reads files.
//
// A Set holds the loaded policies and selects a Snapshot for each call. The Gate decides (Decide), explains without
// charging (Explain), reviews what came of a call against Baselines (Review), and turns what was reserved into what was
// used (Settle). Events go over a Stream, on which the dispatcher publishes.
//
// Everything here fails closed. The zero Effect denies, a check that errs denies, a name that no list allows is denied,
// and an absent allowlist allows nothing.
package governance
