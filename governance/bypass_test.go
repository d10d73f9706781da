package governance_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// TestKnownBypasses holds the gate to what other governors are known to let pass, or to stop without a reason: those that
// search one serialised text, those that compare values by type, and those that know no invisible characters.
func TestKnownBypasses(t *testing.T) {
	t.Parallel()
	of := func(kind match.Type, text string) match.Pattern { return match.Pattern{Type: kind, Text: text} }
	const (
		substring = match.Substring
		regex     = match.Regex
		glob      = match.Glob
	)
	tags := func(s string) string {
		runes := []rune(s)
		for i := range runes {
			runes[i] += 0xE0000
		}
		return string(runes)
	}
	for _, tt := range []struct {
		name    string
		pattern match.Pattern
		tool    string
		args    any
		denied  bool
	}{
		{"a line break between words", of(regex, `DROP\s+TABLE`), "", map[string]any{"q": "DROP\nTABLE x"}, true},
		{"a tab between words", of(regex, `DROP\s+TABLE`), "", map[string]any{"q": "DROP\tTABLE x"}, true},
		{"a comment between words", of(regex, `DROP\s+TABLE`), "", map[string]any{"q": "DROP/**/TABLE x"}, true},
		{"a comment and a substring", of(substring, "DROP TABLE"), "", map[string]any{"q": "DROP /*a*/ TABLE x"}, true},
		{"two spaces and a substring", of(substring, "rm -rf"), "", map[string]any{"c": "rm  -rf /"}, true},
		{"a glob of a whole value", of(glob, "*.exe"), "", map[string]any{"path": "evil.exe"}, true},
		{"a glob is no search", of(glob, "*.exe"), "", map[string]any{"path": "evil.exe.txt"}, false},
		{"an expression with an anchor", of(regex, `^rm`), "", map[string]any{"c": "rm x"}, true},
		{"an anchor is an anchor", of(regex, `^rm`), "", map[string]any{"c": "arm x"}, false},
		{"a pattern beyond ASCII", of(substring, "löschen"), "", map[string]any{"c": "alles löschen"}, true},
		{"a pattern with a quote", of(substring, `x"y`), "", map[string]any{"c": `x"y`}, true},
		{"zero width", of(substring, "rm -rf"), "", map[string]any{"c": "r\u200bm -rf"}, true},
		{"full width", of(substring, "rm -rf"), "", map[string]any{"c": "ｒｍ -rf"}, true},
		{"Cyrillic", of(substring, "rm -rf"), "", map[string]any{"c": "гm -rf"}, true},
		{"base64", of(substring, "rm -rf"), "", map[string]any{"c": base64.StdEncoding.EncodeToString([]byte("rm -rf /"))}, true},
		{"two parameters", of(substring, "rm -rf"), "", map[string]any{"a": "rm -", "b": "rf /"}, true},
		{"two elements", of(substring, "rm -rf"), "", map[string]any{"a": []string{"rm", "-rf", "/"}}, true},
		{"the name of the tool", of(substring, "rm -rf"), "rm -rf", map[string]any{}, true},
		{"the name of a parameter", of(substring, "rm -rf"), "", map[string]any{"rm -rf": true}, true},
		{"a number", of(regex, `^22$`), "", map[string]any{"port": 22}, true},
		{"a number as a text", of(regex, `^22$`), "", map[string]any{"port": "22"}, true},
		{"a number among numbers", of(regex, `^22$`), "", map[string]any{"ports": []int{80, 22}}, true},
		{"another number", of(regex, `^22$`), "", map[string]any{"port": 2222}, false},
		{"tag characters", of(substring, "rm -rf"), "", map[string]any{"c": "hello" + tags("rm -rf")}, true},
		{"isolates", of(substring, "rm -rf"), "", map[string]any{"c": "r\u2066m -\u2062r\u2063f"}, true},
		{"nested deeply", of(regex, `/etc/passwd`), "", map[string]any{"a": []any{map[string]any{"b": "cat /etc/passwd"}}}, true},
		{"a social security number", of(regex, `\b\d{3}-\d{2}-\d{4}\b`), "", map[string]any{"a": "123-45-6789"}, true},
		{"a word within a word", of(regex, `\bclass\b`), "", map[string]any{"a": "classname"}, false},
		{"words within a sentence", of(regex, `\bdelete\s+from\b`), "", map[string]any{"a": "please delete me"}, false},
		{"Markdown with code", of(regex, `\$\([^)]*\)`), "", map[string]any{"a": "call `run` twice"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args, err := json.Marshal(tt.args)
			if err != nil {
				t.Fatal(err)
			}
			g, _ := gate(t, patterned("p", tt.pattern))
			d := g.Decide(t.Context(), call(func(c *governance.Call) {
				c.Args = args
				if tt.tool != "" {
					c.Name = tt.tool
				}
			}))
			if denied := d.Check == governance.CheckPatterns && d.Fault == nil && d.Effect == governance.Deny; denied != tt.denied {
				t.Errorf("%s: %v, %s", args, d.Effect, d.Reason)
			}
		})
	}
}
