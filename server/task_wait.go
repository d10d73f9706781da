package server

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/server/tasks"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// taskResult answers tasks/result of the 2025 era: it waits until the task is over and answers what the call would have
// answered. What the task asks meanwhile is asked on this request's stream.
func (s *Server) taskResult(ctx context.Context, r *request) ([]byte, *rpcError) {
	id, fault := r.taskID()
	if fault != nil {
		return nil, fault
	}
	t, answer, err := s.opts.Tasks.Get(ctx, r.about(), r.env.method, id)
	if err == nil && !t.Over() {
		if err = s.sitThrough(ctx, r, id); err == nil {
			t, answer, err = s.opts.Tasks.Get(ctx, r.about(), r.env.method, id) // handing out is a call of its own
		}
	}
	if err != nil {
		return nil, taskFault(r, err)
	}
	return s.outcome(r, &t, answer)
}

// outcome is what the call of a task that is over would have answered.
func (s *Server) outcome(r *request, t *tasks.Task, answer tools.Result) ([]byte, *rpcError) {
	refused := t.Refusal
	switch {
	case t.Status == tasks.Completed:
	case refused == nil:
		return nil, &rpcError{code: codeUnavailable, message: t.Message, data: append(appendString([]byte(`{"code":"cancelled","call_id":`), t.Call), '}')}
	case r.isProtocols(refused.Code):
		return nil, protocolError(governance.KindTool, r, refused)
	default:
		answer = refused.Result()
	}
	if answer.Meta == nil {
		answer.Meta = map[string]json.RawMessage{}
	}
	answer.Meta[metaRelated] = related(t.ID)
	return s.taskAnswer(r, t, &answer), nil
}

// sitThrough waits until a task is over, and asks the client what the task asks.
func (s *Server) sitThrough(ctx context.Context, r *request, id string) error {
	interview := interviews{server: s, r: r, id: id, open: map[string]context.CancelFunc{}}
	defer interview.end()
	var t tasks.Task
	for !t.Over() {
		var err error
		if t, err = s.opts.Tasks.Await(ctx, r.as().Identity(), id, t); err != nil {
			return err
		}
		interview.conduct(ctx, t.Questions)
	}
	return nil
}

// interviews put the questions of a task to the client of the 2025 era, each as a request of ours.
type interviews struct {
	server  *Server
	r       *request
	id      string
	open    map[string]context.CancelFunc // by key
	running sync.WaitGroup
}

// conduct asks what is new, and withdraws what is asked no more.
func (i *interviews) conduct(ctx context.Context, questions []tasks.Question) {
	for key, cancel := range i.open {
		if !slices.ContainsFunc(questions, func(q tasks.Question) bool { return q.Key == key }) {
			cancel()
		}
	}
	for _, q := range questions {
		if _, asked := i.open[q.Key]; asked {
			continue
		}
		ctx, cancel := context.WithCancel(ctx)
		i.open[q.Key] = cancel
		i.running.Go(func() { i.ask(ctx, q) })
	}
}

// ask puts one question to the client and gives its answer to the task.
func (i *interviews) ask(ctx context.Context, q tasks.Question) {
	i.r.peer.share(&i.r.conn.session.asks)
	p := interviewer{requestPeer: i.r.peer, r: i.r, caps: i.r.conn.session.abilities()}
	answers, err := p.Ask(ctx, []tools.Inquiry{{
		Key: q.Key, Method: q.Method, Params: withMeta(q.Params, i.id), Check: func(json.RawMessage) error { return nil },
	}})
	var answer json.RawMessage
	switch {
	case ctx.Err() != nil:
		return // the task is over, or this request is: another one may ask
	case err == nil:
		answer = answers[0]
	case asToolError(err).Code == tools.CodeCancelled:
		return // the client is gone
	}
	_ = i.server.opts.Tasks.Answer(ctx, i.r.as().Identity(), i.id, q.Key, answer) // one that cannot be kept is asked again
}

func (i *interviews) end() {
	for _, cancel := range i.open {
		cancel()
	}
	i.running.Wait()
}

// share says where the client's answers are waited for.
func (p *requestPeer) share(asks *askTable) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asks = asks
}

// withMeta returns params that say which task they belong to.
func withMeta(params json.RawMessage, id string) json.RawMessage {
	b := append([]byte(`{"_meta":{"`+metaRelated+`":`), related(id)...)
	if b = append(b, '}'); len(params) > len("{}") {
		return append(append(b, ','), params[1:]...)
	}
	return append(b, '}')
}

// follow tells the client of the 2025 era, on the stream that belongs to no request, what a task is at, and returns who
// tells it what the handler says. Where there is no room for that the client asks, as it must be ready to.
func (r *request) follow(t tasks.Task) tools.Peer {
	c := r.conn
	peer := &requestPeer{out: c.out, token: r.meta.progressToken, level: c.levelFor(r.meta), task: t.ID}
	if !c.reserve(1) {
		return peer
	}
	ctx, stop := context.WithCancelCause(c.ctx)
	key := "\x00task " + t.ID // which no resource is called
	c.watch(key, func() { stop(errStream) })
	c.server.opts.Tasks.Watch(ctx, r.as().Identity(), t, func(t tasks.Task) {
		if t.Over() {
			peer.end()
		}
		c.out.offer(notification("notifications/tasks/status", append(appendStatus([]byte{'{'}, &t, false), '}')))
	}, func() { c.watch(key, nil) })
	return peer
}
