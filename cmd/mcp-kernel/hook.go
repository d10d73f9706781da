package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/code"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// maxHook bounds what a host hands to a hook, in bytes.
const maxHook = 16 << 20

// hostPrefix begins the names under which policies and the journal know a host's own tools: host__Bash.
const hostPrefix = "host__"

// ownPrefix begins the names that hosts give our own tools, which are governed where they run.
const ownPrefix = "mcp__mcp-kernel__"

// errHook is what a hook ends with that cannot judge: the host does not go on then.
var errHook = errors.New("the hook could not judge the call, so it does not run")

func (a *app) hook() *cobra.Command {
	return group(&cobra.Command{
		Use:   "hook",
		Short: "Govern a host's own tools: hooks of Claude Code",
		Long: `A host's own tools (Bash, Edit, Write, WebFetch) do not come through mcp-kernel. As a hook of the host it judges them all the same:
by the same policies, under the names host__Bash, host__Edit and so on, and into the same journal. What is refused does not run,
and the model is told why; what is not refused goes the host's usual way, questions of its own included. A shell command is also
read by a parser, and refused when it destroys what it should not, however it is written.

A hook that cannot judge (no data directory, a policy with faults, input that cannot be read) refuses.`,
		Example: `  {"hooks": {"PreToolUse": [{"matcher": "*", "hooks": [{"type": "command", "command": "mcp-kernel hook pre-tool-use"}]}]}}`,
	}, a.hookVerb("pre-tool-use", "Judge a call before the host makes it",
		`Pre-tool-use reads the call from standard input, as Claude Code gives it to hooks, and prints its verdict when that is no. Exit
code 2 says that there is none.`, a.judgeBefore),
		a.hookVerb("post-tool-use", "Judge what came of a call that the host has made",
			`Post-tool-use reads the call and its answer from standard input, judges the answer as answers of our own tools are, records it, and
tells the host when it should not be used.`, a.judgeAfter))
}

