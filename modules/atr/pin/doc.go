// Package pin remembers what other servers have defined, and tells when it is no longer that. A definition is trusted by its
// digest: over the whole of it in its canonical form, so that no member, however deep, changes unseen. What was trusted
// once and is another now is blocked until a person has seen the difference and agreed, as is a thing that is the old one
// under a new name. Records are kept in a state.Backend; the last one who agrees is told when another was faster.
package pin
