package controlplane

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// actions are the actions of kernel_execute. Each is a tool of its own, which policy allows by its own name.
func actions() []string {
	return []string{
		"file_read", "file_write", "file_list", "file_delete",
		"vfs_read", "vfs_write", "vfs_list", "vfs_delete",
	}
}

// An Order is what kernel_execute is asked to do.
type Order struct {
	Action         string          `json:"action" doc:"file_read, file_write, file_list, file_delete (inside configured roots), vfs_read, vfs_write, vfs_list, vfs_delete (your memory); each is a tool and takes its arguments as params"`
	Params         json.RawMessage `json:"params,omitempty" doc:"arguments of the action, an object"`
	Context        *OrderContext   `json:"context,omitempty"`
	DryRun         bool            `json:"dry_run,omitempty" doc:"only say what would come of it"`
	IdempotencyKey string          `json:"idempotency_key,omitempty" maxLength:"128" doc:"the same key with the same request is done once; its answer is given again"`
}

// An OrderContext says under what an order is done.
type OrderContext struct {
	Execution string   `json:"execution,omitempty" doc:"handle from execution_open"`
	Policies  []string `json:"policies,omitempty" maxItems:"16" doc:"names of policies that narrow this order; none widens it"`
	StateRef  string   `json:"state_ref,omitempty" maxLength:"128" doc:"name under which the history of your orders is kept, at vfs:///state/NAME.json"`
}

// A Report is what became of an order.
type Report struct {
	Success bool            `json:"success"`
	Data    json.RawMessage `json:"data,omitempty" doc:"the action's answer; of a dry run the verdict"`
	Error   *Trouble        `json:"error,omitempty"`
	Signal  string          `json:"signal,omitempty" doc:"SIGKILL: policy denied it. SIGXCPU: out of time. SIGTERM: it was cancelled or failed."`
	Context *ReportContext  `json:"updated_context,omitempty" doc:"give it with the next order"`
	Meta    Metadata        `json:"metadata"`
}

// Trouble is why an order was not done.
type Trouble struct {
	Code    string          `json:"code"`
	Reason  string          `json:"reason"`
	Details json.RawMessage `json:"details,omitempty" doc:"check, rule, policy, pointer"`
}

// ReportContext is an order's context after it.
type ReportContext struct {
	Execution string   `json:"execution,omitempty"`
	Policies  []string `json:"policies,omitempty"`
	StateRef  string   `json:"state_ref,omitempty"`
	StateETag string   `json:"state_etag,omitempty"`
	History   []Step   `json:"history,omitempty" doc:"the latest steps kept under state_ref"`
}

// Metadata says how an order was handled.
type Metadata struct {
	Call     string    `json:"call_id" doc:"id by which the journal knows this order"`
	Action   string    `json:"action"`
	At       time.Time `json:"at"`
	DryRun   bool      `json:"dry_run,omitempty"`
	Replayed bool      `json:"replayed,omitempty" doc:"the answer of an earlier order with the same idempotency_key"`
}

// shownSteps is how much of a state's history comes back with each order.
const shownSteps = 10

// check refuses an order that names no action. Near misses are named.
func (o *Order) check() error {
	if slices.Contains(actions(), o.Action) {
		return nil
	}
	for _, known := range actions() {
		if strings.EqualFold(known, o.Action) {
			return faultf(Invalid, "unknown action %q: did you mean %q?", o.Action, known)
		}
	}
	return faultf(Invalid, "unknown action %q: there are %s", o.Action, strings.Join(actions(), ", "))
}

// asked is what an idempotency key stands for: everything that decides what is done.
func (o *Order) asked() ([]byte, error) {
	return json.Marshal(struct {
		Action  string          `json:"action"`
		Params  json.RawMessage `json:"params,omitempty"`
		Context *OrderContext   `json:"context,omitempty"`
	}{o.Action, o.Params, o.Context})
}

func (o *Order) context() OrderContext {
	if o.Context == nil {
		return OrderContext{}
	}
	return *o.Context
}

// signal is the signal that a refusal's code comes with, after the signals that a kernel sends.
func signal(code string) string {
	switch code {
	case "denied", "frozen", "unknown_name":
		return "SIGKILL"
	case "timeout":
		return "SIGXCPU"
	default:
		return "SIGTERM"
	}
}

// undone reports whether the action is known not to have been done: it was refused before it ran, or says itself why it
// failed. After a deadline, a cancellation or a fault of the record nobody knows.
func (r *Report) undone() bool {
	if r.Error == nil {
		return false
	}
	switch r.Error.Code {
	case "denied", "approval_required", "bad_arguments", "unknown_name", "overloaded", "failed", "unsupported":
		return true
	default:
		return false
	}
}

// touchedBy is what an action's answer says of the paths it touched, for the state.
func touchedBy(action string, answer json.RawMessage) map[string]string {
	var a struct {
		Path   string `json:"path"`
		SHA256 string `json:"sha256"`
		ETag   string `json:"etag"`
	}
	if json.Unmarshal(answer, &a) != nil || a.Path == "" || strings.HasSuffix(action, "_list") {
		return nil
	}
	if strings.HasSuffix(action, "_delete") {
		return map[string]string{a.Path: ""}
	}
	return map[string]string{a.Path: a.SHA256 + a.ETag}
}
