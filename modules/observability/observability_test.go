package observability_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/observability"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

var update = flag.Bool("update", false, "write golden files")

// at is when everything in these tests happens.
func at() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// known is a catalog.
func known(kind, name string) bool {
	switch kind + " " + name {
	case "tool file_read", "tool file_write", "prompt review", "resource memory://notes/1":
		return true
	default:
		return false
	}
}

func module(tb testing.TB, change ...func(*observability.Options)) *observability.Module {
	tb.Helper()
	o := observability.Options{Known: known, Now: at, Version: "1.2.3"}
	for _, c := range change {
		c(&o)
	}
	m, err := observability.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// sources are those of a kernel that has everything.
func sources(o *observability.Options) {
	o.Sources = observability.Sources{
		Journal: func() observability.Journal {
			return observability.Journal{Last: 4097, Signed: 4000, Waiting: 2, Slots: 3, Missed: 1, Frozen: true}
		},
		Running:   func() int { return 3 },
		Approvals: func(context.Context) (int, error) { return 2, nil },
		StateOpen: func() bool { return true },
		Upstreams: func() []observability.Upstream {
			return []observability.Upstream{{Name: "github", Up: true, Starts: 2, Running: 1}, {Name: "slow", Open: true, Starts: 9}}
		},
	}
}

// decision and outcome are entries about one call.
func decision(name string, change func(*audit.Entry)) audit.Entry {
	e := audit.Entry{
		Kind: audit.KindDecision, At: at(), Call: "01a20894-2e34-7148-af9a-ae459820f69f", Process: "self", Target: governance.KindTool, Name: name,
		Decision: audit.Decision{Effect: governance.Allow, Event: governance.PolicyCheck}, Args: audit.Payload{Bytes: 100},
	}
	if change != nil {
		change(&e)
	}
	return e
}

func outcome(name string, change func(*audit.Entry)) audit.Entry {
	e := audit.Entry{
		Kind: audit.KindOutcome, At: at(), Call: "01a20894-2e34-7148-af9a-ae459820f69f", Process: "self", Target: governance.KindTool, Name: name,
		Status: governance.StatusOK, Event: governance.CheckpointCreated, Confidence: 1, Handler: 3 * time.Millisecond,
		Elapsed: 3100 * time.Microsecond, Tokens: 120, Result: audit.Payload{Bytes: 20},
	}
	if change != nil {
		change(&e)
	}
	return e
}

// everything are entries of which every metric has something to count.
func everything() []audit.Entry {
	return []audit.Entry{
		decision("file_read", nil), outcome("file_read", nil),
		decision("file_write", func(e *audit.Entry) {
			e.Decision = audit.Decision{
				Effect: governance.Deny, Stage: governance.StageLimits, Check: governance.CheckCalls, Policy: "default", Event: governance.PolicyViolation,
			}
			e.Findings = map[string]int{"secrets/api_key": 2}
		}),
		outcome("file_write", func(e *audit.Entry) {
			e.Status, e.Failure, e.Confidence, e.Handler, e.Result = governance.StatusDenied, "denied", 0, 0, audit.Payload{}
		}),
		decision("file_read", func(e *audit.Entry) {
			e.Decision.Would, e.Decision.Check, e.Decision.Policy = true, governance.CheckPatterns, "trial"
		}),
		outcome("file_read", func(e *audit.Entry) {
			e.Confidence, e.Event, e.SchemaValid = 0.25, governance.DriftDetected, audit.No
			e.Findings = map[string]int{"pii/email": 1}
		}),
		outcome("file_read", func(e *audit.Entry) {
			e.Status, e.Failure = governance.StatusWithheld, "withheld"
			e.Decision = audit.Decision{Effect: governance.Deny, Stage: governance.StageReview, Check: "injection", Event: governance.PolicyViolation}
		}),
		{Kind: audit.KindUsage, At: at(), Process: "self", Usage: []audit.Usage{{Tokens: 30}, {Tokens: 12}}},
		{Kind: audit.KindControl, At: at(), Process: "self", Control: &audit.Control{Action: audit.ActionAbandoned}},
	}
}

// busy is a module that everything has happened to.
func busy(tb testing.TB) *observability.Module {
	tb.Helper()
	m := module(tb, sources, func(o *observability.Options) {
		o.Trace = func(string) string { return "0af7651916cd43dd8448eb211c80319c" }
	})
	for _, e := range everything() {
		m.Observe(e)
	}
	m.Decided("allow", "01a20894-2e34-7148-af9a-ae459820f69f", 12*time.Microsecond, at())
	m.Appended(20 * time.Microsecond)
	m.Committed(15 * time.Microsecond)
	m.Operated("take", "ok", 200*time.Microsecond)
	m.ServesHTTP(func() observability.HTTP {
		return observability.HTTP{Sessions: 4, Streams: 2, Waiting: 7, Greedy: 30, Full: 20, Late: 10}
	})
	return m
}

func written(tb testing.TB, m *observability.Module, as metric.Format) string {
	tb.Helper()
	var text bytes.Buffer
	if err := m.Write(tb.Context(), &text, as); err != nil {
		tb.Fatal(err)
	}
	return text.String()
}

// TestExposition holds the whole of what is written to files. Every metric of the table is in it, so that whoever reads the
// files (internal/promcheck, with Prometheus' own code) has seen all. What a process says of itself is made equal.
func TestExposition(t *testing.T) {
	t.Parallel()
	m := busy(t)
	own := regexp.MustCompile(`(?m)^((?:process|go)_\S+) \S+$`)
	version := regexp.MustCompile(`goversion="[^"]*"`)
	for name, format := range map[string]metric.Format{"exposition.txt": metric.Text, "exposition.openmetrics": metric.OpenMetrics} {
		got := own.ReplaceAllString(version.ReplaceAllString(written(t, m, format), `goversion="go1.26"`), "$1 1")
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" && whole() {
			t.Errorf("%s (-), written (+):\n%s", path, diff)
		}
		for _, d := range observability.Table() {
			if !strings.Contains(string(want), "\n"+d.Name) {
				t.Errorf("%s has no %s", path, d.Name)
			}
		}
	}
}

