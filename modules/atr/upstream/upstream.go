package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// What holds where Options say nothing.
const (
	DefaultStart    = 30 * time.Second       // for a server to start and shake hands
	DefaultFirst    = 500 * time.Millisecond // pause after the first failure
	DefaultMost     = time.Minute            // longest pause
	DefaultSettled  = 10 * time.Second       // that a server must live for its start to count as one that went well
	DefaultParallel = 64                     // calls of one server at once
	DefaultPing     = 5 * time.Second        // for a server to show that it lives, when calls come to nothing
)

// mostSilent is how many calls in a row may end without an answer before a server is asked whether it lives.
const mostSilent = 3

// ErrHung is why a server was given up that answered neither calls nor a ping.
var ErrHung = errors.New("it answers nothing any more")

// ErrStopped says that the upstream is closed for good.
var ErrStopped = errors.New("the upstream is closed")

// A DownError says that a server cannot be used now. Cause is why its last start failed, or why it ended.
type DownError struct {
	Name  string
	Retry time.Time // when it is tried again at the earliest
	Cause error
}

// Error names the server, and when it is tried again; why it is down is for operators.
func (e *DownError) Error() string {
	return fmt.Sprintf("the server %s is not available; it is tried again at %s", e.Name, e.Retry.UTC().Format(time.RFC3339))
}

// Unwrap returns the cause.
func (e *DownError) Unwrap() error { return e.Cause }

// ErrFull says that as many calls as may be are running in a server.
var ErrFull = errors.New("too many calls of one server at once")

// A State says what an upstream is at. The zero value is that of one that was not needed yet.
type State uint8

// The states.
const (
	Idle     State = iota // not started, or stopped because nobody used it
	Starting              // a call waits for it
	Running               // connected
	Down                  // failed, and not to be tried before a while
	Stopped               // closed
)

// String returns the state as a word.
func (s State) String() string {
	return [...]string{"idle", "starting", "running", "down", "stopped"}[s]
}

// A Link is what Options.Open makes: a transport, and what is behind it.
type Link struct {
	rpc.Transport
	// Behind is ended after the transport: a process. May be nil.
	Behind io.Closer
	// Tell explains the end of a connection, as a process's last words do. May be nil.
	Tell func() error
	// Sandbox is what became of the sandbox of a process; nil where there is none.
	Sandbox *sandbox.Report
}

// Options are what an Upstream is made of. Name and Open are required.
type Options struct {
	Name string
	// Open starts or dials the server. ctx bounds the attempt alone.
	Open func(ctx context.Context) (Link, error)
	// Conn are the options of connections but for their transport.
	Conn rpc.Options
	// Accept judges who a server says that it is; an error is a start that has failed. May be nil.
	Accept func(rpc.Server) error
	// OnState is told of each change, with the cause of a failure. It must not wait. May be nil.
	OnState func(state State, cause error)
	// Waits reports whether a start that failed waits for a person, and not for time to pass: the next call tries again at
	// once, and it does not count as a failure. May be nil.
	Waits func(err error) bool
	// OnList is told that a list of the server may have changed, "tools", "resources" or "prompts"; empty is all of them. It must not wait. May be nil.
	OnList func(kind string)

	Start    time.Duration // for a start; 0 is DefaultStart
	Idle     time.Duration // without a call after which the server is stopped; 0 is never
	First    time.Duration // pause after a failure, which doubles with each; 0 is DefaultFirst
	Most     time.Duration // longest pause; 0 is DefaultMost
	Settled  time.Duration // that a server must live for its failures to be forgotten; 0 is DefaultSettled
	Parallel int           // calls at once; 0 is DefaultParallel
	Ping     time.Duration // for the answer to a ping; 0 is DefaultPing

	Now    func() time.Time // nil is time.Now
	Jitter func() float64   // 0 to 1, by which pauses of several differ; nil is random
}

// An Upstream is one server, which may or may not be running. It is safe for concurrent use.
type Upstream struct {
	o     Options
	slots chan struct{}
	tasks sync.WaitGroup // goroutines that are ours

	mu       sync.Mutex
	state    State
	link     Link
	conn     *rpc.Conn
	attempt  *attempt  // while Starting
	begun    time.Time // of the connection
	failures int       // in a row
	retry    time.Time // while Down
	changed  time.Time // the state
	cause    error     // of the last failure
	running  int       // calls
	idle     *time.Timer
	held     int        // by those who wait to hear of something
	server   rpc.Server // as last seen
	starts   int
	silent   int  // calls in a row that ended without an answer
	pinging  bool // it is being asked whether it lives
}

// An attempt is a start that calls wait for.
type attempt struct {
	done chan struct{} // closed when it is over
	conn *rpc.Conn
	err  error
	stop context.CancelFunc
}

