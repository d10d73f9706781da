package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mark3labs/mcp-go/client"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// An act is one call of the conversation: what is asked, what is owed, and what came.
type act struct {
	title string
	tool  string
	args  map[string]any
	times int // how often it is called at most; until refused when more than once

	code     tools.Code         // that is owed; empty for an answer
	check    string             // that is to refuse; empty for any
	says     string             // that the answer is to contain
	hides    string             // that it is not to contain
	decision governance.Event   // that the journal is to hold for the decision
	outcome  governance.Event   // and for the outcome
	ran      bool               // whether the handler runs
	before   func() error       // happens behind the kernel's back
	after    func(r reply) bool // what must be so in the world
	world    string             // what after looks at, in words

	reply reply // to the last call
	made  int   // how many calls there were
	held  bool  // after found it so
}

// script lists the acts.
func (s *stage) script() []act {
	do := func(action string, params map[string]any) map[string]any {
		return map[string]any{"action": action, "params": params}
	}
	at := func(name string) map[string]any { return map[string]any{"path": "work:" + name} }
	write := func(name, content string) map[string]any {
		return map[string]any{"path": "work:" + name, "content": content, "mode": "create"}
	}
	const greeting = "written through the kernel"
	return []act{
		{
			title: "write a file", tool: "kernel_execute", args: do("file_write", write(note, greeting)), ran: true,
			decision: governance.PolicyCheck, outcome: governance.CheckpointCreated,
			world: note + " is on the disk", after: func(reply) bool { return s.holds(note, greeting) },
		},
		{
			title: "read it back", tool: "kernel_execute", args: do("file_read", at(note)), says: greeting, ran: true,
			decision: governance.PolicyCheck, outcome: governance.CheckpointCreated,
		},
		{
			title: "delete it", tool: "file_delete", args: at(note),
			code: tools.CodeDenied, check: governance.CheckTools,
			decision: governance.ToolCallBlocked, outcome: governance.CheckpointCreated,
			world: note + " is still there", after: func(reply) bool { return s.holds(note, greeting) },
		},
		{
			title: "write DROP TABLE", tool: "file_write", args: write(script, "DROP TABLE users;"),
			code: tools.CodeDenied, check: governance.CheckPatterns,
			decision: governance.PolicyViolation, outcome: governance.CheckpointCreated,
			world: script + " was not written", after: func(reply) bool { return s.missing(script) },
		},
		{
			title: "misspell an argument", tool: "file_read", args: map[string]any{"pth": "work:" + note},
			code: tools.CodeBadArguments, says: "pth",
			decision: governance.PolicyCheck, outcome: governance.CheckpointCreated,
		},
		{
			title: "read the ledger", tool: "file_read", args: at(ledger), says: "$100", ran: true,
			decision: governance.PolicyCheck, outcome: governance.CheckpointCreated,
		},
		{
			title: "read it again, changed", tool: "file_read", args: at(ledger), says: "$900", ran: true,
			before:   func() error { return os.WriteFile(s.file(ledger), []byte("Invoice 17: amount due $900\n"), 0o600) },
			decision: governance.PolicyCheck, outcome: governance.DriftDetected,
		},
		{
			title: "list until refused", tool: "file_list", args: at("."), times: maxCalls + 1,
			code: tools.CodeDenied, check: governance.CheckCalls,
			decision: governance.PolicyViolation, outcome: governance.CheckpointCreated,
		},
	}
}

func (s *stage) holds(name, content string) bool {
	got, err := os.ReadFile(s.file(name))
	return err == nil && string(got) == content
}

func (s *stage) missing(name string) bool {
	_, err := os.Lstat(s.file(name))
	return os.IsNotExist(err)
}

// perform holds the conversation.
func (s *stage) perform(ctx context.Context, o Options) error {
	c, end, err := connect(ctx, o, s.place)
	if err != nil {
		return err
	}
	if s.acts = s.script(); s.server != nil {
		s.acts = s.serverScript(ctx)
		if err := s.offers(ctx, c); err != nil {
			return errors.Join(err, end())
		}
	}
	for i := range s.acts {
		if err = s.play(ctx, c, &s.acts[i]); err != nil {
			break
		}
	}
	if ended := end(); err == nil && ended != nil {
		err = fmt.Errorf("demo: the kernel did not end well: %w", ended)
	}
	return err
}

// play makes the calls of one act and compares the answer with what is owed.
func (s *stage) play(ctx context.Context, c *client.Client, a *act) error {
	if a.before != nil {
		if err := a.before(); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	for a.made < max(a.times, 1) && (a.made == 0 || !a.reply.IsError) {
		r, err := call(ctx, c, a.tool, a.args)
		if err != nil {
			return err
		}
		a.reply = r
		a.made++
	}
	s.judge(a)
	return nil
}

// judge compares an answer with what is owed.
func (s *stage) judge(a *act) {
	r := a.reply
	if a.code == "" {
		s.expect(!r.IsError, "%s: %s should be answered, and was refused: %s", a.title, a.tool, r.Text)
	} else {
		s.expect(r.Code == string(a.code), "%s: %s should be refused as %s, and came back as %s", a.title, a.tool, a.code, orAnswered(r.Code))
		s.expect(a.check == "" || r.Check == a.check, "%s: the check %s should refuse, and the answer names %q", a.title, a.check, r.Check)
	}
	s.expect(strings.Contains(r.Text, a.says), "%s: the answer should contain %q: %s", a.title, a.says, r.Text)
	s.expect(a.hides == "" || !strings.Contains(r.Text, a.hides), "%s: the answer should not contain %q", a.title, a.hides)
	s.expect(r.Call != "", "%s: the answer should name its call, by which the journal knows it", a.title)
	if a.after != nil {
		a.held = a.after(r)
		s.expect(a.held, "%s: %s should be true", a.title, a.world)
	}
}

func orAnswered(code string) string {
	if code == "" {
		return "answered"
	}
	return code
}