// whole reports whether the system tells of a process what the files have.
func whole() bool {
	_, err := os.Stat("/proc/self/stat")
	return err == nil
}

// values are the lines of the kernel's own counters of calls that are not zero.
func values(t *testing.T, m *observability.Module) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	for line := range strings.Lines(written(t, m, metric.Text)) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.HasPrefix(series, "mcp_kernel_") || strings.Contains(series, "_bucket") || strings.Contains(series, "_info") {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if v != 0 {
			all[strings.TrimPrefix(series, "mcp_kernel_")] = v
		}
	}
	return all
}

// TestEntriesAreCounted says for each kind of entry everything that it counts for.
func TestEntriesAreCounted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		entry audit.Entry
		want  map[string]float64
	}{
		{"an allowed call", decision("file_read", nil), map[string]float64{
			`journal_entries_total{kind="decision"}`: 1, `request_bytes_total{kind="tool"}`: 100,
			`decisions_total{effect="allow",check="none",event="POLICY_CHECK"}`: 1,
		}},
		{"a call that people are asked about", decision("file_write", func(e *audit.Entry) {
			e.Decision = audit.Decision{Effect: governance.Ask, Check: governance.CheckApproval, Policy: "default"}
		}), map[string]float64{
			`journal_entries_total{kind="decision"}`: 1, `request_bytes_total{kind="tool"}`: 100,
			`decisions_total{effect="ask",check="require_approval",event="NONE"}`: 1,
		}},
		{"a name of somebody's invention", decision("rm -rf {secret=\"x\"}", func(e *audit.Entry) {
			e.Decision = audit.Decision{Effect: governance.Deny, Stage: governance.StageAllow, Check: "catalog", Event: governance.ToolCallBlocked}
		}), map[string]float64{
			`journal_entries_total{kind="decision"}`: 1, `request_bytes_total{kind="tool"}`: 100,
			`decisions_total{effect="deny",check="catalog",event="TOOL_CALL_BLOCKED"}`:    1,
			`violations_total{name="other",check="catalog",policy="none",mode="enforce"}`: 1, `violations_blocked_total{name="other"}`: 1,
		}},
		{"an answer", outcome("file_read", nil), map[string]float64{
			`journal_entries_total{kind="outcome"}`: 1, `requests_total{kind="tool",name="file_read",status="ok"}`: 1,
			`response_bytes_total{kind="tool"}`: 20, `tokens_charged_total`: 120, `cmvk_drift_score_count`: 1,
			`execution_duration_seconds_sum{name="file_read"}`: 0.003, `execution_duration_seconds_count{name="file_read"}`: 1,
			`kernel_latency_seconds_sum`: 0.0001, `kernel_latency_seconds_count`: 1,
		}},
		{"a resource", outcome("memory://notes/1", func(e *audit.Entry) {
			e.Target, e.Result, e.Tokens, e.Handler, e.Elapsed = governance.KindResource, audit.Payload{}, 0, 0, 0
		}), map[string]float64{
			`journal_entries_total{kind="outcome"}`: 1, `requests_total{kind="resource",name="memory:",status="ok"}`: 1,
			`cmvk_drift_score_count`: 1, `execution_duration_seconds_count{name="memory:"}`: 1, `kernel_latency_seconds_count`: 1,
		}},
		{"a freeze", audit.Entry{Kind: audit.KindControl, Control: &audit.Control{Action: audit.ActionFreeze}}, map[string]float64{
			`journal_entries_total{kind="control"}`: 1, `journal_events_total{action="freeze"}`: 1,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := module(t)
			m.Observe(c.entry)
			if diff := cmp.Diff(c.want, values(t, m)); diff != "" {
				t.Errorf("want (-), counted (+):\n%s", diff)
			}
		})
	}
}