func (a *app) hookVerb(use, short, long string, judge func(context.Context, *standard.Kernel, *hookCall) (any, error)) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Args: arguments(0, 0, "no arguments"),
		Example: "  mcp-kernel hook " + use + ` < call.json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := a.judgeHook(cmd, judge)
			if err != nil {
				return fmt.Errorf("%w: %w", errHook, err)
			}
			return nil
		},
	}
	governed(cmd)
	return cmd
}

// A hookCall is what a host says of a call.
type hookCall struct {
	Event    string          `json:"hook_event_name"`
	Tool     string          `json:"tool_name"`
	Input    json.RawMessage `json:"tool_input"`
	Response json.RawMessage `json:"tool_response"`
	Session  string          `json:"session_id"`
}

// name is that of the tool in policies and the journal.
func (h *hookCall) name() string {
	const most = 47
	clean := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z' && r < 0x80 {
			return r
		}
		return '_'
	}, h.Tool)
	return (hostPrefix + clean)[:min(len(hostPrefix+clean), most)]
}

// judgeHook reads what a host hands to a hook, judges it, and prints the verdict, if there is one to print.
func (a *app) judgeHook(cmd *cobra.Command, judge func(context.Context, *standard.Kernel, *hookCall) (any, error)) (err error) {
	text, err := io.ReadAll(io.LimitReader(a.in, maxHook+1))
	if err != nil {
		return err
	}
	var h hookCall
	switch {
	case len(text) > maxHook:
		return fmt.Errorf("the call has more than %d bytes", maxHook)
	case json.Unmarshal(text, &h) != nil || h.Tool == "" || len(h.Input) == 0 || h.Input[0] != '{':
		return errors.New("standard input is no call of a host: want a JSON object with tool_name and tool_input")
	case strings.HasPrefix(h.Tool, ownPrefix):
		return nil
	}
	c, err := a.configuration(cmd)
	if err != nil {
		return err
	}
	c.Modules.Disabled = append(slices.Clone(c.Modules.Disabled), atr.Name) // other servers have nothing to do with it
	k, err := standard.Open(cmd.Context(), standard.Options{
		Config: c, OnFault: logFault(newLog(a.err, c.Log)), Extra: []tools.Module{hostTool{&h}},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Close(context.WithoutCancel(cmd.Context()))) }()
	verdict, err := judge(cmd.Context(), k, &h)
	if err != nil || verdict == nil {
		return err
	}
	w := json.NewEncoder(a.out)
	w.SetEscapeHTML(false)
	return w.Encode(verdict)
}

// call is the governed call that the host is about to make, or has made.
func (h *hookCall) call(k *standard.Kernel, kind governance.Kind) governance.Call {
	who := agent()
	who.Label = "a host's hook"
	return governance.Call{ID: k.IDs(), Kind: kind, Name: h.name(), Caller: who, Args: h.Input, At: k.Now()}
}

// A beforeVerdict is what a host is told before it makes a call.
type beforeVerdict struct {
	Output struct {
		Event    string `json:"hookEventName"`
		Decision string `json:"permissionDecision"`
		Reason   string `json:"permissionDecisionReason"`
	} `json:"hookSpecificOutput"`
}

// judgeBefore decides about a call that is to be made.
func (*app) judgeBefore(ctx context.Context, k *standard.Kernel, h *hookCall) (any, error) {
	call := h.call(k, governance.KindTool)
	var err error
	if danger := h.danger(ctx); danger != "" {
		err = k.Dispatcher.Refuse(ctx, call, danger)
	} else {
		_, err = k.Dispatcher.Dispatch(ctx, call, nil)
	}
	if err == nil {
		return nil, nil //nolint:nilnil // nothing to say: the host goes its usual way
	}
	refused, ok := errors.AsType[*tools.Error](err)
	if !ok {
		return nil, err
	}
	var v beforeVerdict
	v.Output.Event, v.Output.Decision, v.Output.Reason = "PreToolUse", "deny", "mcp-kernel: "+refused.Error()
	return v, nil
}

// danger reads a shell command and says what it destroys; it is empty when that is nothing, or the tool is no shell.
func (h *hookCall) danger(ctx context.Context) string {
	var input struct {
		Command string `json:"command"`
	}
	if h.Tool != "Bash" || json.Unmarshal(h.Input, &input) != nil {
		return ""
	}
	report, err := new(code.Engine).Check(ctx, code.Source{Code: input.Command, Language: "sh"}, code.Options{})
	if err != nil {
		return "the command cannot be read: " + err.Error()
	}
	if report.Verdict != code.Block || len(report.Findings) == 0 {
		return ""
	}
	worst := slices.MaxFunc(report.Findings, func(a, b code.Finding) int { return int(a.Severity) - int(b.Severity) })
	return fmt.Sprintf("the command is dangerous: %s (%s)", worst.Message, worst.RuleID)
}

// An afterVerdict is what a host is told of an answer that is not to be used.
type afterVerdict struct {
	Decision string `json:"decision"`
	Reason   string `json:"reason"`
}

// judgeAfter judges the answer to a call that was made.
func (*app) judgeAfter(ctx context.Context, k *standard.Kernel, h *hookCall) (any, error) {
	if len(h.Response) == 0 {
		return nil, errors.New("there is no tool_response")
	}
	_, err := k.Dispatcher.Manage(ctx, h.call(k, governance.KindTask), func(context.Context, *tools.Request) (tools.Result, error) {
		return tools.Result{Content: []tools.Content{tools.Text(textOf(h.Response))}}, nil
	})
	if err == nil {
		return nil, nil //nolint:nilnil // nothing to say
	}
	refused, ok := errors.AsType[*tools.Error](err)
	if !ok {
		return nil, err
	}
	return afterVerdict{"block", "mcp-kernel: " + refused.Error()}, nil
}

// textOf is an answer as a text: what it says, or its JSON.
func textOf(response json.RawMessage) string {
	var text string
	if json.Unmarshal(response, &text) == nil {
		return text
	}
	return string(response)
}

// hostTool is a module of the one tool that a hook is about. It does nothing: the host does.
type hostTool struct{ h *hookCall }

func (hostTool) Name() string { return "host" }

func (m hostTool) Surface() tools.Surface {
	return tools.Surface{Tools: []tools.Tool{tools.Foreign(tools.Spec{
		Name: m.h.name(), Title: m.h.name(), Description: "A tool of the host's own.", Audience: tools.ForAgents,
		ReadOnly: tools.No, Destructive: tools.Yes, Idempotent: tools.No, OpenWorld: tools.Yes,
	}, json.RawMessage(`{}`), func(context.Context, *tools.Request, json.RawMessage) (tools.Result, error) {
		return tools.Result{Content: []tools.Content{tools.Text("left to the host")}}, nil
	})}}
}
