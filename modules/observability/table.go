package observability

import "github.com/mcp-kernel/mcp-kernel/modules/observability/metric"

// Namespace is what the names of the kernel's own metrics begin with.
const Namespace = "mcp_kernel_"

// The names of the metrics, without Namespace where they are the kernel's own.
const (
	requests     = "requests_total"
	decisions    = "decisions_total"
	violations   = "violations_total"
	blocked      = "violations_blocked_total"
	limited      = "limits_refused_total"
	detections   = "detections_total"
	failures     = "failures_total"
	misshapen    = "schema_invalid_total"
	drifts       = "drift_detected_total"
	driftScore   = "cmvk_drift_score"
	checking     = "policy_check_duration_seconds"
	executing    = "execution_duration_seconds"
	overhead     = "kernel_latency_seconds"
	requestSize  = "request_bytes_total"
	responseSize = "response_bytes_total"
	charged      = "tokens_charged_total"
	counted      = "tokens_total"
	running      = "requests_running"
	frozen       = "frozen"
	approvals    = "approvals_open"
	entries      = "journal_entries_total"
	controls     = "journal_events_total"
	crashes      = "kernel_crashes_total"
	lastEntry    = "journal_last_entry"
	signedEntry  = "journal_signed_entry"
	waiting      = "journal_appends_waiting"
	slots        = "journal_slots_taken"
	appending    = "journal_append_duration_seconds"
	committing   = "journal_commit_duration_seconds"
	missed       = "journal_entries_missed_total"
	operations   = "state_operations_total"
	operating    = "state_operation_duration_seconds"
	sessions     = "http_sessions"
	streams      = "http_streams"
	queued       = "http_calls_waiting"
	turnedAway   = "http_calls_refused_total"
	stateOpen    = "state_breaker_open"
	upstreamUp   = "upstream_up"
	upstreamRuns = "upstream_starts_total"
	upstreamOpen = "upstream_breaker_open"
	upstreamBusy = "upstream_requests_running"
	scrapeFaults = "collection_errors_total"
	info         = "kernel_info"
	uptime       = "kernel_uptime_seconds"
)

// Bounds of labels whose values are the operator's or the catalog's.
const (
	mostNames    = 200
	mostChecks   = 64
	mostPolicies = 32
	mostClasses  = 64
	mostServers  = 64
)

// Table returns the description of every metric there is, the kernel's own first. The slice is the caller's.
func Table() []metric.Desc {
	own := append(callMetrics(), kernelMetrics()...)
	for i := range own {
		own[i].Name = Namespace + own[i].Name
	}
	return append(own, processMetrics()...)
}

// The labels that several metrics have.
func kindLabel() metric.Label {
	return metric.Label{
		Name: "kind", Help: "what was invoked",
		Values: []string{"tool", "resource", "prompt", "completion", "subscription", "task"},
	}
}

func nameLabel() metric.Label {
	return metric.Label{
		Name: "name", Most: mostNames,
		Help: "of the tool or prompt, the scheme of a resource's URI; other for what the catalog does not have",
	}
}

func checkLabel() metric.Label {
	return metric.Label{Name: "check", Help: "the check that decided, none where every stage passed", Most: mostChecks}
}

func policyLabel() metric.Label {
	return metric.Label{Name: "policy", Help: "that gave the rule, none where no policy did", Most: mostPolicies}
}

