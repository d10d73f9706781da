// Package detect finds, in text that a call carries or brings back, what should not pass unseen: secrets, personal data,
// instructions meant for a model, escapes meant for a terminal, and poison in the definitions of tools.
//
// An Engine reads a bare text, or every text of a JSON document, once: one automaton over bytes tells where any detector
// has something to look at (a token's prefix, a run of digits, a word of an instruction), and only there the detector
// verifies, by the published form, its checksum, its neighbours and the name that the value stands under. What is only
// discussed, quoted or an example has a lower confidence than what is meant. Work is linear in the text, and a text in
// which nothing is found allocates nothing.
//
// The package reports findings and knows no policy: Settings are plain data that say what an operator wants done with
// each class of finding.
package detect
