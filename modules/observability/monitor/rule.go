package monitor

import (
	"fmt"
	"strings"
	"time"
)

// A Rule is an alert, or a series that is recorded for others.
type Rule struct {
	Name string // of the alert, or of the recorded series
	Expr string // PromQL
	// Of an alert:
	For      time.Duration // how long it must hold before anybody is told
	Severity string        // critical: somebody has to look now; warning: today
	Summary  string        // what is the case, with labels as {{ $labels.name }}
	Action   string        // what to do about it
}

// Recorded reports whether the rule records a series.
func (r *Rule) Recorded() bool { return r.Severity == "" }

// The severities.
const (
	critical = "critical"
	warning  = "warning"
)

// Rules returns all rules, those that record before those that ask for what they record.
func Rules() []Rule {
	return append(recorded(), append(callAlerts(), kernelAlerts()...)...)
}

// recorded are ratios of what is counted: of calls, from 0 to 1. A kernel that nobody calls has none.
func recorded() []Rule {
	return []Rule{
		{
			Name: "mcp_kernel:violations:ratio_rate5m",
			Expr: `sum by (job, instance) (rate(mcp_kernel_violations_blocked_total[5m])) / (sum by (job, instance) (rate(mcp_kernel_requests_total[5m])) > 0)`,
		},
		{
			Name: "mcp_kernel:tool_failures:ratio_rate5m",
			Expr: `sum by (job, instance, name) (rate(mcp_kernel_requests_total{status=~"tool_error|timeout|panic"}[5m])) / (sum by (job, instance, name) (rate(mcp_kernel_requests_total{status!~"denied|bad_arguments"}[5m])) > 0)`,
		},
		{
			Name: "mcp_kernel:policy_check_seconds:p99_5m",
			Expr: `histogram_quantile(0.99, sum by (job, instance, le) (rate(mcp_kernel_policy_check_duration_seconds_bucket[5m])))`,
		},
	}
}

// news holds where a counter has grown within ten minutes, or was not there before: increase takes what a counter begins with
// for old.
func news(counter, by string) string {
	return fmt.Sprintf("sum by (%[2]s) (increase(%[1]s[10m])) > 0 or sum by (%[2]s) (%[1]s) > 0 unless sum by (%[2]s) (%[1]s offset 10m)", counter, by)
}

// callAlerts are about what agents do.
func callAlerts() []Rule {
	return []Rule{
		{
			Name: "MCPKernelHighViolationRate", For: 10 * time.Minute, Severity: warning,
			Expr:    `mcp_kernel:violations:ratio_rate5m > 0.1`,
			Summary: "{{ $value | humanizePercentage }} of the calls at {{ $labels.instance }} are denied.",
			Action:  "Find out who and what: mcp-kernel audit query --effect deny --since 1h. Either an agent tries what it may not, or a policy forbids what it should do.",
		},
		{
			Name: "MCPKernelInjectionFound", Severity: critical,
			Expr:    news(`mcp_kernel_detections_total{class=~".*/(prompt_injection|exfiltration|tool_poisoning)"}`, "job, instance, class"),
			Summary: "{{ $labels.class }} was found in calls at {{ $labels.instance }}.",
			Action:  "Look at the calls and where their texts came from: the exemplars of the metric name calls, and mcp-kernel audit query --call shows them.",
		},
		{
			Name: "MCPKernelLimitReached", For: 10 * time.Minute, Severity: warning,
			Expr:    `sum by (job, instance, check) (rate(mcp_kernel_limits_refused_total[5m])) > 0`,
			Summary: "Calls at {{ $labels.instance }} are refused because {{ $labels.check }} is reached.",
			Action:  "See whether an agent runs in circles (mcp-kernel metrics --since 1h), or the limit is too low for its work.",
		},
		{
			Name: "MCPKernelToolFails", For: 10 * time.Minute, Severity: warning,
			Expr:    `mcp_kernel:tool_failures:ratio_rate5m > 0.25`,
			Summary: "{{ $value | humanizePercentage }} of the calls of {{ $labels.name }} at {{ $labels.instance }} fail.",
			Action:  "mcp-kernel audit query --name {{ $labels.name }} --status tool_error --status timeout --status panic says why; for another server's tools tool_health too.",
		},
		{
			Name: "MCPKernelToolSlow", For: 10 * time.Minute, Severity: warning,
			Expr:    `histogram_quantile(0.99, sum by (job, instance, name, le) (rate(mcp_kernel_execution_duration_seconds_bucket[5m]))) > 30`,
			Summary: "1 of 100 calls of {{ $labels.name }} at {{ $labels.instance }} takes more than {{ $value | humanizeDuration }}.",
			Action:  "Look at what the tool waits for. The exemplars of the metric name slow calls.",
		},
		{
			Name: "MCPKernelDrift", For: 10 * time.Minute, Severity: warning,
			Expr:    `histogram_quantile(0.95, sum by (job, instance, le) (rate(mcp_kernel_cmvk_drift_score_bucket[15m]))) > 0.25`,
			Summary: "Answers at {{ $labels.instance }} differ from what was usual: drift {{ $value | humanize }} for 1 of 20.",
			Action:  "mcp-kernel audit query --event DRIFT_DETECTED names the tools; compare their answers.",
		},
		{
			Name: "MCPKernelApprovalsWait", For: 30 * time.Minute, Severity: warning,
			Expr:    `mcp_kernel_approvals_open > 0`,
			Summary: "{{ $value }} questions about calls at {{ $labels.instance }} have no answer.",
			Action:  "mcp-kernel approvals list shows them.",
		},
	}
}

