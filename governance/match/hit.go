package match

import "fmt"

// A Hit says which pattern was found and where. The zero value is no hit.
type Hit struct {
	Pattern int    // index in the patterns given to Compile
	Name    string // the pattern's name

	// Pointer is the place of the value in the document, an RFC 6901 pointer: "" for the document itself and for the
	// name (InName), the member for a key (InKey), the array for its joined elements (Joined).
	Pointer string
	InName  bool // the name was hit, not the document
	InKey   bool // the key of the member at Pointer was hit, not its value
	Joined  bool // the elements of the array at Pointer were hit, joined by single spaces

	// Start and End bound the hit in the decoded value, in bytes. A glob spans the whole value.
	Start, End int
}

// A DocumentError says why a document cannot be judged: it is not JSON, not UTF-8 or nested too deeply. Whoever gets
// one denies.
type DocumentError struct {
	Offset  int    // in bytes, where reading stopped
	Problem string // what is wrong there; never the document's text
}

// Error returns "byte OFFSET: problem".
func (e *DocumentError) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset, e.Problem) }

// A PatternError is one fault of one pattern given to Compile.
type PatternError struct {
	Index   int    // which pattern, from 0; -1 for a fault of all of them together
	Problem string // what is wrong; never the pattern's text
}

// Error returns "pattern INDEX: problem".
func (e *PatternError) Error() string {
	if e.Index < 0 {
		return "patterns: " + e.Problem
	}
	return fmt.Sprintf("pattern %d: %s", e.Index, e.Problem)
}
