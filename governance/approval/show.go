package approval

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// Visible returns a text in which every character that cannot be seen, or changes how others are seen, is written as a JSON
// escape: what people judge must be what is there. A JSON value stays the value that it was.
func Visible(text string) string {
	if !strings.ContainsFunc(text, unseen) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !unseen(r):
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// unseen reports whether a character is none that a person sees: unicode.IsPrint leaves the spaces but the plain one out,
// and all of control, format and private use.
func unseen(r rune) bool {
	return !unicode.IsPrint(r) || unicode.Is(unicode.Variation_Selector, r) || isFiller(r)
}

// isFiller reports whether a character counts as a letter or mark and shows nothing (Default_Ignorable_Code_Point of the
// Unicode Character Database, as far as it is of those categories).
func isFiller(r rune) bool {
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xffa0:
		return true
	default:
		return false
	}
}

// clip returns the beginning of a text, at most so many bytes of it.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}

// Question is what a person is asked: who wants to do what, with which arguments, and which rule wants to know. It is the
// same as long as the request and its requirements are.
func (r *Request) Question() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s wants to %s %s.\n", r.Who(), verb(r.Kind), r.Name)
	fmt.Fprintf(&b, "Arguments: %s\n", r.Arguments)
	if !r.Whole {
		fmt.Fprintf(&b, "Not all of the %d bytes are shown: texts were cut, or look like secrets.\n", r.Bytes)
	}
	for i := range r.Needs {
		fmt.Fprintf(&b, "Why you are asked: %s\n", Why(&r.Needs[i]))
	}
	fmt.Fprintf(&b, "It runs once, and only with these arguments. Approval %s, asked at %s.", r.ID, r.Asked.UTC().Format(time.RFC3339))
	return b.String()
}

// Who is who asks, as far as that is proven.
func (r *Request) Who() string {
	who := clip(Visible(r.Caller.Principal), 128)
	if r.Caller.Agent != "" {
		who += ", agent " + clip(Visible(r.Caller.Agent), 128) + ","
	}
	return who
}

// Why says in one line which rule wants to know, and what it says of it.
func Why(n *governance.Requirement) string {
	why := "a check wants a person to agree"
	if n.Rule != "" {
		why = "rule " + n.Rule
	}
	if n.Policy != "" {
		why += " of policy " + n.Policy
	}
	if n.Quorum > 1 {
		why += fmt.Sprintf(" (%d people must agree)", n.Quorum)
	}
	if n.Message != "" {
		why += ": " + Visible(n.Message)
	}
	return why
}

func verb(k governance.Kind) string {
	switch k {
	case governance.KindTool:
		return "call the tool"
	case governance.KindResource:
		return "read the resource"
	case governance.KindPrompt:
		return "get the prompt"
	default:
		return "make a " + k.String() + " request for"
	}
}
