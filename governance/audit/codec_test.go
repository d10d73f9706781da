package audit_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

var update = flag.Bool("update", false, "write the golden files anew")

// samples are entries that use every field.
func samples() []*audit.Entry {
	start := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	full := decision("0192b1f0-7c5e-7000-8000-000000000001")
	full.Parent, full.Execution, full.Depth = "0192b1f0-7c5e-7000-8000-000000000000", "exec-7", 2
	full.Caller = governance.Caller{Principal: `DOM\bob`, Agent: "did:key:z6Mk", Label: "Host \"1\"\n", Operator: true}
	full.Decision.Rule, full.Decision.Policy, full.Decision.Pointer, full.Decision.Would = "no-rm", "strict", "/path", true
	full.Decision.Check = "blocked_patterns"
	full.Charges = []audit.Charge{
		{Shard: full.Caller.Identity(), Name: "calls", N: 1, Limit: 100},
		{Shard: "another", Name: "tokens@1", N: 120, Limit: 9000, Window: time.Minute, Start: start},
	}
	full.Labels, full.Policies = []string{"pii", "web"}, []string{"default", "strict"}
	out := outcome(full.Call)
	out.Handler, out.Elapsed, out.Tokens = 1500*time.Microsecond, 2*time.Millisecond, 311
	out.SchemaValid, out.Failure, out.Status = audit.No, "timeout", governance.StatusTimeout
	out.Findings = map[string]int{"secret": 2, "pii": 1}
	out.Result = audit.Payload{Digest: audit.Hash{2}, Bytes: 9, Preview: `{"é":"<secret>"}`, Sealed: []byte("sealed")}
	out.Charges = []audit.Charge{{Shard: "os:1000", Name: "calls", N: -1, Window: time.Minute, Start: start}}
	usage := &audit.Entry{Kind: audit.KindUsage, Usage: []audit.Usage{{Call: full.Call, Shard: "os:1000", Bound: 120, Tokens: 31}}}
	freeze := &audit.Entry{Kind: audit.KindControl, Control: &audit.Control{
		Action: audit.ActionNote, By: "ops", Reason: "why\x01", Subject: "what", Count: 3, Calls: []string{"a", "b"},
	}}
	return []*audit.Entry{full, out, usage, freeze}
}

func fixed(o *audit.Options) {
	n := 0
	now := time.Date(2026, 1, 2, 3, 4, 5, 678_901_000, time.UTC)
	o.Now = func() time.Time { return now }
	o.IDs = func() string { n++; return fmt.Sprintf("process-%d", n) }
}

// TestGolden pins the bytes of the format: they may change only with its version.
func TestGolden(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir, fixed)
	if err := j.Append(t.Context(), samples()...); err != nil {
		t.Fatal(err)
	}
	var got []byte
	prev := ""
	for _, line := range lines(t, dir)[1:] { // the first names the key, which is new each time
		fixedLine, hash := rehash(line, or(prev, strings.Repeat("0", 64)))
		got, prev = append(got, fixedLine...), hash
	}
	golden := filepath.Join("testdata", "format1.jsonl")
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func TestLinesAreCanonicalAndReadBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir, fixed)
	written := samples()
	if err := j.Append(t.Context(), written...); err != nil {
		t.Fatal(err)
	}
	for i, line := range lines(t, dir)[1:] {
		canonical, err := primitives.Canonical(line)
		if err != nil || !bytes.Equal(canonical, bytes.TrimSuffix(line, []byte("\n"))) {
			t.Errorf("not canonical: %s\n%s %v", line, canonical, err)
		}
		e, err := audit.ParseLine(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if diff := cmp.Diff(*written[i], e); diff != "" {
			t.Errorf("read back (-written +read):\n%s", diff)
		}
	}
}