func TestEntriesOfOthersDoNotCount(t *testing.T) {
	t.Parallel()
	m := module(t, func(o *observability.Options) { o.Process = func() string { return "self" } })
	for range 3 {
		m.Observe(outcome("file_read", func(e *audit.Entry) { e.Process = "other" }))
	}
	m.Observe(outcome("file_read", nil))
	if got := values(t, m)[`requests_total{kind="tool",name="file_read",status="ok"}`]; got != 1 {
		t.Errorf("%g calls of this process, there was 1", got)
	}
}

// TestStrangersMakeNoSeries: whatever is called, the number of series stays below what the table says, and the sum is right.
func TestStrangersMakeNoSeries(t *testing.T) {
	t.Parallel()
	m := module(t, func(o *observability.Options) { o.Known = func(string, string) bool { return true } })
	const calls = 3000
	for i := range calls {
		word := fmt.Sprint("word", i)
		m.Observe(decision(word, func(e *audit.Entry) {
			e.Decision = audit.Decision{Effect: governance.Deny, Check: word, Policy: word}
			e.Findings = map[string]int{word: 1}
		}))
		m.Observe(outcome(word, func(e *audit.Entry) { e.Failure = word }))
	}
	bounds := 0
	for _, d := range observability.Table() {
		per := 1
		if d.Kind == metric.Histogram {
			per = len(d.Buckets) + 3
		}
		bounds += d.Bound() * per
	}
	text := written(t, m, metric.Text)
	if lines := strings.Count(text, "\n") - strings.Count(text, "#"); lines > bounds || bounds > 12_000 {
		t.Errorf("%d series; the table allows %d, and should not allow more than 12,000", lines, bounds)
	}
	sums := map[string]float64{}
	for series, v := range values(t, m) {
		name, _, _ := strings.Cut(series, "{")
		sums[name] += v
	}
	for _, name := range []string{"requests_total", "decisions_total", "violations_total", "violations_blocked_total", "detections_total", "failures_total"} {
		if sums[name] != calls {
			t.Errorf("%s adds up to %g, want %d", name, sums[name], calls)
		}
	}
}

