package tools

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxURI is the length of a URI or template in bytes.
const maxURI = 4096

// A template is a URI template of RFC 6570: literals, simple variables {a}, one reserved variable {+a} at the end of
// the path, and one query {?a,b} at the very end. In this form each variable ends at a character that its value cannot
// contain, so matching needs no search: its time is linear in the URI, and a URI has at most one reading.
type template struct {
	text  string
	parts []part
	query []string // names in {?…}; nil when there is none
}

// A part is a literal, or a variable when name is set.
type part struct {
	literal  string
	name     string
	reserved bool // {+name}: takes the rest of the path, slashes included
}

// parseTemplate reads a template and refuses what it could not match without doubt.
func parseTemplate(text string) (template, error) {
	t := template{text: text}
	rest := text
	if len(text) > maxURI {
		return t, fmt.Errorf("is longer than %d bytes", maxURI)
	}
	for rest != "" {
		literal, expression, found := strings.Cut(rest, "{")
		if err := t.addLiteral(literal); err != nil {
			return t, err
		}
		if !found {
			break
		}
		body, after, closed := strings.Cut(expression, "}")
		if !closed {
			return t, errors.New("has a brace that is not closed")
		}
		if err := t.addExpression(body); err != nil {
			return t, err
		}
		rest = after
	}
	return t, t.validate()
}

func (t *template) addLiteral(literal string) error {
	if literal == "" {
		return nil
	}
	if i := strings.IndexFunc(literal, func(c rune) bool { return !inURI(c) && c != '%' }); i >= 0 {
		return fmt.Errorf("has %q outside of braces, which is not for a URI", literal[i])
	}
	if t.query != nil {
		return errors.New("has text behind the query")
	}
	t.parts = append(t.parts, part{literal: literal})
	return nil
}

func (t *template) addExpression(body string) error {
	if t.query != nil {
		return errors.New("has an expression behind the query")
	}
	if names, ok := strings.CutPrefix(body, "?"); ok {
		t.query = strings.Split(names, ",")
		return nil
	}
	name, reserved := strings.CutPrefix(body, "+")
	t.parts = append(t.parts, part{name: name, reserved: reserved})
	return nil
}

func (t *template) validate() error {
	if len(t.parts) == 0 || !hasScheme(t.parts[0].literal) {
		return errors.New(`needs a literal scheme, as in "vfs://{path}"`)
	}
	seen := map[string]bool{}
	for _, name := range t.vars() {
		if !isVarName(name) {
			return fmt.Errorf("variable %s: want letters, digits and underscores, without a modifier", quote(name))
		}
		if seen[name] {
			return fmt.Errorf("variable %s is there twice", quote(name))
		}
		seen[name] = true
	}
	if len(seen) == 0 {
		return errors.New("has no variable: use URI")
	}
	for i, p := range t.parts[:len(t.parts)-1] {
		switch next := t.parts[i+1]; {
		case p.name == "":
		case p.reserved:
			return fmt.Errorf("{+%s} takes the rest of the path and must be the last of it", p.name)
		case next.name != "" || unreserved(rune(next.literal[0])) || next.literal[0] == '%':
			return fmt.Errorf("{%s} must end at a character such as / that its value cannot contain", p.name)
		}
	}
	return nil
}

// vars are the names of all variables, in their order.
func (t *template) vars() []string {
	var names []string
	for _, p := range t.parts {
		if p.name != "" || p.literal == "" {
			names = append(names, p.name)
		}
	}
	return append(names, t.query...)
}

// literals is the number of literal bytes, by which one template is more specific than another.
func (t *template) literals() (n int) {
	for _, p := range t.parts {
		n += len(p.literal)
	}
	return n
}

// form is the template without the names of its variables: two templates of one form match the same URIs.
func (t *template) form() string {
	var b strings.Builder
	for _, p := range t.parts {
		switch {
		case p.reserved:
			b.WriteString("{+}")
		case p.name != "":
			b.WriteString("{}")
		default:
			b.WriteString(p.literal)
		}
	}
	return b.String()
}

// match returns the decoded values of the variables. A simple variable needs at least one character, a reserved one may
// be empty, and those of the query may be absent, in any order and each at most once.
func (t *template) match(uri string) (map[string]string, bool) {
	if len(uri) > maxURI || !utf8.ValidString(uri) {
		return nil, false
	}
	vars := make(map[string]string, len(t.parts)+len(t.query))
	path, query, hasQuery := uri, "", false
	if t.query != nil {
		path, query, hasQuery = strings.Cut(uri, "?")
	}
	for _, p := range t.parts {
		if p.name == "" {
			rest, ok := strings.CutPrefix(path, p.literal)
			if !ok {
				return nil, false
			}
			path = rest
			continue
		}
		n := p.extent(path)
		value, ok := decodePercent(path[:n], p.reserved)
		if !ok || n == 0 && !p.reserved {
			return nil, false
		}
		vars[p.name], path = value, path[n:]
	}
	return vars, path == "" && (!hasQuery || t.matchQuery(query, vars))
}

// extent is the number of bytes that can belong to the variable's value.
func (p *part) extent(s string) int {
	for i, c := range s {
		if c != '%' && !unreserved(c) && (!p.reserved || !inURI(c)) {
			return i
		}
	}
	return len(s)
}

func (t *template) matchQuery(query string, vars map[string]string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || strings.IndexFunc(text, func(c rune) bool { return !inURI(c) && c != '%' }) >= 0 {
			return false
		}
		value, ok := decodePercent(text, false)
		if _, twice := vars[name]; !ok || twice || !slices.Contains(t.query, name) {
			return false
		}
		vars[name] = value
	}
	return true
}

// decodePercent decodes what RFC 3986 encoded, all of it and once. What does not decode to a text is no value, and NUL
// never is. In a path an encoded slash or backslash is refused: it would move the borders between the segments.
func decodePercent(s string, path bool) (string, bool) {
	if !strings.Contains(s, "%") {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if len(s)-i < 3 {
				return "", false
			}
			high, low := hexDigit(s[i+1]), hexDigit(s[i+2])
			if high < 0 || low < 0 {
				return "", false
			}
			if c = byte(high<<4 | low); c == 0 || path && (c == '/' || c == '\\') {
				return "", false
			}
			i += 2
		}
		out = append(out, c)
	}
	return string(out), utf8.Valid(out)
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// unreserved reports whether a character stands for itself everywhere in a URI. Characters beyond ASCII, which a URI
// should encode, are taken as themselves.
func unreserved(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~' || c >= utf8.RuneSelf
}

// inURI reports whether a character may be in a URI, besides % of an encoded one.
func inURI(c rune) bool { return unreserved(c) || strings.ContainsRune(":/?#[]@!$&'()*+,;=", c) }

func isVarName(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool {
		return c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z')
	}) < 0
}

func hasScheme(s string) bool { return regexp.MustCompile(`^[a-z][a-z0-9+.-]*:`).MatchString(s) }

// checkURI refuses what is no URI of a resource.
func checkURI(s string) error {
	switch {
	case len(s) > maxURI:
		return fmt.Errorf("is longer than %d bytes", maxURI)
	case !hasScheme(s):
		return errors.New("needs a lower-case scheme")
	case strings.ContainsAny(s, "{}"):
		return errors.New("has braces: use Template")
	case !utf8.ValidString(s) || strings.IndexFunc(s, func(c rune) bool { return !inURI(c) && c != '%' }) >= 0:
		return errors.New("has characters that are not for a URI")
	}
	return nil
}
