package openapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/openapi"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Documents that are none, or are made to be too much, are refused with the reason.
func TestDocuments(t *testing.T) {
	t.Parallel()
	const head = "openapi: 3.1.0\n"
	bomb := head + "a: &a [x,x,x,x]\n"
	for i := range 20 {
		bomb += fmt.Sprintf("b%d: &b%d [*a,*a,*a,*a]\n", i, i)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":                {"", "is no object"},
		"a list":                 {"- a\n", "is no object"},
		"another version":        {"swagger: '2.0'\n", `version ""`},
		"a later version":        {"openapi: 4.0.0\n", `version "4.0.0"`},
		"no YAML":                {"a: [", ""},
		"no JSON":                {"{\"openapi\":", ""},
		"something behind":       {`{"openapi":"3.1.0"} x`, "behind its end"},
		"no server":              {head, "has no server"},
		"a relative server":      {head + "servers: [{url: /v1}]", "does not begin with https://"},
		"another scheme":         {head + "servers: [{url: 'file:///etc'}]", "does not begin with https://"},
		"a user":                 {head + "servers: [{url: 'https://a:b@x.example'}]", "has a user"},
		"a bomb":                 {bomb, "anchor is not taken"},
		"a tag":                  {head + "a: !!binary x\n", "tag is not taken"},
		"two documents":          {head + "---\n" + head, "has 2 documents"},
		"a key twice":            {head + "openapi: 3.1.0\n", "already defined"},
		"deep brackets":          {head + "a: " + strings.Repeat("[", 100_000), "nested too deep"},
		"deep brackets on lines": {head + "a: " + strings.Repeat("[\n", 100_000), "nested too deep"},
		"deep dashes":            {head + "a:\n  " + strings.Repeat("- ", 100_000) + "x\n", "nested too deep"},
		"deep tags":              {head + "a: " + strings.Repeat("!x ", 100_000), ""},
		"deep JSON":              {`{"openapi":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}", "nested deeper"},
		"much":                   {`{"openapi":"3.1.0","a":[` + strings.Repeat("1,", 600_000) + "1]}", "more than 500000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := openapi.New(openapi.Spec{Name: "x", Document: write(t, tt.text)}, openapi.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if all, _, err := a.Tools(t.Context()); !errors.Is(err, local.ErrBroken) || !strings.Contains(err.Error(), tt.want) || all != nil {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// References that never end, or multiply, make a schema of bounded size in bounded time.
func TestReferences(t *testing.T) {
	t.Parallel()
	wide := ""
	for i := range 40 { // each refers twice to the next: 2^40 of the last
		wide += fmt.Sprintf(`"S%d":{"type":"object","properties":{"a":{"$ref":"#/components/schemas/S%d"},"b":{"$ref":"#/components/schemas/S%d"}}},`, i, i+1, i+1)
	}
	document := `{"openapi":"3.1.0","servers":[{"url":"https://x.example"}],"paths":{"/a":{"post":{"operationId":"a","requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/%s"}}}}}}},
		"components":{"schemas":{` + wide + `"S40":{"type":"string"},"Self":{"$ref":"#/components/schemas/Self"},
		"Tree":{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/components/schemas/Tree"}}}},
		"A~1b":{"type":"integer"},"A/b":{"type":"boolean"}}}}`
	for name, want := range map[string]string{
		"Self":   `{"body":{"description":"of the kind that #/components/schemas/Self is"}}`,
		"Tree":   `{"body":{"properties":{"children":{"items":{"description":"of the kind that #/components/schemas/Tree is"},"type":"array"},"name":{"type":"string"}},"type":"object"}}`,
		"A~1b":   `{"body":{"type":"boolean"}}`,
		"A~01b":  `{"body":{"type":"integer"}}`,
		"A%7E1b": `{"body":{"type":"boolean"}}`,
		"S0":     "",
		"None":   "leads nowhere",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			all, skipped := tools(t, openapi.Spec{Document: write(t, fmt.Sprintf(document, name))}, openapi.Options{})
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			if all["a"] == nil {
				if len(skipped) != 1 || !strings.Contains(skipped[0].Why, want) {
					t.Errorf("%v", skipped)
				}
				return
			}
			d, err := all["a"].Definition(t.Context())
			if err != nil || len(d.Input) > 48<<10 {
				t.Fatal(len(d.Input), err)
			}
			if full := `{"additionalProperties":false,"properties":` + want + `,"type":"object"}`; want != "" && string(d.Input) != full {
				t.Errorf("%s, want %s", d.Input, full)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spec openapi.Spec
		want string
	}{
		"no name":     {openapi.Spec{Document: "x"}, "the name"},
		"no document": {openapi.Spec{Name: "x"}, "has no document"},
		"a server":    {openapi.Spec{Name: "x", Document: "x", Server: "ftp://x"}, "does not begin with https://"},
		"a query":     {openapi.Spec{Name: "x", Document: "x", Server: "https://x?a=b"}, "a query or a fragment"},
		"a glob":      {openapi.Spec{Name: "x", Document: "x", Include: []string{"["}}, `"["`},
		"a rule":      {openapi.Spec{Name: "x", Document: "x", Effects: []openapi.Rule{{Match: "["}}}, `"["`},
		"a header":    {openapi.Spec{Name: "x", Document: "x", Headers: map[string]string{"a b": ""}}, `"a b" cannot be set`},
		"the host":    {openapi.Spec{Name: "x", Document: "x", Headers: map[string]string{"Host": "y"}}, `"Host" cannot be set`},
		"much":        {openapi.Spec{Name: "x", Document: "x", Bytes: 1 << 30}, "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a, err := openapi.New(tt.spec, openapi.Options{}); a != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// Whatever a document is, it is refused or read, and what it becomes can be written and is bounded.
func FuzzDocument(f *testing.F) {
	shop, err := os.ReadFile("testdata/shop.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shop)
	for _, seed := range []string{
		`{"openapi":"3.0.0","paths":{"/{a}":{"get":{"parameters":[{"name":"a","in":"path"}]}}}}`, "openapi: 3.1.0\npaths: {/a: {$ref: '#/paths/~1a'}}",
		"openapi: 3.1.0\n? - - a\n: [", "a: &x [*x]", "!!map {}", "%YAML 1.2\n---\nopenapi: 3.1.0\n", "openapi: 3.1.0\n<<: {a: 1}\n", "'", "\"\\x", "a: |2\n  x", "openapi: 3.1\npaths: {1: {get: {}}}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "document")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := openapi.New(openapi.Spec{Name: "x", Document: path, Server: "https://x.example/v1"}, openapi.Options{})
		if err != nil {
			t.Fatal(err)
		}
		all, _, err := a.Tools(t.Context())
		if err != nil {
			return
		}
		for _, one := range all {
			d, err := one.Definition(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			entry, err := d.JSON()
			if err != nil || !json.Valid(entry) || len(d.Input) > 48<<10 {
				t.Errorf("%d bytes, %v", len(d.Input), err)
			}
		}
	})
}
