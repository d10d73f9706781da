package server

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

var _ tools.Peer = (*requestPeer)(nil)

// A requestPeer sends the notifications of one request. It goes silent when the request ends, so that nothing follows
// the result, and it is quiet from the start about what the client did not ask for.
type requestPeer struct {
	out   outlet
	token json.RawMessage // progress token; nil sends no progress
	level func() logLevel // the least level that is sent; levelOff sends none
	task  string          // that messages belong to; empty for none

	mu       sync.Mutex
	ended    bool
	progress float64 // last one sent; the protocol wants it to grow
	began    bool
	asks     *askTable // of the client; set once something can be asked
	open     []string  // questions of this request that were not answered
}

// Progress sends notifications/progress, when the client gave a token and the figure has grown.
func (p *requestPeer) Progress(_ context.Context, at tools.Progress) {
	if p.token == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || p.began && at.Done <= p.progress {
		return
	}
	p.began, p.progress = true, at.Done
	params := append([]byte(`{"progressToken":`), p.token...)
	params = append(params, `,"progress":`...)
	params = appendNumber(params, at.Done)
	if at.Total > 0 {
		params = append(params, `,"total":`...)
		params = appendNumber(params, at.Total)
	}
	if at.Message != "" {
		params = append(params, `,"message":`...)
		params = appendString(params, at.Message)
	}
	p.out.offer(notification("notifications/progress", p.close(params)))
}

// Log sends notifications/message, when the client wants that level. Data that is no JSON is dropped.
func (p *requestPeer) Log(_ context.Context, m tools.LogMessage) {
	level, ok := parseLevel(m.Level)
	if !ok || level < p.level() {
		return
	}
	data, err := json.Marshal(m.Data)
	if err != nil {
		return
	}
	params := append([]byte(`{"level":"`), level.String()...)
	params = append(params, '"')
	if m.Logger != "" {
		params = append(params, `,"logger":`...)
		params = appendString(params, m.Logger)
	}
	params = append(append(params, `,"data":`...), data...)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.out.offer(notification("notifications/message", p.close(params)))
	}
}

// close ends params with what they belong to.
func (p *requestPeer) close(params []byte) []byte {
	if p.task != "" {
		params = append(append(append(params, `,"_meta":{"`+metaRelated+`":`...), related(p.task)...), '}')
	}
	return append(params, '}')
}

// begin opens a question of the request's handler. There is none once the request has ended.
func (p *requestPeer) begin(most int) (openAsk, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return openAsk{}, gone()
	}
	a, err := p.asks.begin(most)
	if err == nil {
		p.open = append(p.open, a.id)
	}
	return a, err
}

// withdraw forgets a question, and tells the client when it was still open.
func (p *requestPeer) withdraw(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = slices.DeleteFunc(p.open, func(other string) bool { return other == id })
	p.cancel(id)
}

// cancel is called with mu held.
func (p *requestPeer) cancel(id string) {
	if !p.asks.end(id) || p.ended {
		return
	}
	params := appendString([]byte(`{"requestId":`), id)
	p.out.offer(notification("notifications/cancelled", append(params, `,"reason":"no longer needed"}`...)))
}

// end makes the peer silent. What was sent before stands before whatever is sent next. Questions of a handler that was
// not waited for are withdrawn.
func (p *requestPeer) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range p.open {
		p.cancel(id)
	}
	p.ended = true
}

func appendNumber(dst []byte, f float64) []byte { return strconv.AppendFloat(dst, f, 'g', -1, 64) }

// logLevel is a severity of RFC 5424, as the protocol names them, in rising order.
type logLevel int32

// The levels. levelOff is above all of them.
const (
	levelDebug logLevel = iota
	levelInfo
	levelNotice
	levelWarning
	levelError
	levelCritical
	levelAlert
	levelEmergency
	levelOff
)

func levelNames() [8]string {
	return [8]string{"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"}
}

func (l logLevel) String() string { return levelNames()[l] }

func parseLevel(name string) (logLevel, bool) {
	for i, known := range levelNames() {
		if name == known {
			return logLevel(i), true
		}
	}
	return levelOff, false
}
