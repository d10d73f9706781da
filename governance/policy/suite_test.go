package policy_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
)

func TestBadSuites(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"bad", "empty", "list"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(fixtures, "suites", name+".test.yaml")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = policy.DecodeSuite(name+".test.yaml", data)
			if err == nil {
				t.Fatal("decoded")
			}
			golden(t, filepath.Join(fixtures, "suites", name+".golden"), err.Error()+"\n")
		})
	}
}

func TestDecodeSuite(t *testing.T) {
	t.Parallel()
	got, err := policy.LoadSuites(t.Context(), filepath.Join(fixtures, "suites", "good.test.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(fixtures, "suites", "good.test.yaml")
	no := false
	text := func(s string) *string { return &s }
	fetch := policy.Request{Kind: governance.KindTool, Name: "web_fetch", Caller: governance.Caller{Principal: "user:test"}}
	want := []policy.Suite{{
		File: file, PolicyFiles: []string{"../good/governed.yaml"}, Policies: []string{"governed"},
		At:    time.Date(2026, 1, 5, 22, 0, 0, 0, time.UTC),
		Tools: []policy.Tool{{Name: "web_fetch", Hints: map[string]bool{"read_only": true, "open_world": true}, Args: []string{"url"}}},
		Cases: []policy.Case{
			{
				Name: "all there is", Place: governance.Position{Line: 7, Column: 5},
				Steps: []policy.Step{
					{
						Path: "after[0]", Call: fetch, Times: 2, Tokens: 100, Running: true, Expect: policy.Expectation{Effect: governance.Deny},
						Place: governance.Position{Line: 9, Column: 9},
					},
					{
						Times: 1, Place: governance.Position{Line: 7, Column: 5},
						Call: policy.Request{
							Kind: governance.KindTool, Name: "web_fetch",
							Args:   json.RawMessage(`{"n":12345678901234567890,"f":1.50,"e":1.5e3,"x":31,"s":"a\"b","t":"two\nlines\n","l":[1,true,null,{"k":"v"}],"key with space":null}`),
							Caller: governance.Caller{Principal: "user:ada", Agent: "did:key:z6", Operator: true},
							Labels: []string{"read:secret", "untrusted:web"}, Policies: []string{"governed"}, Depth: 2,
							At: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC),
						},
						Expect: policy.Expectation{
							Effect: governance.Deny, Check: "rules", Rule: "no-writes-after-web", Policy: "governed",
							Event: governance.PolicyViolation, Pointer: "/url", Reason: regexp.MustCompile("untrusted"), Would: &no,
						},
					},
				},
			},
			{
				Name: "arguments as they are sent", Place: governance.Position{Line: 39, Column: 5},
				Steps: []policy.Step{{
					Times: 1, Place: governance.Position{Line: 39, Column: 5},
					Call:   policy.Request{Kind: governance.KindTool, Name: "web_fetch", Args: json.RawMessage(`{"a":1,"a":2}`), Caller: governance.Caller{Principal: "user:test"}},
					Expect: policy.Expectation{Effect: governance.Ask},
				}},
			},
			{
				Name: "step by step", Place: governance.Position{Line: 40, Column: 5},
				Steps: []policy.Step{
					{
						Path: "steps[0]", Place: governance.Position{Line: 42, Column: 9}, Call: fetch, Times: 1,
						Answer: &policy.Answer{Text: text("a page"), Confidence: 1}, Expect: policy.Expectation{Effect: governance.Allow, Fate: policy.Pass},
					},
					{
						Path: "steps[1]", Place: governance.Position{Line: 43, Column: 9}, Call: fetch, Times: 3,
						Answer: &policy.Answer{Text: text("see above"), Structured: json.RawMessage(`{"mail":"ada@example.org"}`), Error: true, Confidence: 0.5},
						Expect: policy.Expectation{
							Effect: governance.Allow, Fate: policy.Redact,
							Findings: []policy.Found{{Class: "email"}, {Check: "pii", Rule: "email", Class: "email", Pointer: text("/structuredContent/mail")}},
							Labels:   []string{"untrusted:web"}, Text: text("see above"), Structured: json.RawMessage(`{"mail":"[email:1]"}`),
						},
					},
					{
						Path: "steps[2]", Place: governance.Position{Line: 52, Column: 9}, Wait: 61 * time.Second, Times: 1,
						Call:   policy.Request{Kind: governance.KindResource, Name: "audit://log", Caller: governance.Caller{Principal: "user:test"}},
						Answer: &policy.Answer{Text: text("log"), Confidence: 1},
						Expect: policy.Expectation{Effect: governance.Allow, Fate: policy.Withhold, Findings: []policy.Found{}, Labels: []string{}},
					},
					{
						Path: "steps[3]", Place: governance.Position{Line: 53, Column: 9}, Times: 1,
						Definition: json.RawMessage(`{"name":"add","description":"Adds."}`), Expect: policy.Expectation{Effect: governance.Allow, Fate: policy.AskFirst},
					},
				},
			},
		},
	}}
	same := cmp.Options{
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
		cmp.Comparer(func(a, b *regexp.Regexp) bool { return a == b || a != nil && b != nil && a.String() == b.String() }),
	}
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Error(diff)
	}
	if files := got[0].Files(); len(files) != 1 || files[0] != filepath.Join(fixtures, "good", "governed.yaml") {
		t.Errorf("is about %q", files)
	}
}

func TestLoadSuites(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const one = "cases: []\n"
	write(t, filepath.Join(dir, "b.test.yaml"), one)
	write(t, filepath.Join(dir, "a.TEST.yml"), one)
	write(t, filepath.Join(dir, "a.yml"), "- name: a\n")
	write(t, filepath.Join(dir, ".c.test.yaml"), "nonsense")
	write(t, filepath.Join(dir, "none", "a.yaml"), "- name: a\n")
	suites, err := policy.LoadSuites(t.Context(), dir)
	if err != nil || len(suites) != 2 {
		t.Fatalf("%d suites, %v", len(suites), err)
	}
	if files := suites[0].Files(); files[0] != filepath.Join(dir, "a.yml") {
		t.Errorf("is about %q", files)
	}
	if policies, err := policy.Load(t.Context(), dir); err != nil || len(policies) != 1 {
		t.Errorf("fixtures among %d policies, %v", len(policies), err)
	}
	_, err = policy.LoadSuites(t.Context(), filepath.Join(dir, "none"), filepath.Join(dir, "absent"))
	for _, want := range []string{"no *.test.yaml", "absent: no such file or directory"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

// FuzzDecodeSuite demands that no file crashes, that faults have places, and that arguments are JSON.
func FuzzDecodeSuite(f *testing.F) {
	seeds, err := filepath.Glob(filepath.Join(fixtures, "suites", "*.test.yaml"))
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, seed := range seeds {
		data, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		suite, err := policy.DecodeSuite("f.test.yaml", data)
		if err != nil {
			var fault *governance.PolicyError
			if !errors.As(err, &fault) || fault.At.Line < 1 || fault.At.Column < 1 {
				t.Fatalf("a fault without a place: %v", err)
			}
			return
		}
		for _, c := range suite.Cases {
			if len(c.Steps) == 0 {
				t.Fatal("a case without steps")
			}
			for _, q := range c.Steps {
				for _, doc := range []json.RawMessage{q.Call.Args, q.Definition, q.Expect.Structured} {
					if doc != nil && !json.Valid(doc) {
						t.Fatalf("no JSON: %s", doc)
					}
				}
			}
		}
	})
}
