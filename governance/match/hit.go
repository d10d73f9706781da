package match

import "fmt"

// A Hit says which pattern was found and where. The zero value is no hit.
type Hit struct {
	Pattern int    // index in the patterns given to Compile
	Name    string // the pattern's name

	// Pointer is the place of the value in the document, an RFC 6901 pointer: "" for the document itself and for the
	// name (InName), the member for a key (InKey), the array or object for its neighbours (Joined).
	Pointer string
	InName  bool // the name was hit, not the document
	InKey   bool // the key of the member at Pointer was hit, not its value
	Joined  bool // the texts in the array or object at Pointer were hit, joined by single spaces or by nothing

	// Start and End bound the hit in the decoded value as it was given, in bytes. A glob spans the whole value. Of neighbours
	// they mean nothing to anybody who does not put them together as a Walker does.
	Start, End int

	// Form names the forms that were undone to find it, outermost first, as in "base64/nfkc"; "" is the value itself.
	Form string
}

// Finding returns the hit as all checks report what they found: with the check's name, and the class that placeholders are
// to have. A pattern either occurs or does not, so the confidence is 1.
func (h Hit) Finding(check, class string, severity Severity) Finding {
	return Finding{
		Check: check, Rule: h.Name, Class: class, Severity: severity, Confidence: 1,
		Pointer: h.Pointer, Key: h.InKey, Span: Span{h.Start, h.End}, Form: h.Form,
	}
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
