package monitor

import (
	"bytes"
	"encoding/json"
	"strings"
)

// A Dashboard is one page of panels.
type Dashboard struct {
	UID    string
	Title  string
	Panels []Panel
}

// A Panel shows some queries over time.
type Panel struct {
	Title   string
	Help    string
	Unit    string // as Grafana spells it: reqps, s, bytes, percentunit, short
	Queries []Query
}

// A Query is one expression. {…} stands for the selection of instances, $w for the window of rates.
type Query struct {
	Expr   string // PromQL
	Legend string // with labels as {{name}}
}

// Window is how a query spells the time over which it takes rates: Grafana makes it fit the resolution.
const Window = "$__rate_interval"

// Selection selects the instances that the reader of a dashboard has chosen.
const Selection = `job=~"$job",instance=~"$instance"`

// Grafana's units.
const (
	perSecond = "reqps"
	seconds   = "s"
	share     = "percentunit"
	plain     = "short"
	size      = "bytes"
)

// rate is the rate of a counter, summed by some labels. selector may be empty.
func rate(counter, selector, by string) string {
	if selector != "" {
		selector = "," + selector
	}
	expr := "(rate(" + counter + "{" + Selection + selector + "}[" + Window + "]))"
	if by == "" {
		return "sum" + expr
	}
	return "sum by (" + by + ") " + expr
}

// quantiles are p50, p95 and p99 of a histogram.
func quantiles(histogram, by string) []Query {
	parts := []struct{ value, name string }{{"0.5", "p50"}, {"0.95", "p95"}, {"0.99", "p99"}}
	all := make([]Query, 0, len(parts))
	legend := ""
	if by != "" {
		legend, by = " {{"+by+"}}", ", "+by
	}
	for _, q := range parts {
		all = append(all, Query{
			"histogram_quantile(" + q.value + ", " + rate(histogram+"_bucket", "", "le"+by) + ")", q.name + legend,
		})
	}
	return all
}

// now is a gauge as it stands, by instance.
func now(gauge, legend string) Query { return Query{gauge + "{" + Selection + "}", legend} }

// Dashboards returns all pages.
func Dashboards() []Dashboard {
	return []Dashboard{
		{"mcp-kernel-overview", "mcp-kernel: overview", overviewPanels()},
		{"mcp-kernel-governance", "mcp-kernel: decisions and findings", governancePanels()},
		{"mcp-kernel-internals", "mcp-kernel: journal, state, process", internalPanels()},
	}
}

func overviewPanels() []Panel {
	return []Panel{
		{"Calls", "Calls that ended, by what came of them.", perSecond, []Query{{rate("mcp_kernel_requests_total", "", "status"), "{{status}}"}}},
		{"Calls by tool", "The ten most called.", perSecond, []Query{{"topk(10, " + rate("mcp_kernel_requests_total", "", "name") + ")", "{{name}}"}}},
		{"Denied", "The part of all calls that was denied or withheld.", share, []Query{
			{rate("mcp_kernel_violations_blocked_total", "", "") + " / " + rate("mcp_kernel_requests_total", "", ""), "denied"},
		}},
		{"Running", "Calls that are running.", plain, []Query{now("mcp_kernel_requests_running", "{{instance}}")}},
		{"Handlers", "How long handlers ran.", seconds, quantiles("mcp_kernel_execution_duration_seconds", "")},
		{"What the kernel adds", "How long calls took beside their handlers.", seconds, quantiles("mcp_kernel_kernel_latency_seconds", "")},
		{"Frozen, questions", "1: all calls are frozen; and questions about calls that nobody has answered.", plain, []Query{
			now("mcp_kernel_frozen", "frozen {{instance}}"), now("mcp_kernel_approvals_open", "questions {{instance}}"),
		}},
		{"Clients over HTTP", "Sessions of the 2025 era, and streams on which clients listen.", plain, []Query{
			now("mcp_kernel_http_sessions", "sessions {{instance}}"), now("mcp_kernel_http_streams", "streams {{instance}}"),
		}},
		{"Overload", "Calls that wait for their turn, and calls a second that were turned away.", plain, []Query{
			now("mcp_kernel_http_calls_waiting", "waiting {{instance}}"), {rate("mcp_kernel_http_calls_refused_total", "", "reason"), "refused: {{reason}}"},
		}},
		{"Other servers", "1: connected.", plain, []Query{now("mcp_kernel_upstream_up", "{{server}} {{instance}}")}},
		{"Versions", "What runs.", plain, []Query{{"count by (version, goversion) (mcp_kernel_kernel_info{" + Selection + "})", "{{version}} {{goversion}}"}}},
	}
}

