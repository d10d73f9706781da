package observability

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

// A Snapshot is what was counted, for people and models. Times are estimated from the buckets of the metrics, as
// Prometheus would.
type Snapshot struct {
	Since     time.Time    `json:"since" doc:"from when on calls were counted"`
	At        time.Time    `json:"at"`
	Calls     int64        `json:"calls" doc:"that have ended"`
	Denied    int64        `json:"denied" doc:"of them, without running"`
	Failed    int64        `json:"failed" doc:"of them, that ran: errors, time-outs, panics, withheld answers"`
	Tokens    int64        `json:"tokens" doc:"counted in arguments and answers"`
	Entries   int64        `json:"entries" doc:"of the journal that were counted"`
	Overhead  Times        `json:"overhead" doc:"what the kernel takes for a call beside the handler"`
	Decisions []Decisions  `json:"decisions" doc:"the most first"`
	Tools     []ToolCalls  `json:"tools" doc:"tools, prompts and schemes of resources; the most called first"`
	Found     []Detections `json:"found" doc:"what detectors found; the most first"`
	Deciding  []Deciding   `json:"deciding" doc:"how long decisions took, by what was decided; nothing where a journal was read, which does not say"`
}

// Times are times in milliseconds within which half, 95 and 99 of 100 values lie. They are 0 where there are none.
type Times struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
}

// Decisions are how often something was decided.
type Decisions struct {
	Effect string `json:"effect" enum:"allow,deny,ask"`
	Check  string `json:"check" doc:"that decided; none where every stage passed"`
	Event  string `json:"event"`
	Count  int64  `json:"count"`
}

// ToolCalls are the calls of one tool or prompt, or of the resources of one scheme.
type ToolCalls struct {
	Kind   string `json:"kind"`
	Name   string `json:"name" doc:"other: what the catalog does not have"`
	Calls  int64  `json:"calls"`
	OK     int64  `json:"ok"`
	Denied int64  `json:"denied"`
	Failed int64  `json:"failed"`
	Ran    Times  `json:"ran" doc:"how long handlers of that name ran"`
}

// Detections are how often detectors found something.
type Detections struct {
	Class string `json:"class"`
	Where string `json:"where" enum:"arguments,answer"`
	Count int64  `json:"count"`
}

// Deciding is how long decisions took.
type Deciding struct {
	Effect string `json:"effect" enum:"allow,deny,ask"`
	Took   Times  `json:"took"`
}

// Snapshot returns what was counted up to now.
func (m *Module) Snapshot(ctx context.Context) (Snapshot, error) {
	if err := m.o.Sync(ctx); err != nil {
		return Snapshot{}, err
	}
	s := Snapshot{Since: m.began.UTC(), At: m.o.Now().UTC(), Overhead: m.times(overhead)}
	for _, sample := range m.own(entries).Samples() {
		s.Entries += int64(sample.Value)
	}
	for _, sample := range m.own(counted).Samples() {
		s.Tokens += int64(sample.Value)
	}
	s.Tools = m.toolCalls()
	for i := range s.Tools {
		s.Calls += s.Tools[i].Calls
		s.Denied += s.Tools[i].Denied
		s.Failed += s.Tools[i].Failed
	}
	s.Decisions = []Decisions{}
	for _, sample := range m.own(decisions).Samples() {
		s.Decisions = append(s.Decisions, Decisions{sample.Labels[0], sample.Labels[1], sample.Labels[2], int64(sample.Value)})
	}
	slices.SortStableFunc(s.Decisions, func(a, b Decisions) int { return cmp.Compare(b.Count, a.Count) })
	s.Found = []Detections{}
	for _, sample := range m.own(detections).Samples() {
		s.Found = append(s.Found, Detections{sample.Labels[0], sample.Labels[1], int64(sample.Value)})
	}
	slices.SortStableFunc(s.Found, func(a, b Detections) int { return cmp.Compare(b.Count, a.Count) })
	s.Deciding = []Deciding{}
	for _, sample := range m.own(checking).Samples() {
		if sample.Count() == 0 {
			continue
		}
		s.Deciding = append(s.Deciding, Deciding{sample.Labels[0], timesOf(m.own(checking).Desc(), sample)})
	}
	return s, nil
}

// toolCalls adds up calls by what was called.
func (m *Module) toolCalls() []ToolCalls {
	all := []ToolCalls{}
	for _, sample := range m.own(requests).Samples() { // by kind and name
		kind, name, n := sample.Labels[0], sample.Labels[1], int64(sample.Value)
		if last := len(all) - 1; last < 0 || all[last].Kind != kind || all[last].Name != name {
			all = append(all, ToolCalls{Kind: kind, Name: name, Ran: m.times(executing, name)})
		}
		t := &all[len(all)-1]
		t.Calls += n
		switch sample.Labels[2] {
		case "ok", "input_required":
			t.OK += n
		case "denied":
			t.Denied += n
		default:
			t.Failed += n
		}
	}
	slices.SortStableFunc(all, func(a, b ToolCalls) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), strings.Compare(a.Name, b.Name))
	})
	return all
}

// times are the times of a histogram's series of some labels' values.
func (m *Module) times(name string, values ...string) Times {
	f := m.own(name)
	for _, sample := range f.Samples() {
		if slices.Equal(sample.Labels, values) {
			return timesOf(f.Desc(), sample)
		}
	}
	return Times{}
}

func timesOf(d *metric.Desc, s metric.Sample) Times {
	at := func(q float64) float64 {
		seconds := d.Quantile(q, &s)
		if math.IsNaN(seconds) {
			return 0
		}
		return math.Round(seconds*1e7) / 1e4
	}
	return Times{Count: int64(s.Count()), P50: at(0.5), P95: at(0.95), P99: at(0.99)}
}
