package server

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/server/fleet"
)

// Changes says which listings have changed.
type Changes struct{ Tools, Resources, Prompts bool }

// ListChanged tells every client that listings have changed: those of the 2025 era that are ready, and those of the
// 2026 era that listen for it.
func (s *Server) ListChanged(which Changes) {
	for _, method := range which.methods() {
		s.announce(method)
		if s.opts.Fleet != nil {
			s.opts.Fleet.Post(fleet.Note{Kind: noteChanged, Tag: method, Keep: true})
		}
	}
}

// The notifications of listings that have changed.
const (
	toolsChanged     = "notifications/tools/list_changed"
	resourcesChanged = "notifications/resources/list_changed"
	promptsChanged   = "notifications/prompts/list_changed"
)

func (c Changes) methods() []string {
	var all []string
	if c.Tools {
		all = append(all, toolsChanged)
	}
	if c.Resources {
		all = append(all, resourcesChanged)
	}
	if c.Prompts {
		all = append(all, promptsChanged)
	}
	return all
}

// announce tells the clients of this process that a listing has changed, save those of sessions that a fleet shares: these
// are told by the board.
func (s *Server) announce(method string) {
	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.listChanged(method)
	}
}

func (c *conn) listChanged(method string) {
	if c.shared == nil && c.session.Initialized() {
		c.out.offer(notification(method, []byte("{}")))
	}
	for _, l := range c.listeners() {
		if l.filter.wants(method) {
			l.notify(method, nil)
		}
	}
}

// wants reports whether a listener is to be told of a listing.
func (f *listenFilter) wants(method string) bool {
	switch method {
	case toolsChanged:
		return f.ToolsListChanged
	case resourcesChanged:
		return f.ResourcesListChanged
	case promptsChanged:
		return f.PromptsListChanged
	default:
		return false
	}
}

// subscribe answers resources/subscribe and resources/unsubscribe of the 2025 era.
func (s *Server) subscribe(ctx context.Context, r *request) ([]byte, *rpcError) {
	c := r.conn
	switch {
	case r.meta.modern:
		return nil, &rpcError{code: codeNoMethod, message: r.env.method + " was removed in this protocol version"}
	case !r.env.hasName:
		return nil, &rpcError{code: codeParams, message: "invalid params: params.uri must be a string"}
	case r.env.method == "resources/unsubscribe":
		c.watch(r.env.name, nil)
		return []byte("{}"), c.shared.unwatched(ctx, r.env.name)
	case !c.reserve(1):
		return nil, c.tooMany()
	}
	uri := r.env.name
	stop, err := s.opts.Dispatcher.Subscribe(c.ctx, r.call(governance.KindSubscription, "resource:"+uri, nil), nil, func() {
		c.out.offer(notification("notifications/resources/updated", appendURI(uri)))
	})
	if err != nil {
		c.release(1)
		return nil, protocolError(governance.KindResource, r, asToolError(err))
	}
	c.watch(uri, stop)
	if fault := c.shared.watching(ctx, uri, c.most); fault != nil {
		c.watch(uri, nil)
		return nil, fault
	}
	return []byte("{}"), nil
}

func appendURI(uri string) []byte { return append(appendString([]byte(`{"uri":`), uri), '}') }

// watch replaces the subscription of a URI and ends the one before. A nil stop only ends.
func (c *conn) watch(uri string, stop func()) {
	c.mu.Lock()
	before := c.watches[uri]
	if delete(c.watches, uri); stop != nil {
		c.watches[uri] = stop
	}
	if before != nil {
		c.held--
	}
	c.mu.Unlock()
	if before != nil {
		before()
	}
}

// watched reports whether the connection has a subscription of the 2025 era.
func (c *conn) watched() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.watches) > 0
}

// A listener is one subscriptions/listen request: a stream of the 2026 era that stays open until the client cancels it
// or the server ends.
type listener struct {
	conn   *conn
	out    outlet
	id     []byte // raw id of the request, by which every notification is tagged
	filter listenFilter
	stops  []func()
	late   []func() // what runs beside it once it was acknowledged
	held   int      // resources and tasks for which room is reserved
}

