package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/observability"
)

// metricsAddress is where a server says that its metrics are.
func metricsAddress(t *testing.T, c *child) string {
	t.Helper()
	line := regexp.MustCompile(`"address":"([^"]+)"[^\n]*"message":"serving metrics"`)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if m := line.FindStringSubmatch(c.log.String()); m != nil {
			return "http://" + m[1] + "/metrics"
		}
	}
	t.Fatalf("the server does not say where its metrics are\n%s", c.log)
	return ""
}

// A scraped line is a series as a scrape finds it.
type scrapedLine struct {
	series, exemplar string
	value            float64
}

// scrapeMetrics scrapes as Prometheus does.
func scrapeMetrics(t *testing.T, url string) (lines []scrapedLine) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.1")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "application/openmetrics-text") {
		t.Fatalf("%s, %s", response.Status, response.Header.Get("Content-Type"))
	}
	ended := false
	for in := bufio.NewScanner(response.Body); in.Scan(); {
		text := in.Text()
		if ended = text == "# EOF"; strings.HasPrefix(text, "#") {
			continue
		}
		text, exemplar, _ := strings.Cut(text, " # ")
		at := strings.LastIndexByte(text, ' ')
		value, err := strconv.ParseFloat(text[at+1:], 64)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines = append(lines, scrapedLine{text[:at], exemplar, value})
	}
	if !ended {
		t.Error("the exposition does not end")
	}
	return lines
}

// TestScrapeIsTheJournal calls a server that runs, from several clients at once, scrapes it and counts by hand what the
// journal holds.
func TestScrapeIsTheJournal(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	c := launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--config", config)
	url := address(t, c)
	var clients sync.WaitGroup
	for worker := range 4 {
		clients.Go(func() {
			s := begin(t, url)
			for i := range 25 {
				s.post(lists)
				s.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drift_compare","arguments":{"a":"x","b":"y"}}}`)
				s.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drift_compare","arguments":{"a":7}}}`)
				s.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nothing_%d_%d","arguments":{}}}`, worker, i))
			}
		})
	}
	clients.Wait()
	got, exemplars, values := map[string]float64{}, 0, map[string]float64{}
	for _, line := range scrapeMetrics(t, metricsAddress(t, c)) {
		values[line.series] = line.value
		if strings.HasPrefix(line.series, "mcp_kernel_decisions_total") || strings.HasPrefix(line.series, "mcp_kernel_requests_total") {
			got[line.series] = line.value
		}
		if line.exemplar != "" {
			exemplars++
			call := regexp.MustCompile(`call_id="([^"]+)"`).FindStringSubmatch(line.exemplar)
			if call == nil || !strings.Contains(ok(t, "audit", "query", "--call", call[1], "--config", config, "-o", "json"), call[1]) {
				t.Errorf("%s: no such call is recorded: %s", line.series, line.exemplar)
			}
		}
	}
	if diff := cmp.Diff(recorded(t, filepath.Join(dir, "data")), got); diff != "" {
		t.Errorf("journal (-), scrape (+):\n%s", diff)
	}
	if exemplars < 4 {
		t.Errorf("%d exemplars", exemplars)
	}
	if values["mcp_kernel_http_sessions"] != 4 || values["mcp_kernel_frozen"] != 0 || values["process_start_time_seconds"] <= 0 ||
		values["mcp_kernel_journal_commit_duration_seconds_count"] <= 0 || values[`mcp_kernel_policy_check_duration_seconds_count{effect="allow"}`] <= 0 {
		t.Errorf("gauges and timings: %v", values)
	}
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.end()
}

// recorded counts what a journal says of calls.
func recorded(t *testing.T, dir string) map[string]float64 {
	t.Helper()
	r, err := audit.OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{}
	for e, err := range r.Entries(t.Context(), 1) {
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
			if e.Name != "drift_compare" && e.Name != "kernel_execute" && e.Name != "file_list" {
				name = "other"
			}
			want[fmt.Sprintf(`mcp_kernel_requests_total{kind=%q,name=%q,status=%q}`, e.Target, name, e.Status)]++
		}
	}
	if len(want) < 6 {
		t.Fatalf("the journal has too little to show anything: %v", want)
	}
	return want
}

// TestMetricsCountsTheJournal compares the verb with what operators are told by a tool, and reads what it prints.
func TestMetricsCountsTheJournal(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	for range 3 {
		ok(t, "tools", "call", "drift_compare", `{"a":"x","b":"y"}`, "--config", config)
		cli(t, "tools", "call", "invented", `{}`, "--config", config)
	}
	s := decoded[observability.Snapshot](t, ok(t, "metrics", "--config", config, "-o", "json"))
	if s.Calls != 6 || s.Denied != 3 || s.Failed != 0 || len(s.Tools) != 2 || s.Tools[0].Name != "drift_compare" || s.Tools[0].Ran.Count != 3 || s.Tools[1].Name != "other" {
		t.Errorf("%+v", s)
	}
	if text := ok(t, "metrics", "--config", config); !strings.Contains(text, "drift_compare") || !strings.Contains(text, "6 calls since") {
		t.Error(text)
	}
	if text := ok(t, "metrics", "--until", "24h", "--config", config); !strings.Contains(text, "nothing was recorded") {
		t.Error(text)
	}
	if text := ok(t, "tools", "call", "metrics_snapshot", `{}`, "--config", config); !strings.Contains(text, `"decisions"`) {
		t.Error(text)
	}
	if got := cli(t, "tools", "call", "metrics_snapshot", `{}`, "--agent", "--config", config); got.code != exitFault {
		t.Errorf("an agent was told: %+v", got)
	}
}

// TestMetricsListen: who would show metrics to others by accident is told so.
func TestMetricsListen(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	got := cli(t, "serve", "--http", "127.0.0.1:0", "--metrics", "0.0.0.0:0", "--config", config)
	if got.code != exitFault || !strings.Contains(got.err, "observability.metrics_public") {
		t.Errorf("%+v", got)
	}
	write(t, config, read(t, config)+"modules: {disabled: [observability]}\n")
	got = cli(t, "serve", "--http", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--config", config)
	if got.code != exitFault || !strings.Contains(got.err, "modules.disabled") {
		t.Errorf("%+v", got)
	}
}