// New returns an upstream that is not started yet.
func New(o Options) *Upstream {
	setDefault(&o.Start, DefaultStart)
	setDefault(&o.First, DefaultFirst)
	setDefault(&o.Most, DefaultMost)
	setDefault(&o.Settled, DefaultSettled)
	setDefault(&o.Parallel, DefaultParallel)
	setDefault(&o.Ping, DefaultPing)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.OnState == nil {
		o.OnState = func(State, error) {}
	}
	u := &Upstream{o: o, slots: make(chan struct{}, o.Parallel)}
	u.o.Conn.Notify = u.noted(o.Conn.Notify)
	return u
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// noted hears of changed lists before whoever else wants to hear.
func (u *Upstream) noted(next func(string, json.RawMessage)) func(string, json.RawMessage) {
	return func(method string, params json.RawMessage) {
		if u.o.OnList != nil {
			switch method {
			case "notifications/tools/list_changed":
				u.o.OnList("tools")
			case "notifications/resources/list_changed":
				u.o.OnList("resources")
			case "notifications/prompts/list_changed":
				u.o.OnList("prompts")
			}
		}
		if next != nil {
			next(method, params)
		}
	}
}

// Name returns the upstream's name.
func (u *Upstream) Name() string { return u.o.Name }

// A Status is what an upstream is at.
type Status struct {
	State    State
	Server   rpc.Server // as it last introduced itself; zero when it never has
	Since    time.Time  // while Running: since when
	Changed  time.Time  // since when it is at that; zero when it never was at anything else
	Starts   int        // how often it was started
	Failures int        // starts that failed, or lives that ended soon, in a row
	Retry    time.Time  // while Down: when it is tried again
	Cause    error      // why it last failed, for operators; nil when it never has
	Running  int        // calls
}

// Status returns what the upstream is at.
func (u *Upstream) Status() Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := Status{State: u.state, Changed: u.changed, Server: u.server, Starts: u.starts, Failures: u.failures, Cause: u.cause, Running: u.running}
	switch {
	case u.state == Running:
		s.Since = u.begun
	case u.state == Down && !u.o.Now().Before(u.retry):
		s.State, s.Changed = Idle, u.retry
	case u.state == Down:
		s.Retry = u.retry
	}
	return s
}

// Call makes one request, and starts the server when it is not running. The error is an *rpc.Error of the server, a
// *DownError, ErrFull, one of the connection, or the end of ctx.
func (u *Upstream) Call(ctx context.Context, r rpc.Request) (json.RawMessage, error) {
	select {
	case u.slots <- struct{}{}:
	default:
		return nil, fmt.Errorf("%w: %s", ErrFull, u.o.Name)
	}
	defer func() { <-u.slots }()
	conn, err := u.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer u.leave()
	answer, err := conn.Call(ctx, r)
	u.hear(conn, err == nil || ctx.Err() == nil, errors.Is(ctx.Err(), context.DeadlineExceeded))
	return answer, err
}

// Connect starts the server when it is not running, and returns who it is.
func (u *Upstream) Connect(ctx context.Context) (rpc.Server, error) {
	conn, err := u.enter(ctx)
	if err != nil {
		return rpc.Server{}, err
	}
	defer u.leave()
	return conn.Server(), nil
}

// enter returns a connection for a call, which leave ends.
func (u *Upstream) enter(ctx context.Context) (*rpc.Conn, error) {
	conn, starting, err := u.begin()
	if err != nil || conn != nil {
		return conn, err
	}
	select {
	case <-starting.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if starting.err != nil {
		return nil, starting.err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.use()
	return starting.conn, nil
}

// begin returns the connection there is, or the attempt to have one.
func (u *Upstream) begin() (*rpc.Conn, *attempt, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.state == Stopped:
		return nil, nil, ErrStopped
	case u.state == Running:
		u.use()
		return u.conn, nil, nil
	case u.state == Starting:
		return nil, u.attempt, nil
	case u.state == Down && u.o.Now().Before(u.retry):
		return nil, nil, &DownError{Name: u.o.Name, Retry: u.retry, Cause: u.cause}
	}
	ctx, stop := context.WithTimeout(context.Background(), u.o.Start)
	a := &attempt{done: make(chan struct{}), stop: stop}
	u.attempt = a
	u.starts++
	u.become(Starting, nil)
	u.tasks.Go(func() { u.start(ctx, a) })
	return nil, a, nil
}

// use notes that a call has begun.
func (u *Upstream) use() {
	u.running++
	if u.idle != nil {
		u.idle.Stop()
	}
}

// Hold keeps a server that runs from being stopped for want of calls, until release, which does nothing a second time: somebody
// waits to hear of something.
func (u *Upstream) Hold() (release func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.held++
	return sync.OnceFunc(func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.held--
		u.unused()
	})
}

// leave notes that a call has ended.
func (u *Upstream) leave() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.running--
	u.unused()
}

// unused has a server that nobody uses any more stopped after a while.
func (u *Upstream) unused() {
	if u.running == 0 && u.held == 0 && u.o.Idle > 0 && u.state == Running {
		u.rest()
	}
}