// callMetrics are counted from what the journal records about calls.
func callMetrics() []metric.Desc {
	status := metric.Label{Name: "status", Help: "how it ended", Values: []string{
		"ok", "tool_error", "denied", "bad_arguments", "timeout", "cancelled", "panic", "withheld", "input_required",
	}}
	effect := metric.Label{Name: "effect", Help: "what was decided", Values: []string{"allow", "deny", "ask"}}
	event := metric.Label{Name: "event", Help: "what was announced", Values: []string{
		"NONE", "TOOL_CALL_BLOCKED", "POLICY_VIOLATION", "POLICY_CHECK",
	}}
	mode := metric.Label{Name: "mode", Help: "audit where a policy only records what it would deny", Values: []string{"enforce", "audit"}}
	class := metric.Label{Name: "class", Help: "detector and class of what was found, as in secrets/password", Most: mostClasses}
	where := metric.Label{Name: "where", Help: "where it was found", Values: []string{"arguments", "answer"}}
	failure := metric.Label{Name: "failure", Help: "type of the failure", Most: mostChecks}
	counter := func(name, unit, help string, labels ...metric.Label) metric.Desc {
		return metric.Desc{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
	}
	return []metric.Desc{
		counter(requests, "", "Calls that have ended: one for each outcome in the journal.", kindLabel(), nameLabel(), status),
		counter(decisions, "", "Decisions about calls: one for each decision in the journal.", effect, checkLabel(), event),
		counter(violations, "", "Calls and answers that were denied, or would be if their policy were not in mode audit.",
			nameLabel(), checkLabel(), policyLabel(), mode),
		counter(blocked, "", "Calls that were denied and answers that were withheld.", nameLabel()),
		counter(limited, "", "Calls that a limit refused.", checkLabel()),
		counter(detections, "", "What detectors found in arguments and answers.", class, where),
		counter(failures, "", "Calls that ended with a failure, denials included.", failure),
		counter(misshapen, "", "Answers that did not fit the output schema of their tool.", nameLabel()),
		counter(drifts, "", "Answers whose confidence was below the threshold.", nameLabel()),
		{
			Name: driftScore, Kind: metric.Histogram, Buckets: shares(),
			Help: "How far answers differed from what was expected of them, from 0 to 1.",
		},
		{
			Name: executing, Kind: metric.Histogram, Unit: "seconds", Buckets: handlerSeconds(), Labels: []metric.Label{nameLabel()},
			Help: "How long handlers ran.",
		},
		{
			Name: overhead, Kind: metric.Histogram, Unit: "seconds", Buckets: kernelSeconds(),
			Help: "How long calls took beside their handlers: deciding, recording, reviewing, and waiting for people.",
		},
		counter(requestSize, "bytes", "Bytes of arguments, as canonical JSON.", kindLabel()),
		counter(responseSize, "bytes", "Bytes of answers, as canonical JSON.", kindLabel()),
		counter(charged, "", "Tokens that calls were charged when they ended: an upper bound, one for each byte."),
		counter(counted, "", "Tokens that were counted in arguments and answers, some time after the call."),
	}
}

// kernelMetrics are of the kernel's own parts.
func kernelMetrics() []metric.Desc {
	gauge := func(name, help string, labels ...metric.Label) metric.Desc {
		return metric.Desc{Name: name, Kind: metric.Gauge, Help: help, Labels: labels}
	}
	timing := func(name, help string, labels ...metric.Label) metric.Desc {
		return metric.Desc{Name: name, Kind: metric.Histogram, Unit: "seconds", Buckets: kernelSeconds(), Help: help, Labels: labels}
	}
	effect := metric.Label{Name: "effect", Help: "what was decided", Values: []string{"allow", "deny", "ask"}}
	kind := metric.Label{Name: "kind", Help: "of the entry", Values: []string{"decision", "outcome", "usage", "control"}}
	action := metric.Label{Name: "action", Help: "what happened", Values: []string{
		"open", "close", "freeze", "resume", "retention", "rotation", "recovered", "abandoned", "lost", "policies", "note",
		"approval_given", "approval_refused", "approval_expired",
	}}
	operation := metric.Label{Name: "operation", Help: "of the contract of state", Values: []string{
		"get", "set", "delete", "write", "compare_and_swap", "take", "list", "append", "last", "trim",
	}}
	outcome := metric.Label{Name: "outcome", Help: "what came of it", Values: []string{"ok", "not_found", "conflict", "error"}}
	server := metric.Label{Name: "server", Help: "name in upstreams.yaml", Most: mostServers}
	return []metric.Desc{
		timing(checking, "How long the gate took to decide about a call.", effect),
		gauge(running, "Calls that are running."),
		gauge(frozen, "1 while an operator has frozen all calls, otherwise 0."),
		gauge(approvals, "Questions about calls that nobody has answered yet, of all processes."),
		{
			Name: entries, Kind: metric.Counter, Labels: []metric.Label{kind},
			Help: "Entries that this process wrote to the journal and that were counted here.",
		},
		{
			Name: controls, Kind: metric.Counter, Labels: []metric.Label{action},
			Help: "What happened to the journal, policies and approvals, by the control entries of this process.",
		},
		{Name: crashes, Kind: metric.Counter, Help: "Processes on the same data directory that this one found dead while calls of theirs ran."},
		gauge(lastEntry, "Number of the newest entry of the journal, of all processes."),
		gauge(signedEntry, "Number of the newest entry that a signed head covers."),
		gauge(waiting, "Appends that wait for the group of entries that is being written."),
		gauge(slots, "Places in the journal that running calls hold for their outcomes."),
		timing(appending, "How long it took until an entry was written, waiting included."),
		timing(committing, "How long it took to write a group of entries, the lock included."),
		{Name: missed, Kind: metric.Counter, Help: "Entries that were not counted because retention removed them first."},
		{Name: operations, Kind: metric.Counter, Labels: []metric.Label{operation, outcome}, Help: "Operations of the state backend."},
		timing(operating, "How long operations of the state backend took.", operation),
		gauge(sessions, "Sessions over HTTP, of the 2025 era."),
		gauge(streams, "Streams over HTTP on which clients listen."),
		gauge(queued, "Calls over HTTP that wait for their turn."),
		{
			Name: turnedAway, Kind: metric.Counter,
			Labels: []metric.Label{{Name: "reason", Help: "greedy: of who had most waiting; full: too many waited; late: after a long wait", Most: 3}},
			Help:   "Calls over HTTP that were turned away before anything was done for them.",
		},
		gauge(stateOpen, "1 while state beyond a network does not answer and is left alone for a while, otherwise 0."),
		gauge(upstreamUp, "1 while another server is connected, otherwise 0.", server),
		{Name: upstreamRuns, Kind: metric.Counter, Labels: []metric.Label{server}, Help: "How often another server was started or connected to."},
		gauge(upstreamOpen, "1 while a server that failed is left alone until its time comes, otherwise 0.", server),
		gauge(upstreamBusy, "Calls that run in another server.", server),
		{Name: scrapeFaults, Kind: metric.Counter, Help: "Sources of metrics that could not be read."},
		gauge(info, "Always 1; its labels say what runs.",
			metric.Label{Name: "version", Help: "of the kernel", Most: 1}, metric.Label{Name: "goversion", Help: "of Go", Most: 1}),
		{Name: uptime, Kind: metric.Gauge, Unit: "seconds", Help: "How long the kernel has been open."},
	}
}

// kernelSeconds are buckets for what the kernel does itself: from a microsecond on.
func kernelSeconds() []float64 {
	return []float64{
		1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.1, 0.5, 2.5, 10,
	}
}

// handlerSeconds are buckets for what others do: from ten microseconds to ten minutes, the longest that a handler may run.
func handlerSeconds() []float64 {
	return []float64{
		1e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600,
	}
}

// shares are buckets for parts of a whole, closest where most lie.
func shares() []float64 { return []float64{0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1} }
