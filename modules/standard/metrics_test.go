package standard_test

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// scraped returns the lines of what a scrape finds, by everything before the value.
func scraped(t *testing.T, k *standard.Kernel) map[string]float64 {
	t.Helper()
	var out bytes.Buffer
	if err := k.Metrics().Write(t.Context(), &out, metric.OpenMetrics); err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		line, _, _ = strings.Cut(line, " # ")
		at := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(strings.TrimSpace(line[at+1:]), 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		found[line[:at]] = value
	}
	return found
}

// journalled counts by hand what the journal holds of calls, as lines of a scrape.
func journalled(t *testing.T, k *standard.Kernel) map[string]float64 {
	t.Helper()
	want := map[string]float64{}
	for e, err := range k.Journal.Entries(t.Context(), 1) {
		switch {
		case err != nil:
			t.Fatal(err)
		case e.Kind == audit.KindDecision:
			check := e.Decision.Check
			if check == "" {
				check = "none"
			}
			want[fmt.Sprintf(`mcp_kernel_decisions_total{effect=%q,check=%q,event=%q}`, e.Decision.Effect, check, e.Decision.Event)]++
		case e.Kind == audit.KindOutcome:
			name := e.Name
			if strings.HasPrefix(name, "invented") {
				name = "other"
			}
			want[fmt.Sprintf(`mcp_kernel_requests_total{kind=%q,name=%q,status=%q}`, e.Target, name, e.Status)]++
		}
	}
	return want
}

func TestMetricsAreTheJournal(t *testing.T) {
	t.Parallel()
	k := open(t, settings(t))
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 200 {
				_, _ = call(t, k, "drift_compare", `{"a":"one","b":"two"}`)
				_, _ = call(t, k, fmt.Sprintf("invented_%d_%d", worker, i), `{}`)
				_, _ = call(t, k, "drift_compare", `{"a":1}`)
			}
		})
	}
	all.Wait()
	want, got := journalled(t, k), scraped(t, k)
	maps.DeleteFunc(got, func(line string, _ float64) bool {
		return !regexp.MustCompile(`^mcp_kernel_(decisions|requests)_total`).MatchString(line)
	})
	if len(want) < 5 {
		t.Fatalf("the journal has too little to show anything: %v", want)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("journal (-), scrape (+):\n%s", diff)
	}
}