// kernelAlerts are about the kernel itself.
func kernelAlerts() []Rule {
	return []Rule{
		{
			Name: "MCPKernelDown", For: 2 * time.Minute, Severity: critical,
			Expr:    `up{job=~"mcp-kernel.*"} == 0`,
			Summary: "{{ $labels.instance }} cannot be scraped.",
			Action:  "See whether the process runs (its log, /healthz), and whether observability.metrics_listen is reached from here.",
		},
		{
			Name: "MCPKernelFrozen", Severity: critical,
			Expr:    `mcp_kernel_frozen == 1`,
			Summary: "All calls at {{ $labels.instance }} are frozen.",
			Action:  "Somebody ran mcp-kernel freeze: the journal says who and why. mcp-kernel resume ends it.",
		},
		{
			Name: "MCPKernelCrashed", Severity: critical,
			Expr:    news(`mcp_kernel_kernel_crashes_total`, "job, instance"),
			Summary: "{{ $labels.instance }} found a process on its data directory that had died while its calls ran.",
			Action:  "Find out why it died (out of memory, killed). Its calls have no outcome: mcp-kernel audit query --kind control names them.",
		},
		{
			Name: "MCPKernelSlowDecisions", For: 10 * time.Minute, Severity: warning,
			Expr:    `mcp_kernel:policy_check_seconds:p99_5m > 0.01`,
			Summary: "1 of 100 decisions at {{ $labels.instance }} takes more than {{ $value | humanizeDuration }}.",
			Action:  "Large arguments, many patterns and detectors, or too little processor time. docs/performance.md says what is usual.",
		},
		{
			Name: "MCPKernelJournalSlow", For: 10 * time.Minute, Severity: warning,
			Expr:    `histogram_quantile(0.99, sum by (job, instance, le) (rate(mcp_kernel_journal_append_duration_seconds_bucket[5m]))) > 0.1`,
			Summary: "1 of 100 entries at {{ $labels.instance }} waits {{ $value | humanizeDuration }} to be written, and so do calls.",
			Action:  "Look at the disk of the data directory; with audit.durability: disk every group waits for it.",
		},
		{
			Name: "MCPKernelJournalUnsigned", For: 5 * time.Minute, Severity: critical,
			Expr:    `mcp_kernel_journal_last_entry - mcp_kernel_journal_signed_entry > 20000`,
			Summary: "{{ $value }} entries at {{ $labels.instance }} are not covered by a signed head.",
			Action:  "The log says why heads are not signed: signing.key, or the disk.",
		},
		{
			Name: "MCPKernelStateFails", For: 2 * time.Minute, Severity: critical,
			Expr:    `sum by (job, instance, operation) (rate(mcp_kernel_state_operations_total{outcome="error"}[5m])) > 0`,
			Summary: "The state backend of {{ $labels.instance }} fails at {{ $labels.operation }}: calls that need it are denied.",
			Action:  "See whether what state.url names is reached and has room.",
		},
		{
			Name: "MCPKernelOverloaded", For: 5 * time.Minute, Severity: warning,
			Expr:    `sum by (job, instance) (rate(mcp_kernel_http_calls_refused_total{reason!="greedy"}[5m])) > 0`,
			Summary: "{{ $labels.instance }} turns calls away because too many wait.",
			Action:  "Add replicas, or raise server.http.max_running where calls wait for others and not for the processor.",
		},
		{
			Name: "MCPKernelStateUnreachable", For: 2 * time.Minute, Severity: critical,
			Expr:    `mcp_kernel_state_breaker_open == 1`,
			Summary: "The state backend of {{ $labels.instance }} does not answer: calls that need it are denied.",
			Action:  "See whether what state.url names runs and is reached; docs/operations.md says what works meanwhile.",
		},
		{
			Name: "MCPKernelUpstreamDown", For: 5 * time.Minute, Severity: warning,
			Expr:    `mcp_kernel_upstream_breaker_open == 1`,
			Summary: "The server {{ $labels.server }} of {{ $labels.instance }} keeps failing and is left alone.",
			Action:  "mcp-kernel upstream test {{ $labels.server }} says why.",
		},
		{
			Name: "MCPKernelFilesRunOut", For: 5 * time.Minute, Severity: warning,
			Expr:    `process_open_fds{job=~"mcp-kernel.*"} / process_max_fds{job=~"mcp-kernel.*"} > 0.8`,
			Summary: "{{ $labels.instance }} has {{ $value | humanizePercentage }} of the files open that it may have.",
			Action:  "Raise the limit (LimitNOFILE), or find out which clients keep connections.",
		},
		{
			Name: "MCPKernelMetricsIncomplete", For: 10 * time.Minute, Severity: warning,
			Expr:    `increase(mcp_kernel_journal_entries_missed_total[10m]) > 0 or increase(mcp_kernel_collection_errors_total[10m]) > 0`,
			Summary: "Metrics of {{ $labels.instance }} leave something out.",
			Action:  "Entries that retention removes before they are counted: raise audit.retain_segments. Otherwise the state backend does not answer.",
		},
	}
}

