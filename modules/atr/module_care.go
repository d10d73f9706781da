package atr

import (
	"context"
	"errors"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// The names of the tools that look after other servers.
const (
	HealthTool = "tool_health"
	StatsTool  = "tool_stats"
	ScanTool   = "tool_scan"
	VerifyTool = "tool_verify"
	PinTool    = "tool_pin"
)

// careTools are the tools that look after other servers. What their definitions say that is not trusted is shown to operators
// alone: agents are told where it is.
func (m *Module) careTools() []tools.Tool {
	spec := func(name, title, description string) tools.Spec {
		return tools.Spec{
			Name: name, Title: title, Description: description, Audience: tools.ForAgents,
			ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No,
		}
	}
	verify := spec(VerifyTool, "Is it still what was trusted?",
		"Has other servers tell what they offer now, and says what of it is not what was agreed to. Servers that do not run are started.")
	verify.ReadOnly, verify.OpenWorld = tools.No, tools.Yes
	agree := spec(PinTool, "Trust what has changed",
		"Agrees, as the operator who calls this, to what a server offers under a name now. Look at it with tool_verify first, which has the digest that this wants.")
	agree.Audience, agree.ReadOnly = tools.ForOperators, tools.No
	return []tools.Tool{
		tools.Func(spec(HealthTool, "How are the other servers?",
			"Says of each other server whether it is up, since when, how many calls run in it, and why it last failed."), m.health),
		tools.Func(spec(StatsTool, "How have the tools done?",
			"Calls, errors, refusals and times of the tools of other servers that you may call, since the kernel began; ranked."), m.statistics),
		tools.Func(spec(ScanTool, "Are the definitions clean?",
			"Looks through what other servers define, as it was last seen, for instructions to a model, hidden characters and the like. Starts nothing."), m.scan),
		tools.Func(verify, m.verify),
		tools.Func(agree, m.agree),
	}
}

// A serverName is a question about one server, or all.
type serverName struct {
	Server string `json:"server,omitempty" maxLength:"64" doc:"none: all of them"`
}

// Healths is the answer of tool_health.
type Healths struct {
	Servers []Health `json:"servers"`
}

func (m *Module) health(_ context.Context, _ *tools.Request, q serverName) (Healths, error) {
	all := m.Health(q.Server)
	if len(all) == 0 && q.Server != "" {
		return Healths{}, unknownServer()
	}
	return Healths{Servers: all}, nil
}

// unknownServer is what a caller is told that asks about a server that is not there.
func unknownServer() error {
	return tools.Fail("not_found", "there is no server of that name: "+HealthTool+" lists them", nil)
}

// A statsQuestion is that of tool_stats.
type statsQuestion struct {
	Server string `json:"server,omitempty" maxLength:"64" doc:"only tools of this server"`
	Tool   string `json:"tool,omitempty" maxLength:"64" doc:"only this tool"`
	By     string `json:"by,omitempty" enum:"calls,errors,refusals,p50,p99,last" default:"calls" doc:"what comes first has most of this"`
	Limit  int    `json:"limit,omitempty" min:"1" max:"500" default:"20"`
}

// A ToolStat is how one tool has done.
type ToolStat struct {
	Tool     string    `json:"tool"`
	Server   string    `json:"server"`
	Calls    int64     `json:"calls" doc:"that reached the server"`
	Errors   int64     `json:"errors" doc:"of them"`
	Refusals int64     `json:"refusals" doc:"that did not reach it"`
	P50      float64   `json:"p50_ms" doc:"half of its answers took at most this, in milliseconds"`
	P99      float64   `json:"p99_ms"`
	Last     time.Time `json:"last" doc:"when it was last called, refused or not"`
}

// ToolStats is the answer of tool_stats.
type ToolStats struct {
	Tools []ToolStat `json:"tools"`
	More  int        `json:"more,omitempty" doc:"tools besides"`
}

func (m *Module) statistics(ctx context.Context, r *tools.Request, q statsQuestion) (ToolStats, error) {
	answer := ToolStats{Tools: []ToolStat{}}
	for _, s := range m.stats.ranked(Order(q.By)) {
		o, ok := m.offering(pin.Tool, s.Tool)
		if !ok || q.Server != "" && o.server.Name != q.Server || q.Tool != "" && s.Tool != q.Tool || !r.Sees(ctx, s.Tool) {
			continue
		}
		if len(answer.Tools) == q.Limit {
			answer.More++
			continue
		}
		answer.Tools = append(answer.Tools, toolStat(&s, o.server.Name))
	}
	return answer, ctx.Err()
}

func toolStat(s *Stat, server string) ToolStat {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return ToolStat{
		Tool: s.Tool, Server: server, Calls: s.Calls, Errors: s.Errors, Refusals: s.Refusals, P50: ms(s.P50), P99: ms(s.P99), Last: s.Last.UTC(),
	}
}

func (m *Module) scan(_ context.Context, r *tools.Request, q serverName) (Scanned, error) {
	found, err := m.Scan(q.Server)
	if errors.Is(err, ErrUnknown) {
		return Scanned{}, unknownServer()
	}
	if !r.Caller().Operator {
		for i := range found.Findings {
			found.Findings[i].Evidence = ""
		}
	}
	return found, err
}

// Verification is the answer of tool_verify.
type Verification struct {
	Servers []Verified `json:"servers"`
	Same    bool       `json:"same" doc:"everything was asked, and is what was trusted"`
}

func (m *Module) verify(ctx context.Context, r *tools.Request, q serverName) (Verification, error) {
	all, err := m.Verify(ctx, q.Server)
	switch {
	case errors.Is(err, ErrUnknown):
		return Verification{}, unknownServer()
	case err != nil:
		return Verification{}, err
	}
	answer := Verification{Servers: all, Same: true}
	for i := range all {
		v := &all[i]
		answer.Same = answer.Same && v.Error == "" && len(v.Differ)+len(v.Gone) == 0
		for j := range v.Differ {
			if !r.Caller().Operator {
				v.Differ[j].Changes = nil
			}
		}
	}
	return answer, ctx.Err()
}

// An agreement is the order of tool_pin.
type agreement struct {
	Server string `json:"server" minLength:"1" maxLength:"64"`
	Kind   string `json:"kind,omitempty" enum:"tool,resource,template,prompt,server" default:"tool"`
	Name   string `json:"name" minLength:"1" maxLength:"2048" doc:"its own, as tool_verify has it"`
	Digest string `json:"digest" minLength:"1" maxLength:"80" doc:"of what you have looked at, as tool_verify has it"`
	For    string `json:"for,omitempty" maxLength:"20" doc:"how long, as in 24h; none: for good"`
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"the journal keeps it"`
}

// Agreed is the answer of tool_pin.
type Agreed struct {
	Server string     `json:"server"`
	Name   string     `json:"name"`
	Digest string     `json:"digest"`
	Until  *time.Time `json:"until,omitempty"`
}

func (m *Module) agree(ctx context.Context, r *tools.Request, q agreement) (Agreed, error) {
	a := pin.Agreement{Server: q.Server, Kind: pin.Kind(q.Kind), Name: q.Name, Digest: q.Digest, By: r.Caller().Principal, Reason: q.Reason}
	if q.For != "" {
		span, err := time.ParseDuration(q.For)
		if err != nil || span <= 0 {
			return Agreed{}, tools.Fail("invalid", "for must be a duration such as 24h", err)
		}
		a.Until = m.o.Now().Add(span).UTC()
	}
	err := m.Agree(ctx, &a)
	switch {
	case errors.Is(err, ErrUnknown):
		return Agreed{}, unknownServer()
	case errors.Is(err, state.ErrNotFound):
		return Agreed{}, tools.Fail("not_found", "nothing of that name is known of the server: "+VerifyTool+" has the names", err)
	case errors.Is(err, pin.ErrStale):
		return Agreed{}, tools.Fail("conflict", "that is not what the server offers: look at it again with "+VerifyTool, err)
	case err != nil:
		return Agreed{}, err
	}
	return Agreed{Server: q.Server, Name: q.Name, Digest: q.Digest, Until: when(a.Until)}, nil
}
