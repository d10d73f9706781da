// Package match finds blocked patterns in the values that a handler would see: every decoded string, every key, number
// and name of a JSON document, at every depth, and the elements of each array joined, but never in the serialised text.
//
// One Set holds all patterns of a policy snapshot and scans a document in a single pass whose cost does not grow with
// the number of patterns that have a literal part. That pass is an Aho-Corasick automaton over the case-folded text,
// which knows all substrings, and of each regex and glob a factor: literals of which one must occur where it matches.
// Regexes and globs are run only on values in which a factor was found; those that have none are run on every value,
// behind one table for all of them that tells where none can match. All matching is linear in the size of the document.
package match
