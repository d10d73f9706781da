package promcheck_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// What is read: written by tests of the main module.
const (
	textFile = "../../modules/observability/testdata/exposition.txt"
	openFile = "../../modules/observability/testdata/exposition.openmetrics"
)

// An exposition is what Prometheus makes of one.
type exposition struct {
	names     map[string]string // of series, with the type of their family
	exemplars int
	values    map[string]float64 // by series, in a form of its own
}

// parse parses as a scrape does.
func parse(t *testing.T, path, contentType string) exposition {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := textparse.New(text, contentType, labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found := exposition{names: map[string]string{}, values: map[string]float64{}}
	kind := ""
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		switch entry {
		case textparse.EntryType:
			_, of := p.Type()
			kind = string(of)
		case textparse.EntrySeries:
			var series labels.Labels
			p.Labels(&series)
			_, _, value := p.Series()
			key := series.String()
			if _, twice := found.values[key]; twice {
				t.Errorf("%s: %s is there twice", path, key)
			}
			found.values[key] = value
			found.names[series.Get(model.MetricNameLabel)] = kind
			var e exemplar.Exemplar
			if p.Exemplar(&e) {
				found.exemplars++
				if e.Labels.Get("call_id") == "" || e.Labels.Get("trace_id") == "" || !e.HasTs {
					t.Errorf("%s: exemplar %v", path, e)
				}
			}
		default:
		}
	}
}

func TestExpositionsSayTheSame(t *testing.T) {
	t.Parallel()
	text := parse(t, textFile, "text/plain; version=0.0.4; charset=utf-8")
	open := parse(t, openFile, "application/openmetrics-text; version=1.0.0; charset=utf-8")
	if len(text.values) < 200 || len(text.values) != len(open.values) {
		t.Errorf("%d series in one format and %d in the other", len(text.values), len(open.values))
	}
	for series, value := range text.values {
		if got, there := open.values[series]; !there || got != value {
			t.Errorf("%s: %g in one format and %g in the other", series, value, got)
		}
	}
	if text.exemplars != 0 || open.exemplars < 10 {
		t.Errorf("%d exemplars where there can be none, %d where there should be some", text.exemplars, open.exemplars)
	}
	for name, kind := range text.names {
		if other := open.names[name]; other != kind {
			t.Errorf("%s is a %s in one format and a %s in the other", name, kind, other)
		}
	}
}

// TestNamesAreGood asks the linter behind `promtool check metrics`.
func TestNamesAreGood(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(textFile)
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.New(strings.NewReader(string(text))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
