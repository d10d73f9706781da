package promcheck_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
)

// of are the labels that Prometheus adds to every series of a kernel.
const of = `job="mcp-kernel",instance="a:9464"`

// A situation is what Prometheus has scraped, a value a minute, and which alert is then to be heard.
type situation struct {
	alert, name string
	fires       bool
	minutes     int
	series      []string // in the notation of Prometheus' tests, with $ for the labels that it adds
}

// bucketed is a histogram: of n values a minute, the shares that lie at most at each bound.
func bucketed(name, selector string, n int, shares map[string]float64) []string {
	all := []string{fmt.Sprintf(`%s_bucket{%s,le="+Inf"$} 0+%dx60`, name, selector, n)}
	for bound, share := range shares {
		all = append(all, fmt.Sprintf(`%s_bucket{%s,le="%s"$} 0+%gx60`, name, selector, bound, share*float64(n)))
	}
	return all
}

// situations has for every alert at least one that it is for, and one that it is not.
func situations() []situation {
	const (
		deciding  = "mcp_kernel_policy_check_duration_seconds"
		running   = "mcp_kernel_execution_duration_seconds"
		appending = "mcp_kernel_journal_append_duration_seconds"
		drift     = "mcp_kernel_cmvk_drift_score"
	)
	calls := func(denied, ok int) []string {
		return []string{
			fmt.Sprintf(`mcp_kernel_violations_blocked_total{name="x"$} 0+%dx60`, denied),
			fmt.Sprintf(`mcp_kernel_requests_total{kind="tool",name="x",status="denied"$} 0+%dx60`, denied),
			fmt.Sprintf(`mcp_kernel_requests_total{kind="tool",name="x",status="ok"$} 0+%dx60`, ok),
		}
	}
	ends := func(failed, ok int) []string {
		return []string{
			fmt.Sprintf(`mcp_kernel_requests_total{kind="tool",name="x",status="timeout"$} 0+%dx60`, failed),
			fmt.Sprintf(`mcp_kernel_requests_total{kind="tool",name="x",status="ok"$} 0+%dx60`, ok),
		}
	}
	one := func(series string) []string { return []string{series} }
	return []situation{
		{"MCPKernelHighViolationRate", "a fifth of the calls", true, 30, calls(20, 80)},
		{"MCPKernelHighViolationRate", "one in a hundred thousand", false, 30, calls(1, 100_000)},
		{"MCPKernelHighViolationRate", "for five minutes", false, 6, calls(20, 80)},
		{"MCPKernelHighViolationRate", "nobody calls", false, 30, calls(0, 0)},
		{"MCPKernelInjectionFound", "the first that was ever found", true, 6, one(`mcp_kernel_detections_total{class="injection/prompt_injection",where="answer"$} _x4 1x60`)},
		{"MCPKernelInjectionFound", "one more", true, 45, one(`mcp_kernel_detections_total{class="injection/prompt_injection",where="answer"$} 7x40 8x20`)},
		{"MCPKernelInjectionFound", "long ago", false, 30, one(`mcp_kernel_detections_total{class="injection/prompt_injection",where="answer"$} _x4 1x60`)},
		{"MCPKernelInjectionFound", "an address", false, 6, one(`mcp_kernel_detections_total{class="pii/email",where="answer"$} _x4 1x60`)},
		{"MCPKernelLimitReached", "again and again", true, 30, one(`mcp_kernel_limits_refused_total{check="max_tool_calls_per_request"$} 0+3x60`)},
		{"MCPKernelLimitReached", "once", false, 30, one(`mcp_kernel_limits_refused_total{check="max_tool_calls_per_request"$} 0x15 1x45`)},
		{"MCPKernelToolFails", "half of the calls", true, 30, ends(10, 10)},
		{"MCPKernelToolFails", "one of ten", false, 30, ends(1, 9)},
		{"MCPKernelToolSlow", "a minute for one of ten", true, 30, bucketed(running, `name="x"`, 100, map[string]float64{"30": 0.9, "60": 1})},
		{"MCPKernelToolSlow", "ten seconds", false, 30, bucketed(running, `name="x"`, 100, map[string]float64{"10": 1, "30": 1, "60": 1})},
		{"MCPKernelDrift", "a tenth", true, 40, bucketed(drift, `x=""`, 100, map[string]float64{"0.05": 0.9, "0.3": 0.9, "0.4": 1})},
		{"MCPKernelDrift", "the usual", false, 40, bucketed(drift, `x=""`, 100, map[string]float64{"0.05": 0.99, "0.3": 1, "0.4": 1})},
		{"MCPKernelApprovalsWait", "for an hour", true, 60, one(`mcp_kernel_approvals_open{x=""$} 2x60`)},
		{"MCPKernelApprovalsWait", "answered every quarter of an hour", false, 60, one(`mcp_kernel_approvals_open{x=""$} 1x14 0 1x14 0 1x14 0 1x14`)},
		{"MCPKernelDown", "it is", true, 5, one(`up{x=""$} 1 0x60`)},
		{"MCPKernelDown", "one scrape that failed", false, 5, one(`up{x=""$} 1 1 0 1x60`)},
		{"MCPKernelDown", "another program", false, 5, one(`up{job="node",instance="a:9100"} 0x60`)},
		{"MCPKernelFrozen", "it is", true, 1, one(`mcp_kernel_frozen{x=""$} 1x60`)},
		{"MCPKernelFrozen", "it was", false, 3, one(`mcp_kernel_frozen{x=""$} 1 1 0x60`)},
		{"MCPKernelCrashed", "found by the process that came after", true, 4, one(`mcp_kernel_kernel_crashes_total{x=""$} _ _ 1x60`)},
		{"MCPKernelCrashed", "beside it", true, 30, one(`mcp_kernel_kernel_crashes_total{x=""$} 0x25 1x60`)},
		{"MCPKernelCrashed", "long ago", false, 50, one(`mcp_kernel_kernel_crashes_total{x=""$} 0x25 1x60`)},
		{"MCPKernelSlowDecisions", "25 ms", true, 30, bucketed(deciding, `effect="allow"`, 1000, map[string]float64{"0.01": 0.9, "0.025": 1})},
		{"MCPKernelSlowDecisions", "10 µs", false, 30, bucketed(deciding, `effect="allow"`, 1000, map[string]float64{"1e-05": 1, "0.01": 1, "0.025": 1})},
		{"MCPKernelJournalSlow", "half a second", true, 30, bucketed(appending, `x=""`, 1000, map[string]float64{"0.1": 0.9, "0.5": 1})},
		{"MCPKernelJournalSlow", "20 µs", false, 30, bucketed(appending, `x=""`, 1000, map[string]float64{"2.5e-05": 1, "0.1": 1, "0.5": 1})},
		{"MCPKernelJournalUnsigned", "heads are signed no more", true, 30, []string{`mcp_kernel_journal_last_entry{x=""$} 0+6000x60`, `mcp_kernel_journal_signed_entry{x=""$} 0x60`}},
		{"MCPKernelJournalUnsigned", "a second behind", false, 30, []string{`mcp_kernel_journal_last_entry{x=""$} 5000+6000x60`, `mcp_kernel_journal_signed_entry{x=""$} 0+6000x60`}},
		{"MCPKernelStateFails", "it does", true, 10, one(`mcp_kernel_state_operations_total{operation="take",outcome="error"$} 0+1x60`)},
		{"MCPKernelStateFails", "conflicts are no faults", false, 10, one(`mcp_kernel_state_operations_total{operation="compare_and_swap",outcome="conflict"$} 0+9x60`)},
		{"MCPKernelOverloaded", "calls are turned away", true, 10, one(`mcp_kernel_http_calls_refused_total{reason="full"$} 0+5x60`)},
		{"MCPKernelOverloaded", "one client has too many", false, 10, one(`mcp_kernel_http_calls_refused_total{reason="greedy"$} 0+5x60`)},
		{"MCPKernelStateUnreachable", "it is", true, 5, one(`mcp_kernel_state_breaker_open{x=""$} 1x60`)},
		{"MCPKernelStateUnreachable", "for a moment", false, 5, one(`mcp_kernel_state_breaker_open{x=""$} 0 0 1 0x60`)},
		{"MCPKernelUpstreamDown", "it is", true, 10, one(`mcp_kernel_upstream_breaker_open{server="github"$} 1x60`)},
		{"MCPKernelUpstreamDown", "for a moment", false, 10, one(`mcp_kernel_upstream_breaker_open{server="github"$} 0 1 1 0x60`)},
		{"MCPKernelFilesRunOut", "nine of ten", true, 10, []string{`process_open_fds{x=""$} 922x60`, `process_max_fds{x=""$} 1024x60`}},
		{"MCPKernelFilesRunOut", "few", false, 10, []string{`process_open_fds{x=""$} 20x60`, `process_max_fds{x=""$} 1024x60`}},
		{"MCPKernelMetricsIncomplete", "entries are missed", true, 25, one(`mcp_kernel_journal_entries_missed_total{x=""$} 0+1x60`)},
		{"MCPKernelMetricsIncomplete", "sources fail", true, 25, one(`mcp_kernel_collection_errors_total{x=""$} 0+1x60`)},
		{"MCPKernelMetricsIncomplete", "nothing is missed", false, 25, one(`mcp_kernel_journal_entries_missed_total{x=""$} 7x60`)},
	}
}

