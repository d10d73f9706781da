package hosts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
)

// hidden stands for what is not shown.
const hidden = "•••"

// masked is the text with what may be secret replaced: the values of env and headers, whatever stands under a telling name, what follows
// a telling flag, and passwords and queries of urls. Its lines are those of the text.
func (d *Document) masked() string {
	m := &mask{text: d.text}
	m.value(&d.root, "", false)
	var b bytes.Buffer
	at := 0
	for _, s := range m.found {
		b.Write(d.text[at:s.from])
		b.WriteString(s.text)
		at = s.to
	}
	b.Write(d.text[at:])
	return b.String()
}

// A mask finds what may be secret.
type mask struct {
	text  []byte
	found []splice
}

// value looks at a value that stands under a name; all says that everything in it is secret.
func (m *mask) value(v *value, name string, all bool) {
	all = all || secretName(name)
	for i := range v.items {
		it := &v.items[i]
		switch {
		case v.kind == '{':
			m.value(&it.value, it.name, all)
		case i > 0:
			m.value(&it.value, m.flag(&v.items[i-1].value), all)
		default:
			m.value(&it.value, "", all)
		}
	}
	if v.holds() {
		return
	}
	var text string
	if json.Unmarshal(m.text[v.from:v.to], &text) != nil { // a number, true, false or null
		if all {
			m.found = append(m.found, splice{v.span, hidden})
		}
		return
	}
	shown := text
	switch {
	case all && !named(text):
		shown = hidden
	case !all:
		shown = shownOf(text)
	}
	if shown != text {
		m.found = append(m.found, splice{v.span, quoted(shown)})
	}
}

// flag is the name of a flag whose value comes next, or empty.
func (m *mask) flag(v *value) string {
	var text string
	if v.kind != '"' || json.Unmarshal(m.text[v.from:v.to], &text) != nil || !strings.HasPrefix(text, "-") || strings.Contains(text, "=") {
		return ""
	}
	return text
}

// shownOf is what of a text is shown that is not secret as a whole.
func shownOf(text string) string {
	if name, _, ok := strings.Cut(text, "="); ok && secretName(name) && !strings.Contains(name, "://") {
		return name + "=" + hidden
	}
	if name, _, ok := strings.Cut(text, ":"); ok && secretName(name) && !strings.ContainsAny(name, " /") && !named(text) {
		return name + ":" + hidden
	}
	if !strings.Contains(text, "://") {
		return text
	}
	text = regexp.MustCompile(`://[^/@\s]*@`).ReplaceAllString(text, "://"+hidden+"@")
	return regexp.MustCompile(`[?#]\S*`).ReplaceAllString(text, "?"+hidden)
}

// named reports whether a text only says where a secret is.
func named(text string) bool { return secret.Is(text) || fromEnv().MatchString(text) }

// secretName reports whether what stands under a name may be secret.
func secretName(name string) bool {
	name = strings.ToLower(strings.NewReplacer("-", "", "_", "", ".", "").Replace(name))
	if name == "env" || name == "headers" || name == "pat" || strings.HasSuffix(name, "key") || strings.HasSuffix(name, "pass") {
		return true
	}
	return slices.ContainsFunc([]string{
		"token", "secret", "password", "passwd", "passphrase", "pwd", "apikey", "auth", "credential", "cookie", "session", "bearer", "private", "dsn", "connectionstring", "databaseurl",
	}, func(part string) bool { return strings.Contains(name, part) })
}

func quoted(text string) string {
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	_ = w.Encode(text) // a string can be
	return strings.TrimSuffix(b.String(), "\n")
}

// clean is a diff of masked texts without what is a secret by its form, which may stand anywhere.
func clean(diff string) (string, error) {
	engine, err := detect.New(detect.Options{Detectors: detect.Secrets})
	if err != nil {
		return "", err
	}
	found, err := engine.Text(nil, diff, detect.Context{})
	if err != nil {
		return "", fmt.Errorf("the change may hold secrets and is not shown: %w", err)
	}
	text := []byte(diff)
	for _, f := range found {
		for i := max(0, f.Span.Start); i < min(f.Span.End, len(text)); i++ {
			if text[i] != '\n' && text[i] != '"' {
				text[i] = '*'
			}
		}
	}
	return strings.Map(visible, string(text)), nil
}

// visible replaces what a terminal would obey instead of showing it, and what turns the direction of a text.
func visible(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r < ' ', 0x7f <= r && r < 0xa0, 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069:
		return '\ufffd'
	default:
		return r
	}
}
