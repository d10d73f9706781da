// Package match finds blocked patterns in the values that a handler would see: every decoded string, every key and
// every name of a JSON document, at every depth, and never in the serialised text. One Set holds all patterns of a
// policy snapshot and scans a document in a single pass whose cost does not grow with the number of patterns that have
// a literal part. All matching is linear in the size of the document.
package match