// RulesFile returns the rules as a file for Prometheus.
func RulesFile() []byte {
	var b strings.Builder
	b.WriteString("# Written by modules/observability/monitor from its table of rules: change it there, and run `make generate`.\ngroups:\n")
	heading := ""
	for _, r := range Rules() {
		group := "mcp-kernel-alerts"
		if r.Recorded() {
			group = "mcp-kernel-recorded"
		}
		if group != heading {
			heading = group
			fmt.Fprintf(&b, "  - name: %s\n    rules:\n", group)
		}
		r.write(&b)
	}
	return []byte(b.String())
}

func (r *Rule) write(b *strings.Builder) {
	if r.Recorded() {
		fmt.Fprintf(b, "      - record: %s\n        expr: %s\n", r.Name, quoted(r.Expr))
		return
	}
	fmt.Fprintf(b, "      - alert: %s\n        expr: %s\n", r.Name, quoted(r.Expr))
	if r.For > 0 {
		fmt.Fprintf(b, "        for: %dm\n", int(r.For.Minutes()))
	}
	fmt.Fprintf(b, "        labels:\n          severity: %s\n        annotations:\n          summary: %s\n          action: %s\n",
		r.Severity, quoted(r.Summary), quoted(r.Action))
}

// quoted is a text as YAML holds it in single quotes, where nothing but they themselves mean anything.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