// TestEverythingIsBounded fills every field with far too much.
func TestEverythingIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	for _, text := range []string{strings.Repeat("x", 5000), strings.Repeat("\x01", 5000), strings.Repeat("é\"", 5000), strings.Repeat("\xff", 5000)} {
		for _, kind := range []audit.Kind{audit.KindDecision, audit.KindOutcome} {
			e := &audit.Entry{Kind: kind, Depth: math.MaxInt, Tokens: math.MaxInt64, Handler: math.MaxInt64, Elapsed: math.MaxInt64}
			fill(reflect.ValueOf(e).Elem(), text)
			e.Charges, e.Usage, e.Control, e.Counters = nil, nil, nil, nil
			if kind == audit.KindOutcome {
				for i := range audit.MaxCharges {
					e.Charges = append(e.Charges, audit.Charge{Shard: strings.Repeat("s", 200), Name: fmt.Sprint(i), N: 1, Limit: math.MaxInt64})
				}
			}
			if err := j.Append(context.Background(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	longest := 0
	for _, line := range lines(t, dir) {
		if longest = max(longest, len(line)); len(line) > audit.MaxLine {
			t.Errorf("a line of %d bytes", len(line))
		}
		if _, err := audit.ParseLine(line); err != nil {
			t.Errorf("%.200s: %v", line, err)
		}
	}
	t.Logf("the longest line has %d bytes", longest)
	if r := verify(t, dir); r.Bad != nil {
		t.Error(r.Bad)
	}
}

// fill puts the text into every string of a struct, and many of them into its lists.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), text)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.String {
			v.Set(reflect.MakeSlice(v.Type(), 100, 100))
			for i := range 100 {
				v.Index(i).SetString(text)
			}
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range 100 {
			v.SetMapIndex(reflect.ValueOf(fmt.Sprintf("%s-%02d", text[:20], i)), reflect.ValueOf(i+1))
		}
	default:
	}
	if p, ok := reflect.TypeAssert[*audit.Payload](v.Addr()); ok {
		p.Digest, p.Sealed = audit.Hash{1}, nil
	}
}

func FuzzParseLine(f *testing.F) {
	raw, err := os.ReadFile(filepath.Join("testdata", "format1.jsonl"))
	if err != nil {
		f.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		f.Add(line)
	}
	f.Add([]byte(`{"entry":{},"hash":""}` + "\n"))
	f.Fuzz(func(t *testing.T, line []byte) {
		if at := bytes.LastIndex(line, []byte(`,"hash":`)); at > len(`{"entry":`) && bytes.HasPrefix(line, []byte(`{"entry":`)) {
			line, _ = rehash(line, "") // so that the fields are reached
		}
		e, err := audit.ParseLine(line)
		if err != nil {
			return
		}
		if e.Version != audit.Format || e.Seq == 0 || e.Kind == audit.KindInvalid {
			t.Errorf("accepted: %s", line)
		}
		if _, err := primitives.Canonical(line); err != nil {
			t.Errorf("accepted what is no JSON: %s: %v", line, err)
		}
	})
}

// TestWhatIsWrittenCanBeRead appends entries of random content, and refuses what has no name.
func TestWhatIsWrittenCanBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	text := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.Rune(), 0, 300, -1), rapid.SampledFrom([]string{"", "\xff", "\"", "\\", "\x00"}))
	rapid.Check(t, func(rt *rapid.T) {
		e := &audit.Entry{Kind: audit.Kind(rapid.IntRange(0, 5).Draw(rt, "kind"))}
		if e.Kind == audit.KindControl {
			e.Control = &audit.Control{Action: audit.Action(text.Draw(rt, "action")), Calls: []string{text.Draw(rt, "call")}}
		}
		e.Call, e.Name, e.Labels = text.Draw(rt, "id"), text.Draw(rt, "name"), []string{text.Draw(rt, "label")}
		e.Caller.Principal, e.Decision.Reason = text.Draw(rt, "principal"), text.Draw(rt, "reason")
		e.Confidence = rapid.Float64().Draw(rt, "confidence")
		e.Findings = map[string]int{text.Draw(rt, "found"): rapid.Int().Draw(rt, "count")}
		e.Status = governance.Status(rapid.IntRange(0, 9).Draw(rt, "status"))
		e.Depth, e.Tokens = rapid.Int().Draw(rt, "depth"), rapid.Int64().Draw(rt, "tokens")
		if rapid.Bool().Draw(rt, "charged") {
			e.Charges = []audit.Charge{{
				Shard: text.Draw(rt, "shard"), Name: text.Draw(rt, "counter"), N: rapid.Int64().Draw(rt, "n"), Limit: math.MaxInt64,
				Window: time.Duration(rapid.Int64().Draw(rt, "window")), Start: time.UnixMilli(rapid.Int64Range(0, 1<<41).Draw(rt, "start")),
			}}
		}
		if err := j.Append(context.Background(), e); err != nil {
			return
		}
		if _, err := j.Entry(context.Background(), e.Seq); err != nil {
			rt.Fatal(err)
		}
	})
	if r := verify(t, dir); r.Bad != nil || r.Last < 5 {
		t.Errorf("%+v: %v", r, r.Bad)
	}
}
