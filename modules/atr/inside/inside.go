// Package inside is an MCP server of tools that run in this process, behind a transport of its own: whatever governs other
// servers governs these tools in the same way. It runs a tool only as it was when it was agreed to: each call says by a
// digest which definition is meant, and where the tool is another meanwhile, it is refused, and the list is said to have
// changed.
package inside

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// MetaDefinition is the key of a call's _meta that says by its digest which definition is called.
const MetaDefinition = "io.mcp-kernel/definition"

// A Tool is one that can be prepared to run: what it is then, and what runs just that. The error is a local.ErrBroken.
type Tool interface {
	Name() string
	Prepare(ctx context.Context) (local.Definition, local.Run, error)
}

// Options are what a Transport is made of. Tools is required.
type Options struct {
	// Tools returns the tools that there are now. The error is a local.ErrBroken.
	Tools func(ctx context.Context) ([]Tool, error)
	// Line takes what its operator should know: why tools cannot run. May be nil.
	Line func(line string)
}

// queued is how many messages wait to be received before who sends them waits.
const queued = 64

// A Transport is the server's end and ours in one. It is safe for concurrent use.
type Transport struct {
	o    Options
	out  chan []byte
	ctx  context.Context //nolint:containedctx // of the calls that run: it ends with Close
	stop context.CancelFunc
	work sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	running map[string]context.CancelFunc // by the request's id
}

var _ rpc.Transport = (*Transport)(nil)

// New returns a Transport to a server that nobody has said anything to yet.
func New(o Options) *Transport {
	if o.Line == nil {
		o.Line = func(string) {}
	}
	t := &Transport{o: o, out: make(chan []byte, queued), running: map[string]context.CancelFunc{}}
	t.ctx, t.stop = context.WithCancel(context.Background())
	return t
}

// A message is one that is sent to the server.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// Send implements rpc.Transport.
func (t *Transport) Send(_ context.Context, text []byte, _ uint64) error {
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("inside: %w", err)
	}
	if len(m.ID) == 0 {
		if m.Method == "notifications/cancelled" {
			t.cancel(m.Params)
		}
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return rpc.ErrClosed
	}
	ctx, cancel := context.WithCancel(t.ctx)
	t.running[string(m.ID)] = cancel
	t.work.Go(func() {
		defer cancel()
		t.answer(ctx, &m)
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.running, string(m.ID))
	})
	return nil
}

// cancel ends the call that nobody waits for any more.
func (t *Transport) cancel(params json.RawMessage) {
	var p struct {
		ID json.RawMessage `json:"requestId"`
	}
	if json.Unmarshal(params, &p) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if cancel := t.running[string(p.ID)]; cancel != nil {
		cancel()
	}
}

// Receive implements rpc.Transport.
func (t *Transport) Receive() ([]byte, uint64, error) {
	select {
	case text := <-t.out:
		return text, 0, nil
	case <-t.ctx.Done():
		return nil, 0, io.EOF
	}
}

// Forget implements rpc.Transport.
func (*Transport) Forget(uint64) {}

// Close ends all calls, and waits until nothing of them runs any more.
func (t *Transport) Close() error {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.stop()
	t.work.Wait()
	return nil
}

// say sends a message to the client.
func (t *Transport) say(message any) {
	text, err := json.Marshal(message)
	if err != nil {
		t.o.Line(err.Error())
		return
	}
	select {
	case t.out <- text:
	case <-t.ctx.Done():
	}
}

// answer answers a request.
func (t *Transport) answer(ctx context.Context, m *message) {
	reply := map[string]any{"jsonrpc": "2.0", "id": m.ID}
	result, err := t.handle(ctx, m)
	if err != nil {
		refused, ok := errors.AsType[*rpc.Error](err)
		if !ok {
			t.o.Line(err.Error())
			refused = &rpc.Error{Code: rpc.CodeInternal, Message: "the tool cannot be run; the log of the kernel says why"}
		}
		reply["error"] = refused
	} else {
		reply["result"] = result
	}
	t.say(reply)
}

// handle does what a request asks for.
func (t *Transport) handle(ctx context.Context, m *message) (result any, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			result, err = nil, fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	switch m.Method {
	case "initialize":
		var p struct {
			Version json.RawMessage `json:"protocolVersion"`
		}
		if err := json.Unmarshal(m.Params, &p); err != nil {
			return nil, &rpc.Error{Code: rpc.CodeParams, Message: "no version"}
		}
		return json.RawMessage(`{"protocolVersion":` + string(p.Version) +
			`,"capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"mcp-kernel","version":"inside"}}`), nil
	case "ping":
		return struct{}{}, nil
	case "tools/list":
		return t.list(ctx)
	case "tools/call":
		return t.call(ctx, m.Params)
	default:
		return nil, &rpc.Error{Code: rpc.CodeNoMethod, Message: "unknown method"}
	}
}

// list lists the tools that can run. Why others cannot is said to their operator.
func (t *Transport) list(ctx context.Context) (any, error) {
	tools, err := t.o.Tools(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]json.RawMessage, 0, len(tools))
	for _, tool := range tools {
		d, _, err := tool.Prepare(ctx)
		var entry json.RawMessage
		if err == nil {
			entry, err = d.JSON()
		}
		if err != nil {
			t.o.Line(fmt.Sprintf("%s is left out: %v", tool.Name(), err))
			continue
		}
		all = append(all, entry)
	}
	return map[string]any{"tools": all}, nil
}

// call runs a tool, if it is what its caller thinks that it is.
func (t *Transport) call(ctx context.Context, params json.RawMessage) (json.RawMessage, error) {
	var p struct {
		Name string          `json:"name"`
		Args json.RawMessage `json:"arguments"`
		Meta map[string]any  `json:"_meta"`
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, &rpc.Error{Code: rpc.CodeParams, Message: "the call cannot be read"}
	}
	run, err := t.prepare(ctx, p.Name, p.Meta[MetaDefinition])
	if err != nil {
		return nil, err
	}
	answer, err := run(ctx, p.Args)
	switch {
	case errors.Is(err, local.ErrArguments):
		answer = local.Failed("%v", err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	return answer.JSON()
}

// prepare returns what runs a tool, if its definition has the digest that is wanted.
func (t *Transport) prepare(ctx context.Context, name string, wanted any) (local.Run, error) {
	tools, err := t.o.Tools(ctx)
	if err != nil {
		return nil, err
	}
	for _, tool := range tools {
		if tool.Name() != name {
			continue
		}
		d, run, err := tool.Prepare(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		entry, err := d.JSON()
		if err != nil {
			return nil, err
		}
		digest, err := pin.Digest(entry)
		if err != nil {
			return nil, err
		}
		if wanted != digest {
			break
		}
		return run, nil
	}
	t.say(map[string]string{"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
	return nil, &rpc.Error{Code: rpc.CodeInvalid, Message: "what runs as " + name + " is not what was agreed to: an operator has to look at it (mcp-kernel pins diff)"}
}