func governancePanels() []Panel {
	return []Panel{
		{"Decisions", "By what was decided.", perSecond, []Query{{rate("mcp_kernel_decisions_total", "", "effect"), "{{effect}}"}}},
		{"Denied by check", "Which check denied.", perSecond, []Query{{rate("mcp_kernel_decisions_total", `effect="deny"`, "check"), "{{check}}"}}},
		{"Denied by tool", "The ten most denied.", perSecond, []Query{{"topk(10, " + rate("mcp_kernel_violations_blocked_total", "", "name") + ")", "{{name}}"}}},
		{"Violations by policy", "Denied, and what policies in mode audit would deny.", perSecond, []Query{
			{rate("mcp_kernel_violations_total", "", "policy, mode"), "{{policy}} {{mode}}"},
		}},
		{"Limits", "Calls that a limit refused.", perSecond, []Query{{rate("mcp_kernel_limits_refused_total", "", "check"), "{{check}}"}}},
		{"Found", "What detectors found.", perSecond, []Query{{rate("mcp_kernel_detections_total", "", "class, where"), "{{class}} in {{where}}"}}},
		{"Drift", "How far answers differed from what was expected, from 0 to 1.", plain, quantiles("mcp_kernel_cmvk_drift_score", "")},
		{"Answers below the threshold", "By tool.", perSecond, []Query{{rate("mcp_kernel_drift_detected_total", "", "name"), "{{name}}"}}},
		{"Failures", "By type.", perSecond, []Query{{rate("mcp_kernel_failures_total", "", "failure"), "{{failure}}"}}},
		{"Answers that fit no schema", "By tool.", perSecond, []Query{{rate("mcp_kernel_schema_invalid_total", "", "name"), "{{name}}"}}},
		{"Tokens", "Counted in arguments and answers, and the bound that was charged.", "short", []Query{
			{rate("mcp_kernel_tokens_total", "", ""), "counted"}, {rate("mcp_kernel_tokens_charged_total", "", ""), "charged"},
		}},
		{"Bytes", "Of arguments and answers.", "Bps", []Query{
			{rate("mcp_kernel_request_bytes_total", "", ""), "arguments"}, {rate("mcp_kernel_response_bytes_total", "", ""), "answers"},
		}},
	}
}

func internalPanels() []Panel {
	return []Panel{
		{"Deciding", "How long the gate took.", seconds, quantiles("mcp_kernel_policy_check_duration_seconds", "")},
		{"Appending", "How long calls waited for the journal.", seconds, quantiles("mcp_kernel_journal_append_duration_seconds", "")},
		{"Writing groups", "How long it took to write a group of entries.", seconds, quantiles("mcp_kernel_journal_commit_duration_seconds", "")},
		{"Entries", "Written by these processes.", perSecond, []Query{{rate("mcp_kernel_journal_entries_total", "", "kind"), "{{kind}}"}}},
		{"Entries without a signed head", "They are signed every second.", plain, []Query{
			{"mcp_kernel_journal_last_entry{" + Selection + "} - mcp_kernel_journal_signed_entry{" + Selection + "}", "{{instance}}"},
		}},
		{"Waiting", "Appends that wait, and places that running calls hold.", plain, []Query{
			now("mcp_kernel_journal_appends_waiting", "waiting {{instance}}"), now("mcp_kernel_journal_slots_taken", "places {{instance}}"),
		}},
		{"State", "Operations of the state backend.", perSecond, []Query{
			{rate("mcp_kernel_state_operations_total", "", "operation, outcome"), "{{operation}} {{outcome}}"},
		}},
		{"State, how long", "By operation.", seconds, quantiles("mcp_kernel_state_operation_duration_seconds", "operation")[2:]},
		{"Events", "What happened to journal, policies and approvals.", perSecond, []Query{{rate("mcp_kernel_journal_events_total", "", "action"), "{{action}}"}}},
		{"Starts of other servers", "By server.", plain, []Query{
			{"sum by (server) (increase(mcp_kernel_upstream_starts_total{" + Selection + "}[" + Window + "]))", "{{server}}"},
		}},
		{"Processor", "Seconds a second.", seconds, []Query{{"rate(process_cpu_seconds_total{" + Selection + "}[" + Window + "])", "{{instance}}"}}},
		{"Memory", "In RAM, and on the heap.", size, []Query{
			now("process_resident_memory_bytes", "RAM {{instance}}"), now("go_memstats_heap_inuse_bytes", "heap {{instance}}"),
		}},
		{"Goroutines, files", "", plain, []Query{now("go_goroutines", "goroutines {{instance}}"), now("process_open_fds", "files {{instance}}")}},
	}
}

// File returns the dashboard as Grafana imports it.
func (d *Dashboard) File() ([]byte, error) {
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	w.SetIndent("", "  ")
	err := w.Encode(d.model())
	return b.Bytes(), err
}

// The size of a panel: two a row of 24 columns.
const (
	panelWidth  = 12
	panelHeight = 8
)

// An object is JSON whose form is Grafana's.
type object = map[string]any

func (d *Dashboard) model() object {
	source := object{"type": "prometheus", "uid": "${source}"}
	panels := make([]object, len(d.Panels))
	for i := range d.Panels {
		panels[i] = d.Panels[i].model(i, source)
	}
	return object{
		"uid": d.UID, "title": d.Title, "tags": []string{"mcp-kernel"}, "schemaVersion": 39, "version": 1, "editable": true,
		"refresh": "30s", "time": object{"from": "now-1h", "to": "now"}, "panels": panels,
		"templating": object{"list": []object{
			{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
			choice("job", "label_values(mcp_kernel_kernel_info, job)", source),
			choice("instance", `label_values(mcp_kernel_kernel_info{job=~"$job"}, instance)`, source),
		}},
	}
}

// choice is what a reader chooses among.
func choice(name, query string, source object) object {
	return object{
		"name": name, "label": name, "type": "query", "datasource": source, "query": query, "refresh": 2,
		"multi": true, "includeAll": true, "allValue": ".*", "current": object{"text": "All", "value": "$__all"},
	}
}

func (p *Panel) model(i int, source object) object {
	targets := make([]object, len(p.Queries))
	for n, q := range p.Queries {
		targets[n] = object{"refId": string(rune('A' + n)), "datasource": source, "expr": q.Expr, "legendFormat": q.Legend, "exemplar": strings.Contains(q.Expr, "_bucket")}
	}
	return object{
		"id": i + 1, "type": "timeseries", "title": p.Title, "description": p.Help, "datasource": source, "targets": targets,
		"gridPos":     object{"x": i % 2 * panelWidth, "y": i / 2 * panelHeight, "w": panelWidth, "h": panelHeight},
		"fieldConfig": object{"defaults": object{"unit": p.Unit, "min": 0}, "overrides": []object{}},
	}
}
