package atr_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// listed is a server that offers tools of these names and answers each call with the call.
func listed(own []string) func(string, json.RawMessage, func(string)) string {
	return func(method string, params json.RawMessage, say func(string)) string {
		switch method {
		case "tools/list":
			var all []string
			for _, name := range own {
				text, _ := json.Marshal(name) //nolint:errchkjson // a text
				all = append(all, `{"name":`+string(text)+`,"inputSchema":{"type":"object"}}`)
			}
			return `"result":{"tools":[` + strings.Join(all, ",") + `]}`
		case "tools/call":
			return files(method, params, say)
		default:
			return ""
		}
	}
}

// origins are the published names of what servers offer, by server and own name.
func origins(tb testing.TB, offered map[string][]string) map[string]string {
	tb.Helper()
	w := &world{servers: map[string]func(string, json.RawMessage, func(string)) string{}, began: map[string]int{}}
	var servers []atr.Server
	for name, own := range offered {
		w.servers[name] = listed(own)
		servers = append(servers, atr.Server{Name: name, Command: "x", Trust: pin.TrustFirst, Required: true})
	}
	m, err := atr.New(atr.Options{Servers: servers, State: memstate.New(memstate.Options{}), Open: w.open})
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	if err := m.Begin(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	got := map[string]string{}
	for _, tool := range m.Surface().Tools {
		if len(tool.Spec().Definition) == 0 { // our own
			continue
		}
		var d struct {
			Meta map[string]struct{ Server, Name string } `json:"_meta"`
		}
		if err := json.Unmarshal(tool.Spec().Definition, &d); err != nil {
			tb.Fatal(err)
		}
		from := d.Meta["io.mcp-kernel/origin"]
		got[from.Server+" "+from.Name] = tool.Spec().Name
	}
	return got
}

// Whatever servers call their tools, each has a name that is legal, short and its own, the same in whatever order.
func TestNames(t *testing.T) {
	t.Parallel()
	legal := regexp.MustCompile(`^[a-zA-Z0-9_-]{1,47}$`)
	own := rapid.SliceOfNDistinct(rapid.OneOf(
		rapid.StringMatching(`[ab._/]{1,3}`), rapid.StringN(1, 60, 200), rapid.SampledFrom([]string{"../../etc/passwd", "a\x00b", "a\u202eb", "名前", strings.Repeat("long", 20)}),
	), 1, 12, rapid.ID)
	rapid.Check(t, func(r *rapid.T) {
		one, two := own.Draw(r, "a"), own.Draw(r, "a-b")
		got := origins(t, map[string][]string{"a": one, "a-b": two})
		seen := map[string]bool{}
		for from, name := range got {
			if !legal.MatchString(name) || seen[name] {
				r.Errorf("%q is published as %q", from, name)
			}
			seen[name] = true
		}
		if len(got) != len(one)+len(two) {
			r.Errorf("%d of %d are published", len(got), len(one)+len(two))
		}
		slices.Reverse(one)
		slices.Reverse(two)
		if diff := cmp.Diff(got, origins(t, map[string][]string{"a-b": two, "a": one})); diff != "" {
			r.Errorf("in another order (-want +got):\n%s", diff)
		}
	})
}

// A server cannot take a name that another of its tools was given.
func TestForgedNames(t *testing.T) {
	t.Parallel()
	digest := func(plain string, digits int) string {
		sum := sha256.Sum256([]byte(plain))
		return hex.EncodeToString(sum[:])[:digits]
	}
	own := []string{"x.y", "x_y", "x_y_" + digest("a__x.y", 6), "x_y_" + digest("a__x.y", 12)}
	for range 2 {
		got := origins(t, map[string][]string{"a": own})
		want := map[string]string{
			"a x.y": "a__x_y_" + digest("a__x.y", 24), "a x_y": "a__x_y",
			"a x_y_" + digest("a__x.y", 6): "a__x_y_" + digest("a__x.y", 6), "a x_y_" + digest("a__x.y", 12): "a__x_y_" + digest("a__x.y", 12),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		slices.Reverse(own)
	}
}

// Tools that cannot be published are left out and told of, and keep nothing else from being published; too many are refused.
func TestOddTools(t *testing.T) {
	t.Parallel()
	const fine = `{"name":"fine","inputSchema":{"type":"object"}}`
	many := strings.Repeat(`{"name":"x"},`, upstream.MaxEntries) + fine
	for name, tt := range map[string]struct {
		tools, fault string
		want         []string
	}{
		"twice":        {fine + `,{"name":"two","description":"1","inputSchema":{"type":"object"}},{"name":"two","description":"2","inputSchema":{"type":"object"}}`, `there twice: "two"`, []string{"odd__fine", "odd__two"}},
		"no name":      {fine + `,{"description":"x"},{"name":""},{"name":7},7,null`, "without a name", []string{"odd__fine"}},
		"two names":    {fine + `,{"name":"a","name":"b","inputSchema":{"type":"object"}}`, "cannot be looked at", nil},
		"large":        {fine + `,{"name":"large","description":"` + strings.Repeat("x", pin.MaxDefinition) + `","inputSchema":{"type":"object"}}`, "at most", nil},
		"no schema":    {fine + `,{"name":"bare"}`, `"bare" cannot be published`, []string{"odd__fine"}},
		"no object":    {fine + `,{"name":"text","inputSchema":{"type":"string"}},{"name":"odd","inputSchema":[]}`, "want a schema of type object", []string{"odd__fine"}},
		"odd answer":   {fine + `,{"name":"list","inputSchema":{"type":"object"},"outputSchema":{"type":"array"}}`, "outputSchema: want a schema", []string{"odd__fine"}},
		"10,001 tools": {many, "more than 10000 entries", []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{servers: map[string]func(string, json.RawMessage, func(string)) string{
				"good": listed([]string{"do"}),
				"odd": func(method string, _ json.RawMessage, _ func(string)) string {
					if method == "tools/list" {
						return `"result":{"tools":[` + tt.tools + `]}`
					}
					return ""
				},
			}}
			m := w.module(t, memstate.New(memstate.Options{}), atr.Server{Name: "good", Command: "x", Trust: pin.TrustFirst, Required: true}, atr.Server{Name: "odd", Command: "x", Trust: pin.TrustFirst})
			begin := m.Begin(t.Context())
			_, learned := m.Learn(t.Context(), "odd")
			got := names(m.Surface())
			w.mu.Lock()
			told := fmt.Sprint(w.faults, learned)
			w.mu.Unlock()
			if begin != nil || !strings.Contains(told, tt.fault) {
				t.Errorf("%v; told of %.300s", begin, told)
			}
			if !slices.Contains(got, "good__do") || tt.want == nil && !slices.Contains(got, "odd__fine") {
				t.Errorf("published: %v", got)
			}
			if tt.want != nil {
				if diff := cmp.Diff(append([]string{"good__do"}, tt.want...), got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}
