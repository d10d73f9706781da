package match_test

import (
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// TestPlain looks for what is found only where a document that looks plain is looked at closely enough: in each of its
// texts, over the seams between them, and in what their characters stand for together.
func TestPlain(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`[`, 20) + `"evil"` + strings.Repeat(`]`, 20)
	for name, tt := range map[string]struct {
		pattern match.Pattern
		in      string
		doc     string
		want    bool
	}{
		"a string":                        {sub("p", "evil"), "", `"evil"`, true},
		"a string among others":           {sub("p", "evil"), "", `{"a":"x","b":["y","an EVIL one"]}`, true},
		"a key":                           {sub("p", "evil"), "", `{"evil":1}`, true},
		"a name":                          {sub("p", "evil"), "evil", `{}`, true},
		"a name, no document":             {sub("p", "evil"), "evil", ``, true},
		"another name":                    {sub("p", "evil"), "good", ``, false},
		"a number":                        {sub("p", "4096"), "", `{"a":"x","b":4096}`, true},
		"numbers, joined":                 {sub("p", "40 96"), "", `[40,96]`, true},
		"numbers, spliced":                {sub("p", "4096"), "", `[40,96]`, true},
		"strings, joined":                 {sub("p", "rm -rf"), "", `{"a":"rm","b":"-rf"}`, true},
		"strings, spliced":                {sub("p", "rm -rf"), "", `{"a":"rm ","b":"-rf"}`, true},
		"three, joined":                   {sub("p", "a b c"), "", `["a","b","c"]`, true},
		"four with a nested one between":  {sub("p", "a b c d"), "", `["a","b",["x"],"c","d"]`, true},
		"over containers":                 {sub("p", "rm -rf"), "", `["rm",["-rf"]]`, false},
		"a key and its value":             {sub("p", "rm -rf"), "", `{"rm":"-rf"}`, false},
		"base64 in a string":              {sub("p", "rm -rf"), "", `{"a":"cm0gLXJmIC8"}`, true},
		"base64 in a key":                 {sub("p", "rm -rf"), "", `{"cm0gLXJmIC8":1}`, true},
		"base64 in a name":                {sub("p", "rm -rf"), "cm0gLXJmIC8", ``, true},
		"base64, spliced":                 {sub("p", "rm -rf"), "", `{"a":"cm0g","b":"LXJmIC8"}`, true},
		"hexadecimal, spliced numbers":    {sub("p", "rm -rf"), "", `[726,"d20",2,"d7266"]`, true},
		"a comment without an end":        {sub("p", "rm "), "", `"rm--x"`, true},
		"a comment in a name":             {sub("p", "rm "), "rm--x", ``, true},
		"a comment, spliced":              {sub("p", "rm "), "", `["rm-","-x"]`, true},
		"a regex without a factor":        {regex("p", `\d-\d`), "", `{"a":"1-2"}`, true},
		"the same, spliced":               {regex("p", `\d-\d`), "", `["1-","2"]`, true},
		"the same, not there":             {regex("p", `\d-\d`), "", `["1","2"]`, false},
		"a regex of one kind of letter":   {regex("p", `^[a-z]{30}$`), "", `"` + strings.Repeat("q", 30) + `"`, true},
		"a regex that may match anything": {regex("p", `^.?$`), "", `"x"`, true},
		"a regex of either case":          {regex("p", `q.z`), "", `"QxZ"`, true},
		"a regex of several":              {regex("p", `(?:@|%|\d{3})x?`), "", `"a 123"`, true},
		"a glob without a factor":         {glob("p", `?`), "", `"x"`, true},
		"deeper than a glance":            {sub("p", "evil"), "", deep, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := compile(t, tt.pattern)
			for range 2 { // the second time names are known
				if _, found, err := set.Scan(tt.in, []byte(tt.doc)); err != nil || found != tt.want {
					t.Errorf("found %v, %v; want %v", found, err, tt.want)
				}
			}
			agree(t, []match.Pattern{tt.pattern}, tt.in, []byte(tt.doc))
		})
	}
}

// TestPlainIsStrict has documents that are plain but for a fault.
func TestPlainIsStrict(t *testing.T) {
	t.Parallel()
	set := compile(t, sub("p", "evil"))
	for _, doc := range []string{
		`{`, `}`, `[1`, `[1,]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `"a`, `01`, `1.`, `tru`, `[] []`, `"a" 1`, "\"a\tb\"", "[1]\x00", ` `, `nul`, `[,1]`, `{,}`,
	} {
		if _, _, err := set.Scan("name", []byte(doc)); err == nil {
			t.Errorf("%q is taken for a document", doc)
		}
	}
}
