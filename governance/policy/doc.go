// Package policy reads and writes policies as YAML. A file is a list of records with exactly the fields of
// governance.Policy, spelled as in its documentation; anything else is a fault: an unknown or repeated key, a value of
// another type, an alias, a second document. Every fault of every file is reported at once, with file, line and column
// and what to do about it, and nothing of a faulty file is used. What policies mean is package governance's business.
package policy
