package tokens

import _ "embed" // for the file below

//go:generate go run ./gen

// cl100k is a vocabulary.Vocabulary of the tokens of cl100k_base, without the special ones. It is a string because that is
// read-only data of the binary, which is nothing to load and nothing for the garbage collector.
//
//go:embed cl100k_base.vocab
var cl100k string
