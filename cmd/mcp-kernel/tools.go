package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

func (a *app) tools() *cobra.Command {
	return group(&cobra.Command{Use: "tools", Short: "List the tools, or call one"}, a.toolsList(), a.toolsCall())
}

// A toolLine is one tool, as `tools list --output json` prints it.
type toolLine struct {
	Name         string          `json:"name"`
	Title        string          `json:"title"`
	Description  string          `json:"description"`
	Audience     string          `json:"audience"` // agents, operators
	Profiles     []string        `json:"profiles"`
	ReadOnly     bool            `json:"read_only"`
	Destructive  bool            `json:"destructive"`
	Idempotent   bool            `json:"idempotent"`
	OpenWorld    bool            `json:"open_world"`
	InputSchema  json.RawMessage `json:"input_schema"`
	OutputSchema json.RawMessage `json:"output_schema,omitempty"`
}

func (a *app) toolsList() *cobra.Command {
	var asAgent bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tools of a profile",
		Long: `List shows the tools of a profile that policy allows: those for operators among them, unless --agent asks for what an
agent would see. A profile only decides what is listed; what may be called, policy decides.`,
		Example: `  mcp-kernel tools list
  mcp-kernel tools list --profile full --agent -o json`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listTools(cmd, asAgent) },
	}
	cmd.Flags().BoolVar(&asAgent, "agent", false, "as an agent sees them")
	governed(cmd)
	shown(cmd)
	return cmd
}

func (a *app) listTools(cmd *cobra.Command, asAgent bool) (err error) {
	k, c, err := a.open(cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Close(context.WithoutCancel(cmd.Context()))) }()
	listing, err := k.Dispatcher.List(cmd.Context(), caller(asAgent), c.Server.Profile)
	if err != nil {
		return err
	}
	lines := make([]toolLine, len(listing.Tools))
	for i, spec := range listing.Tools {
		lines[i] = lineOf(spec)
	}
	return a.print(lines, func(t *table) {
		t.row("NAME", "FOR", "HINTS", "TITLE")
		for _, line := range lines {
			t.row(line.Name, line.Audience, line.hints(), line.Title)
		}
	})
}

func lineOf(spec tools.Spec) toolLine {
	audience := "agents"
	if spec.Audience == tools.ForOperators {
		audience = "operators"
	}
	return toolLine{
		Name: spec.Name, Title: spec.Title, Description: spec.Description, Audience: audience, Profiles: append([]string{}, spec.Profiles...),
		ReadOnly: spec.ReadOnly == tools.Yes, Destructive: spec.Destructive == tools.Yes,
		Idempotent: spec.Idempotent == tools.Yes, OpenWorld: spec.OpenWorld == tools.Yes,
		InputSchema: spec.InputSchema, OutputSchema: spec.OutputSchema,
	}
}

// hints are the behaviour of a tool in words.
func (l toolLine) hints() string {
	var words []string
	for _, hint := range []struct {
		is   bool
		word string
	}{{l.ReadOnly, "reads"}, {!l.ReadOnly, "writes"}, {l.Destructive, "destroys"}, {l.Idempotent, "repeatable"}, {l.OpenWorld, "open world"}} {
		if hint.is {
			words = append(words, hint.word)
		}
	}
	return joined(words)
}

func caller(asAgent bool) governance.Caller {
	if asAgent {
		return agent()
	}
	return operator()
}

func (a *app) toolsCall() *cobra.Command {
	var asAgent bool
	cmd := &cobra.Command{
		Use:   "call NAME [JSON|-]",
		Short: "Make one governed call",
		Long: `Call makes one call, through the same gate and into the same journal as a host's, and prints the answer. It acts as the
operator of the data directory; --agent makes it an agent's call, with an agent's tools, policies and limits. The arguments
are a JSON object, or - to read it from standard input. A refusal, or an answer that is an error, is exit code 1.`,
		Example: `  mcp-kernel tools call policy_check '{"tool": "file_delete", "arguments": {"path": "notes.txt"}}'
  echo '{"limit": 5}' | mcp-kernel tools call get_audit_log - --agent`,
		Args: arguments(1, 2, "a tool's name and its arguments"),
		RunE: func(cmd *cobra.Command, args []string) error {
			input, err := a.toolArguments(cmd, args[1:])
			if err != nil {
				return err
			}
			return a.callTool(cmd, args[0], input, asAgent)
		},
	}
	cmd.Flags().BoolVar(&asAgent, "agent", false, "as an agent, not as the operator")
	governed(cmd)
	return cmd
}

// toolArguments are the arguments of a call: none, those of the command line, or those on standard input.
func (a *app) toolArguments(cmd *cobra.Command, args []string) (json.RawMessage, error) {
	if len(args) == 0 {
		return nil, nil
	}
	input := []byte(args[0])
	if args[0] == "-" {
		var err error
		const most = 16 << 20
		if input, err = io.ReadAll(io.LimitReader(a.in, most+1)); err != nil {
			return nil, fmt.Errorf("reading the arguments: %w", err)
		}
		if len(input) > most {
			return nil, fmt.Errorf("the arguments have more than %d bytes", most)
		}
	}
	if input = bytes.TrimSpace(input); !bytes.HasPrefix(input, []byte("{")) || !json.Valid(input) {
		return nil, misused(cmd, "the arguments must be a JSON object, as in '{\"limit\": 5}'")
	}
	return input, nil
}

// An answer is what a call came to, as `tools call --output json` prints it.
type answer struct {
	Call       string                     `json:"call"`
	Error      json.RawMessage            `json:"error,omitempty"` // why it was refused
	IsError    bool                       `json:"is_error"`
	Structured json.RawMessage            `json:"structured,omitempty"`
	Text       []string                   `json:"text,omitempty"`
	Meta       map[string]json.RawMessage `json:"meta,omitempty"`
}

func (a *app) callTool(cmd *cobra.Command, name string, input json.RawMessage, asAgent bool) (err error) {
	k, _, err := a.open(cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Close(context.WithoutCancel(cmd.Context()))) }()
	call := governance.Call{
		ID: k.IDs(), Kind: governance.KindTool, Name: name, Caller: caller(asAgent), Args: input, At: k.Now(),
	}
	result, err := k.Dispatcher.Dispatch(cmd.Context(), call, nil)
	if refused, ok := errors.AsType[*tools.Error](err); ok {
		if a.output == "text" {
			return refused
		}
		result = refused.Result()
	} else if err != nil {
		return err
	}
	if err := result.Unfold(); err != nil {
		return err
	}
	return a.printAnswer(call.ID, result)
}

func (a *app) printAnswer(id string, result tools.Result) error {
	shown := answer{
		Call: id, Error: result.Meta[tools.MetaDecision], IsError: result.IsError, Structured: result.Structured, Meta: result.Meta,
	}
	for _, block := range result.Content {
		if block.Type == tools.TypeText {
			shown.Text = append(shown.Text, block.Text)
		}
	}
	err := a.print(shown, func(t *table) {
		if len(result.Structured) > 0 {
			t.line("%s", indented(result.Structured))
			return
		}
		for _, text := range shown.Text {
			t.line("%s", text)
		}
	})
	if err == nil && result.IsError {
		return errFound
	}
	return err
}

// indented is JSON for people.
func indented(raw json.RawMessage) string {
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil {
		return string(raw)
	}
	return out.String()
}
