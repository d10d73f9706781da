package tools

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yosida95/uritemplate/v3"
)

func TestTemplateMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		template, uri string
		want          map[string]string // nil is no match
	}{
		{"vfs://{agent}/mem/{key}", "vfs://alice/mem/todo", map[string]string{"agent": "alice", "key": "todo"}},
		{"vfs://{agent}/mem/{key}", "vfs://alice/mem/a%2Fb%20c", map[string]string{"agent": "alice", "key": "a/b c"}},
		{"vfs://{agent}/mem/{key}", "vfs://alice/mem/", nil},
		{"vfs://{agent}/mem/{key}", "vfs://alice/mem/a/b", nil},
		{"vfs://{agent}/mem/{key}", "vfs:///mem/a", nil},
		{"vfs://{agent}/mem/{key}", "vfs://alice/mem/a%", nil},
		{"vfs://{agent}/mem/{key}", "vfs://alice/mem/a%ff", nil},
		{"vfs://{agent}/mem/{key}", "vfs://alice/mem/a%00", nil},
		{"vfs://{agent}/mem/{key}", "vfs://alice/mem/%252F", map[string]string{"agent": "alice", "key": "%2F"}},
		{"file:///{+path}", "file:///a/b.txt", map[string]string{"path": "a/b.txt"}},
		{"file:///{+path}", "file:///", map[string]string{"path": ""}},
		{"file:///{+path}", "file:///a?b=c#d", map[string]string{"path": "a?b=c#d"}},
		{"file:///{+path}", "file:///my%20file", map[string]string{"path": "my file"}},
		{"file:///{+path}", "file:///a%2f..%2fb", nil},
		{"file:///{+path}", "file:///a%5Cb", nil},
		{"file:///{+path}", "file:///a b", nil},
		{"audit://log{?agent,limit}", "audit://log", map[string]string{}},
		{"audit://log{?agent,limit}", "audit://log?limit=3&agent=a%26b", map[string]string{"limit": "3", "agent": "a&b"}},
		{"audit://log{?agent,limit}", "audit://log?limit=3&limit=4", nil},
		{"audit://log{?agent,limit}", "audit://log?other=1", nil},
		{"audit://log{?agent,limit}", "audit://log?limit", nil},
		{"audit://log{?agent,limit}", "audit://logs", nil},
		{"vfs://{+path}{?version}", "vfs://a/b?version=2", map[string]string{"path": "a/b", "version": "2"}},
	} {
		p, err := parseTemplate(c.template)
		if err != nil {
			t.Fatalf("%s: %v", c.template, err)
		}
		got, ok := p.match(c.uri)
		if ok != (c.want != nil) || ok && !maps.Equal(got, c.want) {
			t.Errorf("%s of %s: got %v %v, want %v", c.uri, c.template, got, ok, c.want)
		}
	}
}

func TestTemplatesThatCannotBeMatched(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"vfs://a":                                "no variable",
		"{+path}":                                "literal scheme",
		"VFS://{a}":                              "literal scheme",
		"vfs://{a}{b}":                           "must end at a character",
		"vfs://{a}b":                             "must end at a character",
		"vfs://{a}%2F":                           "must end at a character",
		"vfs://{+a}/b":                           "must be the last",
		"vfs://{a}/{a}":                          "there twice",
		"vfs://{a":                               "not closed",
		"vfs://a}/{b}":                           "not for a URI",
		"vfs://{a*}":                             "without a modifier",
		"vfs://{a:3}":                            "without a modifier",
		"vfs://{a,b}":                            "without a modifier",
		"vfs://{#a}":                             "without a modifier",
		"vfs://{}":                               "without a modifier",
		"vfs://x{?}":                             "without a modifier",
		"vfs://{?a}/b":                           "behind the query",
		"vfs://{?a}{?b}":                         "behind the query",
		"vfs://a b/{c}":                          "not for a URI",
		"vfs://{a}/" + strings.Repeat("x", 5000): "longer than",
	} {
		if _, err := parseTemplate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", clip(text), err, want)
		}
	}
}

// FuzzTemplateMatch shows that matching never panics, and that what a full implementation of RFC 6570 expands is matched
// and read back exactly.
func FuzzTemplateMatch(f *testing.F) {
	f.Add("vfs://{a}/x/{b}", "vfs://1/x/2", "1", "2 /%")
	f.Add("file:///{+a}", "file:///%2e%2e/a", "a/b", "")
	f.Add("audit://log{?a,b}", "audit://log?b=1&a=2", "ü&=", "?")
	f.Fuzz(func(t *testing.T, text, uri, a, b string) {
		p, err := parseTemplate(text)
		if err != nil {
			return
		}
		p.match(uri)
		if a == "" || b == "" || !ascii(a+b) || strings.ContainsAny(a+b, "\x00\\") || len(a)+len(b) > 256 {
			return
		}
		full, err := uritemplate.New(text)
		if err != nil {
			return // names that only this package takes
		}
		reserved := strings.Contains(text, "{+")
		if reserved && strings.ContainsAny(a+b, "%?") {
			return // {+a} passes a percent sign through, and a question mark begins the query
		}
		vars := uritemplate.Values{"a": uritemplate.String(a), "b": uritemplate.String(b)}
		expanded, err := full.Expand(vars)
		if err != nil || len(expanded) > maxURI || strings.Contains(text, "%") {
			return
		}
		got, ok := p.match(expanded)
		for _, name := range p.vars() {
			if name != "a" && name != "b" {
				return // has no value, and a path variable needs one
			}
		}
		for _, name := range p.vars() {
			if want := map[string]string{"a": a, "b": b}[name]; !ok || got[name] != want {
				t.Fatalf("%s expanded to %s: got %v %v, want %s=%q", text, expanded, got, ok, name, want)
			}
		}
	})
}

// ascii reports whether a text is one that uritemplate encodes as RFC 6570 says: it takes other characters for bytes.
func ascii(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c >= utf8.RuneSelf }) < 0
}

func TestCompletionPlanHasNoFault(t *testing.T) {
	t.Parallel()
	if _, faults := completionPlan(); len(faults) > 0 {
		t.Error(faults)
	}
}

func TestAppendString(t *testing.T) {
	t.Parallel()
	got := string(appendString(nil, "a\"\\\n\r\t\x01é\xff<"))
	if want := "\"a\\\"\\\\\\n\\r\\t\\u0001é\ufffd<\""; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