func TestSourceThatFailsIsLeftOut(t *testing.T) {
	t.Parallel()
	fails := true
	m := module(t, func(o *observability.Options) {
		o.Sources.Approvals = func(context.Context) (int, error) {
			if fails {
				return 0, errors.New("the state is not there")
			}
			return 5, nil
		}
	})
	got := values(t, m)
	if _, there := got["approvals_open"]; there || got["collection_errors_total"] != 1 {
		t.Errorf("%v", got)
	}
	fails = false
	if got = values(t, m); got["approvals_open"] != 5 || got["collection_errors_total"] != 1 {
		t.Errorf("%v", got)
	}
	if text := written(t, module(t), metric.Text); strings.Contains(text, "mcp_kernel_frozen") || strings.Contains(text, "mcp_kernel_http_sessions") {
		t.Error("metrics of what is not there")
	}
}

func TestSyncComesFirst(t *testing.T) {
	t.Parallel()
	var m *observability.Module
	m = module(t, func(o *observability.Options) {
		o.Sync = func(context.Context) error {
			m.Observe(outcome("file_read", nil))
			return nil
		}
	})
	if got := values(t, m)[`requests_total{kind="tool",name="file_read",status="ok"}`]; got != 1 {
		t.Errorf("what was written before the scrape is not in it: %g", got)
	}
	s, err := m.Snapshot(t.Context())
	if err != nil || s.Calls != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	failing := module(t, func(o *observability.Options) {
		o.Sync = func(context.Context) error { return errors.New("no journal") }
	})
	if err := failing.Write(t.Context(), &bytes.Buffer{}, metric.Text); err == nil {
		t.Error("an old count was written as though it were new")
	}
	if _, err := failing.Snapshot(t.Context()); err == nil {
		t.Error("an old count was told as though it were new")
	}
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	got, err := busy(t).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ran := observability.Times{Count: 3, P50: 3.75, P95: 4.875, P99: 4.975}
	want := observability.Snapshot{
		Since: at(), At: at(), Calls: 4, Denied: 1, Failed: 1, Tokens: 42, Entries: 9,
		Overhead: observability.Times{Count: 4, P50: 0.0833, P95: 4.5, P99: 4.9},
		Decisions: []observability.Decisions{
			{"allow", "blocked_patterns", "POLICY_CHECK", 1},
			{"allow", "none", "POLICY_CHECK", 1},
			{"deny", "max_tool_calls_per_request", "POLICY_VIOLATION", 1},
		},
		Tools: []observability.ToolCalls{
			{Kind: "tool", Name: "file_read", Calls: 3, OK: 2, Failed: 1, Ran: ran},
			{Kind: "tool", Name: "file_write", Calls: 1, Denied: 1},
		},
		Found:    []observability.Detections{{"secrets/api_key", "arguments", 2}, {"pii/email", "answer", 1}},
		Deciding: []observability.Deciding{{"allow", observability.Times{Count: 1, P50: 0.0175, P95: 0.0243, P99: 0.0249}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), told (+):\n%s", diff)
	}
}

// TestAllAtOnce counts, scrapes and asks from many goroutines; the race detector looks on.
func TestAllAtOnce(t *testing.T) {
	t.Parallel()
	m := busy(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				m.Decided("allow", "call", time.Microsecond, at())
				m.Operated("get", "ok", time.Microsecond)
				m.Appended(time.Microsecond)
			}
		})
		all.Go(func() {
			for range 5 {
				_ = written(t, m, metric.OpenMetrics)
				if _, err := m.Snapshot(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Go(func() {
		for range 50 {
			m.Observe(outcome("file_read", nil))
		}
	})
	all.Wait()
	if got := values(t, m)[`requests_total{kind="tool",name="file_read",status="ok"}`]; got != 52 {
		t.Errorf("%g calls", got)
	}
}

func TestNilModuleCountsNothing(t *testing.T) {
	t.Parallel()
	var m *observability.Module
	m.Decided("allow", "", 0, time.Time{})
	m.Appended(0)
	m.Committed(0)
	m.Operated("get", "ok", 0)
	m.ServesHTTP(nil)
}

func TestTableIsWhole(t *testing.T) {
	t.Parallel()
	if err := metric.Check(observability.Table()); err != nil {
		t.Error(err)
	}
}

func BenchmarkObserve(b *testing.B) {
	m := module(b)
	first, second := decision("file_read", nil), outcome("file_read", nil)
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(first)
		m.Observe(second)
	}
}
