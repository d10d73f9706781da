package siem

import (
	"encoding/json"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// ocsfVersion is the version of the schema that events are of (schema.ocsf.io/1.3.0).
const ocsfVersion = "1.3.0"

// Classes, activities and the other numbers of the schema.
const (
	categoryApplication = 6
	classLifecycle      = 6002
	classAPI            = 6003

	activityRead    = 2 // of classAPI
	activityStart   = 3 // of classLifecycle
	activityStop    = 4
	activityEnable  = 6
	activityDisable = 7
	activityUpdate  = 8
	activityOther   = 99

	statusSuccess = 1
	statusFailure = 2

	actionAllowed = 1
	actionDenied  = 2
	actionOther   = 99

	dispositionAllowed = 1
	dispositionBlocked = 2
	dispositionOther   = 99
)

// An event is what is written. Members are those of the classes API Activity and Application Lifecycle, with the profile Security
// Control; what the schema has no place for is unmapped.
type event struct {
	ActivityID    int            `json:"activity_id"`
	ActivityName  string         `json:"activity_name,omitempty"`
	CategoryUID   int            `json:"category_uid"`
	CategoryName  string         `json:"category_name"`
	ClassUID      int            `json:"class_uid"`
	ClassName     string         `json:"class_name"`
	TypeUID       int            `json:"type_uid"`
	Time          int64          `json:"time"` // milliseconds since 1970
	SeverityID    severity       `json:"severity_id"`
	Severity      string         `json:"severity"`
	StatusID      int            `json:"status_id"`
	Status        string         `json:"status"`
	StatusDetail  string         `json:"status_detail,omitempty"`
	Message       string         `json:"message,omitempty"`
	ActionID      int            `json:"action_id,omitempty"`
	DispositionID int            `json:"disposition_id,omitempty"`
	Duration      int64          `json:"duration,omitempty"` // milliseconds
	Metadata      metadata       `json:"metadata"`
	Actor         *actor         `json:"actor,omitempty"`
	API           *api           `json:"api,omitempty"`
	Source        *endpoint      `json:"src_endpoint,omitempty"`
	App           *product       `json:"app,omitempty"`
	Policy        *named         `json:"policy,omitempty"`
	Unmapped      map[string]any `json:"unmapped,omitempty"`
}

type metadata struct {
	Version     string   `json:"version"`
	Product     product  `json:"product"`
	Profiles    []string `json:"profiles,omitempty"`
	UID         string   `json:"uid"`      // hash of the entry
	Sequence    uint64   `json:"sequence"` // number of the entry
	Correlation string   `json:"correlation_uid,omitempty"`
	LogName     string   `json:"log_name,omitempty"` // of which journal
}

type product struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor_name"`
	Version string `json:"version,omitempty"`
}

type actor struct {
	User user   `json:"user"`
	App  string `json:"app_name,omitempty"` // what the host calls itself
}

type user struct {
	Name string `json:"name"`
	UID  string `json:"uid"`
}

type api struct {
	Operation string `json:"operation"`
	Service   *named `json:"service,omitempty"`
	Request   *ref   `json:"request,omitempty"`
	Response  *reply `json:"response,omitempty"`
}

type named struct {
	Name string `json:"name"`
}

type ref struct {
	UID string `json:"uid"`
}

type reply struct {
	Error string `json:"error,omitempty"`
}

type endpoint struct {
	Name string `json:"name,omitempty"`
	UID  string `json:"uid"`
}

func (o Origin) ocsf(e *audit.Entry) ([]byte, error) {
	s := severityOf(e)
	v := event{
		CategoryUID: categoryApplication, CategoryName: "Application Activity", Time: milliseconds(e.At), SeverityID: s, Severity: s.String(),
		StatusID: statusSuccess, Status: "Success", StatusDetail: reason(e), Message: name(e),
		Metadata: metadata{
			Version: ocsfVersion, Product: o.product(), UID: e.Hash.String(), Sequence: e.Seq, Correlation: e.Call, LogName: o.ID,
		},
	}
	if !succeeded(e) {
		v.StatusID, v.Status = statusFailure, "Failure"
	}
	if by := who(e); by != "" {
		v.Actor = &actor{User: user{Name: by, UID: e.Caller.Identity()}, App: e.Caller.Label}
		if e.Caller.Principal == "" {
			v.Actor.User.UID = by
		}
	}
	if e.Kind == audit.KindControl {
		v.lifecycle(o, e)
	} else {
		v.activity(e)
	}
	v.TypeUID = v.ClassUID*100 + v.ActivityID
	return json.Marshal(v)
}

