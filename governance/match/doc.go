// Package match finds blocked patterns in the values that a handler would see: every decoded string, every name, number
// and URI of a JSON document, at every depth, neighbours put together, and each of these in every form that someone may take
// it for, but never in the serialised text.
//
// A Walker reads a document strictly and shows its texts. A Normalizer shows a text in all its forms: invisible characters
// taken away, letters as they look (Unicode Technical Standard 39), comments and quotes of SQL and the shell undone, encodings
// undone and each within the other, all in bounded work, and it knows which part of the original each part of a form comes
// from. A Set looks for all patterns of a policy snapshot in all of that; detectors of other packages use the same two.
//
// One Set holds all patterns and scans a text in a single pass whose cost does not grow with the number of patterns that have
// a literal part. That pass is an Aho-Corasick automaton over the case-folded text with its white space collapsed, which
// knows all substrings, and of each regex and glob a factor: literals of which one must occur where it matches. Regexes and
// globs are run only on texts in which a factor was found; those that have none are run on every text, behind one table for
// all of them that tells where none can match. All matching is linear in the size of the document.
//
// What was found is a Finding; Redact takes findings out of a document. What no pattern can see is what a program makes of its
// input that is none of the forms: a cipher, another language's escapes, a word spelt letter by letter over several calls.
package match