// listen answers subscriptions/listen: an acknowledgement now, notifications while it lasts, the result at its end.
func (s *Server) listen(ctx context.Context, r *request) ([]byte, *rpcError) {
	defer r.conn.release(1) // before the answer leaves, so that whoever has it finds the room
	if !r.meta.modern {
		return nil, &rpcError{code: codeNoMethod, message: "subscriptions/listen needs protocol version 2026-07-28 or later"}
	}
	if fault := r.meta.fault(); fault != nil {
		return nil, fault
	}
	var params struct {
		Notifications listenFilter `json:"notifications"`
	}
	if json.Unmarshal(r.env.rawParams(), &params) != nil {
		return nil, &rpcError{code: codeParams, message: "invalid params: notifications must be an object of booleans and lists of URIs and task ids"}
	}
	l := &listener{conn: r.conn, out: r.out, id: r.env.rawID(), filter: params.Notifications}
	if fault := s.open(ctx, r, l); fault != nil {
		l.close()
		return nil, fault
	}
	l.acknowledge()
	var beside sync.WaitGroup
	for _, tell := range l.late {
		beside.Go(tell)
	}
	if !l.filter.empty() {
		<-ctx.Done()
	}
	beside.Wait()
	l.close()
	meta := fmt.Appendf(nil, `{"_meta":{%q:%s,"io.modelcontextprotocol/serverInfo":%s},"resultType":"complete"}`,
		mcp.MetaKeySubscriptionID, l.id, s.self)
	return meta, nil
}

// open subscribes to every resource and task that the listener asked for; each passes the gate.
func (s *Server) open(ctx context.Context, r *request, l *listener) *rpcError {
	if !r.conn.reserve(l.filter.size()) {
		return r.conn.tooMany()
	}
	l.held = l.filter.size()
	if fault := s.openTasks(ctx, r, l); fault != nil {
		return fault
	}
	for _, uri := range l.filter.ResourceSubscriptions {
		call := r.call(governance.KindSubscription, "resource:"+uri, nil)
		stop, err := s.opts.Dispatcher.Subscribe(r.conn.ctx, call, nil, func() {
			l.notify("notifications/resources/updated", appendURI(uri))
		})
		if err != nil {
			return protocolError(governance.KindResource, r, asToolError(err))
		}
		l.stops = append(l.stops, stop)
	}
	r.conn.mu.Lock()
	defer r.conn.mu.Unlock()
	r.conn.streams[l] = struct{}{}
	return nil
}

func (l *listener) close() {
	l.conn.mu.Lock()
	delete(l.conn.streams, l)
	l.conn.held -= l.held
	l.held = 0
	l.conn.mu.Unlock()
	for _, stop := range l.stops {
		stop()
	}
}

// acknowledge tells the client what was established, as the first message of the stream.
func (l *listener) acknowledge() {
	established, err := json.Marshal(l.filter)
	if err != nil {
		established = []byte("{}")
	}
	l.notify("notifications/subscriptions/acknowledged", append(append([]byte(`{"notifications":`), established...), '}'))
}

// notify sends a notification tagged with the stream that it belongs to. params is a JSON object or nil.
func (l *listener) notify(method string, params []byte) {
	tag := fmt.Appendf(nil, `{"_meta":{%q:%s}`, mcp.MetaKeySubscriptionID, l.id)
	if len(params) > len("{}") {
		tag = append(append(tag, ','), params[1:]...)
	} else {
		tag = append(tag, '}')
	}
	l.out.offer(notification(method, tag))
}

func (c *conn) listeners() []*listener {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]*listener, 0, len(c.streams))
	for l := range c.streams {
		all = append(all, l)
	}
	return all
}

// endListening ends every subscription of the connection, as its end does.
func (c *conn) endListening() {
	c.mu.Lock()
	watches := c.watches
	c.watches = map[string]func(){}
	for _, r := range c.inflight {
		if r.env.method == "subscriptions/listen" {
			r.cancel()
		}
	}
	c.mu.Unlock()
	for _, stop := range watches {
		stop()
	}
}