func (o Origin) product() product {
	return product{Name: "mcp-kernel", Vendor: "mcp-kernel", Version: o.Version}
}

// lifecycle fills in what happened to the kernel itself.
func (v *event) lifecycle(o Origin, e *audit.Entry) {
	app := o.product()
	v.ClassUID, v.ClassName, v.App = classLifecycle, "Application Lifecycle", &app
	v.ActivityID = activityOther
	if e.Control == nil {
		return
	}
	switch e.Control.Action {
	case audit.ActionOpen:
		v.ActivityID = activityStart
	case audit.ActionClose:
		v.ActivityID = activityStop
	case audit.ActionFreeze:
		v.ActivityID = activityDisable
	case audit.ActionResume:
		v.ActivityID = activityEnable
	case audit.ActionPolicies, audit.ActionRotation:
		v.ActivityID = activityUpdate
	default:
	}
	v.ActivityName = string(e.Control.Action)
	v.Unmapped = filled(map[string]any{"subject": e.Control.Subject, "count": e.Control.Count, "calls": e.Control.Calls, "process": e.Process})
}

// activity fills in what was called.
func (v *event) activity(e *audit.Entry) {
	v.ClassUID, v.ClassName, v.ActivityID, v.ActivityName = classAPI, "API Activity", activityOther, e.Kind.String()
	if e.Target == governance.KindResource || e.Target == governance.KindPrompt {
		v.ActivityID = activityRead
	}
	v.Source = &endpoint{Name: e.Caller.Label, UID: e.Process}
	v.API = &api{Operation: method(e.Target)}
	if v.Actor == nil {
		v.Actor = &actor{User: user{Name: "unknown", UID: "unknown"}}
	}
	if e.Name != "" {
		v.API.Service = &named{e.Name}
	}
	if e.Call != "" {
		v.API.Request = &ref{e.Call}
	}
	if e.Failure != "" {
		v.API.Response = &reply{e.Failure}
	}
	if e.Kind == audit.KindUsage {
		v.API.Operation = "usage"
		v.Unmapped = filled(map[string]any{"usages": len(e.Usage)})
		return
	}
	if e.Kind == audit.KindDecision {
		v.decided(e.Decision.Effect)
	}
	if e.Decision.Policy != "" {
		v.Policy = &named{e.Decision.Policy}
	}
	v.Duration = e.Elapsed.Milliseconds()
	v.Unmapped = filled(map[string]any{
		"kind": e.Kind.String(), "parent": e.Parent, "execution": e.Execution, "agent": e.Caller.Agent, "check": e.Decision.Check, "rule": e.Decision.Rule,
		"stage": e.Decision.Stage, "pointer": e.Decision.Pointer, "would": e.Decision.Would, "status": statusName(e), "tokens": e.Tokens,
		"arguments_bytes": e.Args.Bytes, "result_bytes": e.Result.Bytes, "findings": e.Findings, "labels": e.Labels, "policies": e.Policies,
	})
}

// decided fills in what the gate said, in the words of the profile Security Control.
func (v *event) decided(effect governance.Effect) {
	v.Metadata.Profiles = []string{"security_control"}
	switch effect {
	case governance.Allow:
		v.ActionID, v.DispositionID = actionAllowed, dispositionAllowed
	case governance.Deny:
		v.ActionID, v.DispositionID = actionDenied, dispositionBlocked
	default:
		v.ActionID, v.DispositionID = actionOther, dispositionOther
	}
}

func statusName(e *audit.Entry) string {
	if e.Kind != audit.KindOutcome {
		return ""
	}
	return e.Status.String()
}

// filled drops what is empty; nil when nothing is left.
func filled(m map[string]any) map[string]any {
	for key, value := range m {
		empty := false
		switch value := value.(type) {
		case string:
			empty = value == ""
		case bool:
			empty = !value
		case int64:
			empty = value == 0
		case int:
			empty = value == 0
		case []string:
			empty = len(value) == 0
		case map[string]int:
			empty = len(value) == 0
		}
		if empty {
			delete(m, key)
		}
	}
	if len(m) == 0 {
		return nil
	}
	return m
}
