package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A tally counts what comes of a phase. All its methods may be called by many goroutines at once.
type tally struct {
	took     Histogram // from when a request was due, or in a closed loop sent, to its answer
	waited   Histogram // in an open loop: from when a request was due to when it was sent
	good     atomic.Int64
	sent     atomic.Int64 // bytes
	received atomic.Int64 // bytes
	dialled  atomic.Int64 // connections opened after the first
	last     atomic.Int64 // when the last answer came, from the phase's begin

	mu     sync.Mutex
	faults map[string]*Fault
}

// A Fault is one kind of error, how often it came, and what the first one looked like.
type Fault struct {
	Kind  string `json:"kind"` // "rpc -32602", "isError", "http 503", "transport: timeout" and the like
	Count int64  `json:"count"`
	First string `json:"first"` // 300 bytes of it at most
}

// Limits on what is kept of errors.
const (
	maxKinds   = 50
	maxExample = 300
)

// answer counts an answer.
func (t *tally) answer(m *message, text []byte, took, now time.Duration) {
	t.took.Record(took)
	t.seen(now)
	switch {
	case m.failed:
		t.fail(fmt.Sprintf("rpc %d", m.code), 1, text)
	case m.isError:
		t.fail("isError", 1, text)
	case m.input:
		t.fail("input required", 1, text)
	default:
		t.good.Add(1)
	}
}

// seen notes that something came of a request.
func (t *tally) seen(now time.Duration) {
	for old := t.last.Load(); int64(now) > old && !t.last.CompareAndSwap(old, int64(now)); old = t.last.Load() {
	}
}

// fail counts errors of a kind.
func (t *tally) fail(kind string, n int64, example []byte) {
	if n == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.faults == nil {
		t.faults = map[string]*Fault{}
	}
	f := t.faults[kind]
	if f == nil && len(t.faults) >= maxKinds {
		kind = "of further kinds"
		f = t.faults[kind]
	}
	if f == nil {
		f = &Fault{Kind: kind, First: strings.ToValidUTF8(string(example[:min(len(example), maxExample)]), "")}
		t.faults[kind] = f
	}
	f.Count += n
}

// list returns the errors, the most frequent first, and how many there are.
func (t *tally) list() (list []Fault, sum int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.faults {
		list = append(list, *f)
		sum += f.Count
	}
	slices.SortFunc(list, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind))
	})
	return list, sum
}

// transportKind names what went wrong with a connection.
func transportKind(err error) string {
	if status, ok := errors.AsType[*statusError](err); ok {
		return fmt.Sprintf("http %d", status.code)
	}
	switch {
	case errors.Is(err, errNotMessage), errors.Is(err, errProtocol):
		return "malformed"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errTimeout):
		return "transport: timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "transport: refused"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, io.ErrClosedPipe), errors.Is(err, os.ErrClosed), errors.Is(err, net.ErrClosed):
		return "transport: closed"
	default:
		return "transport"
	}
}

// errProtocol is an answer that HTTP or MCP does not allow.
var errProtocol = errors.New("not what the protocol allows")

// errTimeout is an answer that did not come.
var errTimeout = errors.New("no answer in time")

// A statusError is an HTTP answer that carries no message.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string { return fmt.Sprintf("HTTP status %d: %.200s", e.code, e.text) }
