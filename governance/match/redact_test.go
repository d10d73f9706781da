package match_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// found returns what a set finds, with the pattern's name as the class.
func found(t interface{ Fatal(...any) }, set *match.Set, doc []byte) []match.Finding {
	hits, err := set.All("", doc)
	if err != nil {
		t.Fatal(err)
	}
	var findings []match.Finding
	for _, h := range hits {
		findings = append(findings, h.Finding("patterns", h.Name, match.High))
	}
	return findings
}

func TestRedact(t *testing.T) {
	t.Parallel()
	set := compile(t, regex("email", `[a-z]+@[a-z]+\.[a-z]+`), sub("secret", "hunter2"), regex("card", `\d{16}`), sub("rm", "rm -rf"))
	for _, tt := range []struct{ name, doc, want string }{
		{"nothing", `{"a": 1, "b": "x"}`, `{"a": 1, "b": "x"}`},
		{"in a text", `{"a": "mail bob@x.org now"}`, `{"a": "mail [email:1] now"}`},
		{"the same is the same", `["bob@x.org", "ann@x.org, bob@x.org"]`, `["[email:1]", "[email:2], [email:1]"]`},
		{"classes apart", `{"a":"hunter2 bob@x.org"}`, `{"a":"[secret:1] [email:1]"}`},
		{"a name", `{"bob@x.org": true}`, `{"[email:1]": true}`},
		{"a number", `{"n": 4111111111111111 }`, `{"n": "[card:1]" }`},
		{"escapes", `["\u0068unter2 \"\\\t\u0001 é \ud83d\ude00 hunter2"]`, `["[secret:1] \"\\\t\u0001 é 😀 [secret:1]"]`},
		{"an encoded form", `["see aHVudGVyMg== there"]`, `["see [secret:1]== there"]`},
		{"letters alike", `["hunt\u0435r2"]`, `["[secret:1]"]`},
		{"neighbours", `{"k":{"a":"rm -","b":"rf","c":{"d":"x"}},"e":"y"}`, `{"k":{"a":"[rm:1]","b":"[rm:2]","c":{"d":"x"}},"e":"y"}`},
		{"a bare text", `"hunter2"`, `"[secret:1]"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := match.Redact([]byte(tt.doc), found(t, set, []byte(tt.doc)))
			if string(got) != tt.want || err != nil {
				t.Errorf("%s, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestRedactSpans(t *testing.T) {
	t.Parallel()
	at := func(start, end int, class string) match.Finding {
		return match.Finding{Class: class, Pointer: "/a", Span: match.Span{Start: start, End: end}}
	}
	for _, tt := range []struct {
		name     string
		findings []match.Finding
		want     string
	}{
		{"overlapping", []match.Finding{at(3, 6, "y"), at(1, 4, "x")}, `{"a":"0[x:1]6789é"}`},
		{"one within the other", []match.Finding{at(2, 3, "y"), at(1, 6, "x")}, `{"a":"0[x:1]6789é"}`},
		{"side by side", []match.Finding{at(1, 3, "x"), at(3, 6, "y")}, `{"a":"0[x:1][y:1]6789é"}`},
		{"beyond the end", []match.Finding{at(8, 99, "x"), at(200, 300, "x")}, `{"a":"01234567[x:1]"}`},
		{"half a character", []match.Finding{at(11, 12, "x")}, `{"a":"0123456789[x:1]"}`},
		{"empty", []match.Finding{at(2, 2, "x")}, `{"a":"0123456789é"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := match.Redact([]byte(`{"a":"0123456789é"}`), tt.findings)
			if string(got) != tt.want || err != nil {
				t.Errorf("%s, %v; want %s", got, err, tt.want)
			}
		})
	}
	if _, err := match.Redact([]byte(`{"a":1}`), []match.Finding{at(2, 1, "x")}); err == nil {
		t.Error("a span that runs backwards is taken")
	}
	if _, err := match.Redact([]byte(`{"a":`), nil); err == nil {
		t.Error("a document that ends too early is taken")
	}
}

func TestRedactorNumbersAcrossDocuments(t *testing.T) {
	t.Parallel()
	set := compile(t, regex("id", `id-\d`))
	var r match.Redactor
	var got []string
	for _, doc := range []string{`["id-1","id-2"]`, `["id-2","id-3","id-1"]`} {
		out, err := r.Redact([]byte(doc), found(t, set, []byte(doc)))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(out))
	}
	if want := `["[id:1]","[id:2]"] ["[id:2]","[id:3]","[id:1]"]`; strings.Join(got, " ") != want {
		t.Errorf("%q, want %s", got, want)
	}
}

// TestRedactNeverLeaks puts secrets anywhere in documents, in any form, and reads what is left.
func TestRedactNeverLeaks(t *testing.T) {
	t.Parallel()
	set := compile(t, sub("secret", "hunter2"), regex("id", `id-\d{4}`))
	forms := []func(string) string{
		func(s string) string { return s }, encode64, func(s string) string { return "(" + s + ")" },
		func(s string) string { return strings.ReplaceAll(s, "n", "%6e") }, func(s string) string { return s[:3] + "\u200b" + s[3:] },
		strings.ToUpper, func(s string) string { return fmt.Sprintf("%x", s) },
	}
	rapid.Check(t, func(t *rapid.T) {
		doc := document(t, 3)
		for range rapid.IntRange(1, 3).Draw(t, "secrets") {
			secret := rapid.SampledFrom([]string{"hunter2", "id-1234", "id-5678"}).Draw(t, "secret")
			secret = rapid.SampledFrom(forms).Draw(t, "form")(secret)
			if i := strings.IndexByte(doc, '"'); i >= 0 {
				doc = doc[:i+1] + secret + " " + doc[i+1:]
			}
			doc = `["` + secret + `",` + doc + `,{"` + secret + `x":"y` + secret + `"}]`
		}
		out, err := match.Redact([]byte(doc), found(t, set, []byte(doc)))
		if err != nil || !json.Valid(out) {
			t.Fatalf("%s: %s, %v", doc, out, err)
		}
		if left := found(t, set, out); len(left) > 0 {
			t.Fatalf("%s\n%s\nstill has %+v", doc, out, left)
		}
	})
}
