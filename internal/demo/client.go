package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A reply is what the client was answered to one call.
type reply struct {
	Call    string // id under which the journal knows the call
	Event   string // that the answer announces
	Code    string // of a refusal
	Check   string // that refused
	Rule    string // that refused
	Reason  string // for a refusal
	IsError bool
	Text    string
}

// connect starts the kernel and shakes hands. end closes the conversation and waits for the kernel.
func connect(ctx context.Context, o Options, at Place) (c *client.Client, end func() error, err error) {
	session, err := o.Start(ctx, at)
	if err != nil {
		return nil, nil, fmt.Errorf("demo: starting the kernel: %w", err)
	}
	c = client.NewClient(transport.NewIO(session.Out, session.In, io.NopCloser(strings.NewReader(""))))
	end = func() error { return errors.Join(c.Close(), session.Wait()) }
	if err := c.Start(ctx); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("demo: connecting: %w", err), end())
	}
	hello := mcp.InitializeRequest{}
	hello.Params.ClientInfo = mcp.Implementation{Name: "mcp-kernel-demo", Version: "1"}
	if _, err := c.Initialize(ctx, hello); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("demo: shaking hands: %w", err), end())
	}
	return c, end, nil
}

// call makes one call. Its error is a fault of the conversation; a refusal is a reply.
func call(ctx context.Context, c *client.Client, tool string, args map[string]any) (reply, error) {
	request := mcp.CallToolRequest{}
	request.Params.Name, request.Params.Arguments = tool, args
	result, err := c.CallTool(ctx, request)
	if err != nil {
		return reply{}, fmt.Errorf("demo: calling %s: %w", tool, err)
	}
	r := reply{IsError: result.IsError}
	for _, block := range result.Content {
		if text, ok := block.(mcp.TextContent); ok {
			r.Text += text.Text
		}
	}
	if result.Meta != nil {
		r.read(result.Meta.AdditionalFields)
	}
	return r, nil
}

// read takes over what the answer's _meta says of call and decision.
func (r *reply) read(meta map[string]any) {
	var made struct{ ID, Event string }
	var refused struct {
		Code, Reason, Check, Rule, Event string
		Call                             string `json:"call_id"`
	}
	decode(meta[tools.MetaCall], &made)
	decode(meta[tools.MetaDecision], &refused)
	r.Call, r.Event = firstOf(made.ID, refused.Call), firstOf(made.Event, refused.Event)
	r.Code, r.Reason, r.Check, r.Rule = refused.Code, refused.Reason, refused.Check, refused.Rule
}

// decode reads a part of an answer as far as it has the expected form; what is missing then breaks a promise.
func decode(part, into any) {
	if raw, err := json.Marshal(part); err == nil {
		_ = json.Unmarshal(raw, into)
	}
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
