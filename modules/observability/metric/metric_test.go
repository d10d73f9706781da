package metric_test

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

var update = flag.Bool("update", false, "write golden files")

func set(tb testing.TB, table ...metric.Desc) *metric.Set {
	tb.Helper()
	s, err := metric.New(table)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// table has one metric of every kind, with everything that one can have.
func table() []metric.Desc {
	return []metric.Desc{
		{Name: "calls_total", Kind: metric.Counter, Help: "Calls, \"quoted\" and C:\\path.", Labels: []metric.Label{
			{Name: "tool", Most: 3}, {Name: "status", Values: []string{"ok", "error"}},
		}},
		{Name: "read_bytes_total", Kind: metric.Counter, Unit: "bytes", Help: "Bytes that were read."},
		{Name: "running", Kind: metric.Gauge, Help: "Calls that run."},
		{Name: "took_seconds", Kind: metric.Histogram, Unit: "seconds", Help: "How long it took.", Buckets: []float64{1e-6, 0.001, 1}},
		{Name: "unused", Kind: metric.Gauge, Help: "Nothing, so it is not written.", Labels: []metric.Label{{Name: "x", Most: 1}}},
	}
}

func TestExposition(t *testing.T) {
	t.Parallel()
	s := set(t, table()...)
	at := time.Date(2026, 11, 23, 12, 0, 0, 250e6, time.UTC)
	s.Family("calls_total").With("read", "ok").Add(2, metric.Exemplar{Call: "call-1", Trace: "0af7651916cd43dd8448eb211c80319c", At: at})
	s.Family("calls_total").With("a \"strange\"\nname\\", "error").Add(1, metric.Exemplar{})
	s.Family("read_bytes_total").With().Add(1<<40, metric.Exemplar{})
	s.Family("running").With().Set(-1.5)
	took := s.Family("took_seconds").With()
	took.Seconds(time.Microsecond, metric.Exemplar{})
	took.Seconds(2*time.Microsecond, metric.Exemplar{Call: "call-2", At: at})
	took.Seconds(time.Hour, metric.Exemplar{Call: strings.Repeat("long", 40), At: at})
	for name, format := range map[string]metric.Format{"text": metric.Text, "openmetrics": metric.OpenMetrics} {
		var got bytes.Buffer
		if err := s.Write(&got, format); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-), written (+):\n%s", path, diff)
		}
	}
}

// samples are the values of a family's series.
func samples(f *metric.Family) map[string]float64 {
	all := map[string]float64{}
	for _, s := range f.Samples() {
		all[strings.Join(s.Labels, ",")] = s.Value
	}
	return all
}

func TestSeriesAreBounded(t *testing.T) {
	t.Parallel()
	d := metric.Desc{Name: "x_total", Kind: metric.Counter, Help: "X.", Labels: []metric.Label{
		{Name: "open", Most: 2}, {Name: "closed", Values: []string{"a", "b"}},
	}}
	f := set(t, d).Family("x_total")
	for _, c := range [][2]string{{"1", "a"}, {"2", "b"}, {"3", "a"}, {"1", "c"}, {"4", "d"}, {"1", "a"}, {metric.Other, "b"}, {"\xff", "a"}} {
		f.With(c[0], c[1]).Add(1, metric.Exemplar{})
	}
	want := map[string]float64{"1,a": 2, "2,b": 1, "other,a": 2, "1,other": 1, "other,other": 1, "other,b": 1}
	if diff := cmp.Diff(want, samples(f)); diff != "" {
		t.Error(diff)
	}
	if d.Bound() != 9 {
		t.Errorf("bound %d, want 9", d.Bound())
	}
	d.Most = 3
	f = set(t, d).Family("x_total")
	for _, open := range []string{"1", "2"} {
		for _, closed := range []string{"a", "b"} {
			f.With(open, closed).Add(1, metric.Exemplar{})
		}
	}
	if diff := cmp.Diff(map[string]float64{"1,a": 1, "1,b": 1, "2,a": 1, "other,other": 1}, samples(f)); diff != "" {
		t.Error(diff)
	}
	if d.Bound() != 4 {
		t.Errorf("bound %d, want 4", d.Bound())
	}
}

// TestNothingIsLost: what comes after the bound is counted with the others, by however many at once.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	f := set(t, metric.Desc{Name: "x_total", Kind: metric.Counter, Help: "X.", Labels: []metric.Label{{Name: "l", Most: 10}}}).Family("x_total")
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 100 {
				f.With(fmt.Sprint(worker*100+i)).Add(1, metric.Exemplar{Call: "c"})
			}
		})
	}
	all.Wait()
	sum := 0.0
	for _, v := range samples(f) {
		sum += v
	}
	if n := len(f.Samples()); sum != 800 || n != 11 {
		t.Errorf("%g in %d series", sum, n)
	}
}

