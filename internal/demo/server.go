package demo

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// serverPolicy takes the other server's name and the folder that its tools may reach.
const serverPolicy = `- name: demo
  description: Files are read in one folder alone, what is written is agreed to by a person, and no secret comes back.
  allowed_tools: ["%[1]s__*"]
  detect:
    secrets: {action: redact, on: [results]}
  require_approval:
    - {name: writing, tools: ["%[1]s__write_file"], approvers: [operators], channels: [cli]}
  rules: |
    @id("one_folder")
    forbid (principal, action in Action::"tools/call", resource)
    when { context.args has path && !(context.args.path like "%[2]s/*") };
`

// What the other server is asked for.
const (
	reading = "read_text_file"
	writing = "write_file"
	keys    = "keys.yaml"                                // in the folder, with a token in it
	token   = "ghp_9ZqT4mVb1RkXw7LcJ2nHs8DfYgPa3Ue6QiB0" //nolint:gosec // nobody's
)

// outside is a file that the other server should not be asked for.
func (s *stage) outside() string { return filepath.Join(filepath.Dir(s.work), "private.txt") }

// offers says whether the other server is one that the demo can be played with.
func (s *stage) offers(ctx context.Context, c *client.Client) error {
	list, err := c.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		return fmt.Errorf("demo: listing tools: %w", err)
	}
	for _, tool := range []string{reading, writing} {
		name := s.server.Name + "__" + tool
		if !slices.ContainsFunc(list.Tools, func(t mcp.Tool) bool { return t.Name == name }) {
			return fmt.Errorf("demo: the server %s offers no tool %s: it is no server for files that the demo knows, such as @modelcontextprotocol/server-filesystem", s.server.Name, tool)
		}
	}
	return nil
}

// serverScript lists the acts with another server.
func (s *stage) serverScript(ctx context.Context) []act {
	read, write := s.server.Name+"__"+reading, s.server.Name+"__"+writing
	at := func(path string) map[string]any { return map[string]any{"path": path} }
	const greeting = "written once a person agreed"
	letter := map[string]any{"path": s.file(note), "content": greeting}
	return []act{
		{
			title: "read a file", tool: read, args: at(s.file(ledger)), says: "$100", ran: true,
			decision: governance.PolicyCheck, outcome: governance.CheckpointCreated,
		},
		{
			title: "write a file", tool: write, args: letter, code: tools.CodeApproval, check: governance.CheckApproval,
			decision: governance.EventNone, outcome: governance.CheckpointCreated,
			world: note + " was not written", after: func(reply) bool { return s.missing(note) },
		},
		{
			title: "once more, agreed to", tool: write, args: letter, ran: true,
			before:   func() error { return s.server.Agree(ctx, s.place) },
			decision: governance.PolicyCheck, outcome: governance.CheckpointCreated,
			world: note + " is on the disk", after: func(reply) bool { return s.holds(note, greeting) },
		},
		{
			title: "read outside the folder", tool: read, args: at(s.outside()), code: tools.CodeDenied, check: governance.CheckRules,
			decision: governance.PolicyViolation, outcome: governance.CheckpointCreated,
		},
		{
			title: "read a file with a token", tool: read, args: at(s.file(keys)), says: "service: billing", hides: token, ran: true,
			decision: governance.PolicyCheck, outcome: governance.CheckpointCreated,
		},
	}
}