// TestAlerts plays every situation to Prometheus' own evaluation, as `promtool test rules` does.
func TestAlerts(t *testing.T) {
	t.Parallel()
	tested := map[string]map[bool]bool{}
	for _, s := range situations() {
		if tested[s.alert] == nil {
			tested[s.alert] = map[bool]bool{}
		}
		tested[s.alert][s.fires] = true
		t.Run(s.alert+"/"+s.name, func(t *testing.T) {
			t.Parallel()
			if heard := s.play(t); heard[s.alert] != s.fires {
				t.Errorf("%s: %v", s.alert, heard)
			}
		})
	}
	for _, g := range ruleGroups(t).Groups {
		for _, r := range g.Rules {
			if r.Alert != "" && (!tested[r.Alert][true] || !tested[r.Alert][false]) {
				t.Errorf("%s: there is no situation in which it is heard, or none in which it is not", r.Alert)
			}
		}
	}
}

// play evaluates all rules minute by minute and returns which alerts are heard at the end.
func (s *situation) play(t *testing.T) map[string]bool {
	t.Helper()
	load := "load 1m\n"
	for _, series := range s.series {
		load += "  " + strings.ReplaceAll(series, "$}", ","+of+"}") + "\n"
	}
	p := parser.NewParser(parser.Options{})
	suite, err := promqltest.NewLazyLoader(load, promqltest.LazyLoaderOpts{EnableAtModifier: true, EnableNegativeOffset: true, Parser: p})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := suite.Close(); err != nil {
			t.Error(err)
		}
	}()
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc: rules.EngineQueryFunc(suite.QueryEngine(), suite.Storage()), AppendableV2: suite.Storage(), Context: t.Context(),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {}, Logger: slog.New(slog.DiscardHandler), Parser: p,
	})
	groups, errs := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, rulesFile)
	for _, err := range errs {
		t.Fatal(err)
	}
	heard := map[string]bool{}
	for minute := range s.minutes + 1 {
		at := time.Unix(0, 0).UTC().Add(time.Duration(minute) * time.Minute)
		suite.WithSamplesTill(at, func(err error) {
			if err != nil {
				t.Fatal(err)
			}
			clear(heard)
			for _, name := range []string{"mcp-kernel-recorded", "mcp-kernel-alerts"} {
				g := groups[rules.GroupKey(rulesFile, name)]
				g.Eval(suite.Context(), at)
				for _, rule := range g.Rules() {
					if rule.LastError() != nil {
						t.Fatalf("%s: %v", rule.Name(), rule.LastError())
					}
					firing(t, rule, heard)
				}
			}
		})
	}
	return heard
}

// firing notes an alert that is heard, and reads what it says.
func firing(t *testing.T, rule rules.Rule, heard map[string]bool) {
	t.Helper()
	alert, ok := rule.(*rules.AlertingRule)
	if !ok {
		return
	}
	alert.SetRestored(true)
	for _, a := range alert.ActiveAlerts() {
		if a.State != rules.StateFiring {
			continue
		}
		heard[alert.Name()] = true
		a.Annotations.Range(func(l labels.Label) {
			if l.Value == "" || strings.Contains(l.Value, "error expanding") || strings.Contains(l.Value, "<no value>") {
				t.Errorf("%s: %s: %s", alert.Name(), l.Name, l.Value)
			}
		})
	}
}