func TestTableIsChecked(t *testing.T) {
	t.Parallel()
	counter := metric.Desc{Name: "x_total", Kind: metric.Counter, Help: "X."}
	for _, c := range []struct {
		name   string
		change func(*metric.Desc)
		want   string
	}{
		{"no name", func(d *metric.Desc) { d.Name = "" }, "its name is not one"},
		{"a name with a colon", func(d *metric.Desc) { d.Name = "a:x_total" }, "its name is not one"},
		{"no kind", func(d *metric.Desc) { d.Kind = metric.Invalid }, "it has no kind"},
		{"a counter without _total", func(d *metric.Desc) { d.Name = "x" }, "_total"},
		{"a gauge with _total", func(d *metric.Desc) { d.Kind = metric.Gauge }, "_total"},
		{"a unit that is not in the name", func(d *metric.Desc) { d.Unit = "seconds" }, "does not stand at the end"},
		{"no help", func(d *metric.Desc) { d.Help = "" }, "no sentence"},
		{"a counter with buckets", func(d *metric.Desc) { d.Buckets = []float64{1} }, "buckets"},
		{"buckets that descend", func(d *metric.Desc) { d.Name, d.Kind, d.Buckets = "x", metric.Histogram, []float64{2, 1} }, "ascend"},
		{"buckets twice", func(d *metric.Desc) { d.Name, d.Kind, d.Buckets = "x", metric.Histogram, []float64{1, 1} }, "ascend"},
		{"le", func(d *metric.Desc) { d.Labels = []metric.Label{{Name: "le", Most: 1}} }, "no name for one"},
		{"a label without a bound", func(d *metric.Desc) { d.Labels = []metric.Label{{Name: "l"}} }, "bound it"},
		{"too many labels", func(d *metric.Desc) { d.Labels = make([]metric.Label, 5) }, "at most 4"},
		{"a negative bound", func(d *metric.Desc) { d.Most = -1 }, "negative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := counter
			c.change(&d)
			if err := metric.Check([]metric.Desc{d}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	if err := metric.Check([]metric.Desc{counter, {Name: "x", Kind: metric.Gauge, Help: "X."}}); err == nil {
		t.Error("a counter and a gauge that OpenMetrics takes for one")
	}
	if err := metric.Check(table()); err != nil {
		t.Error(err)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	d := metric.Desc{Name: "x", Kind: metric.Histogram, Help: "X.", Buckets: []float64{1, 2, 4}}
	for _, c := range []struct {
		name   string
		counts []uint64
		q      float64
		want   float64
	}{
		{"nothing", []uint64{0, 0, 0, 0}, 0.5, math.NaN()},
		{"in the first bucket", []uint64{4, 0, 0, 0}, 0.5, 0.5},
		{"between two bounds", []uint64{0, 4, 0, 0}, 0.5, 1.5},
		{"behind an empty bucket", []uint64{1, 0, 1, 0}, 0.99, 3.96},
		{"above the last bound", []uint64{0, 0, 1, 9}, 0.99, 4},
		{"all of them", []uint64{1, 1, 2, 0}, 1, 4},
	} {
		got := d.Quantile(c.q, &metric.Sample{Counts: c.counts})
		if math.Abs(got-c.want) > 1e-9 || math.IsNaN(got) != math.IsNaN(c.want) {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
	}
	merged := metric.Merge(metric.Sample{Counts: []uint64{1, 2, 0, 0}, Value: 3}, metric.Sample{Counts: []uint64{0, 0, 0, 5}, Value: 4})
	if diff := cmp.Diff(metric.Sample{Counts: []uint64{1, 2, 0, 5}, Value: 7}, merged); diff != "" || merged.Count() != 8 {
		t.Error(diff)
	}
}

func TestNilCountsNothing(t *testing.T) {
	t.Parallel()
	f := set(t).Family("none")
	f.With("x").Add(1, metric.Exemplar{})
	f.With().Set(1)
	f.With().Observe(1, metric.Exemplar{})
	f.Clear()
	if f.Samples() != nil {
		t.Error("there is something")
	}
}

func BenchmarkCount(b *testing.B) {
	f := set(b, table()...).Family("calls_total")
	e := metric.Exemplar{Call: "01a20894-2e34-7148-af9a-ae459820f69f", At: time.Now()}
	b.ReportAllocs()
	for b.Loop() {
		f.With("read", "ok").Add(1, e)
	}
}

func BenchmarkObserve(b *testing.B) {
	s := set(b, table()...).Family("took_seconds").With()
	e := metric.Exemplar{Call: "01a20894-2e34-7148-af9a-ae459820f69f", At: time.Now()}
	b.ReportAllocs()
	for b.Loop() {
		s.Observe(0.01, e)
	}
}
