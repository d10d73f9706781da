package bench

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// An Era is a generation of the protocol.
type Era string

// The eras. The revision of an era's newest version stands for all of it.
const (
	Era2025 Era = "2025" // a handshake (initialize), over HTTP a session; spoken as 2025-11-25
	Era2026 Era = "2026" // neither: every request says what it speaks; spoken as 2026-07-28
)

// version is what is spoken in an era.
func (e Era) version() string {
	if e == Era2026 {
		return "2026-07-28"
	}
	return "2025-11-25"
}

// A Target is the server that is measured: a Command over stdio, an URL over HTTP, or a Command that is to be reached
// over HTTP once it runs, at URL or at the address that ReadyURL finds in what it prints.
type Target struct {
	Name     string         // for the report; default the command's or the URL's
	Command  []string       // program and arguments; "{dir}" in an argument is a new, empty directory of each run
	Env      []string       // KEY=VALUE, beside this process's environment
	URL      string         // of an endpoint of streamable HTTP
	ReadyURL *regexp.Regexp // finds the URL in a line that Command prints: its first group, or all that matches
	Header   http.Header    // that every HTTP request carries beside the protocol's own
	TLS      *tls.Config    // for https; nil is the system's roots
	PID      int            // the process that serves URL, whose CPU and memory are read; of a Command it is known

	// Dial opens a connection instead of the network or the process; tests use it. With URL it carries HTTP, without
	// it carries a message a line.
	Dial func(ctx context.Context) (net.Conn, error)
}

// overHTTP reports whether the server speaks streamable HTTP.
func (t *Target) overHTTP() bool { return t.URL != "" || t.ReadyURL != nil }

func (t *Target) name() string {
	switch {
	case t.Name != "":
		return t.Name
	case len(t.Command) > 0:
		return strings.Join(t.Command, " ")
	default:
		return t.URL
	}
}

func (t *Target) validate() error {
	var faults []error
	if len(t.Command) == 0 && t.URL == "" && t.Dial == nil {
		faults = append(faults, errors.New("no server: give a command or a URL"))
	}
	if len(t.Command) == 0 && t.ReadyURL != nil {
		faults = append(faults, errors.New("a ready URL is what a command prints, and there is no command"))
	}
	if t.URL != "" {
		u, err := url.Parse(t.URL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			faults = append(faults, fmt.Errorf("URL %q: want http://HOST:PORT/PATH or https://…", t.URL))
		}
	}
	if !t.overHTTP() && len(t.Header) > 0 {
		faults = append(faults, errors.New("headers are for HTTP, and this server speaks over stdio"))
	}
	return errors.Join(faults...)
}

// A Call is one kind of request of the mix.
type Call struct {
	Method    string          // such as "tools/list"; empty is "tools/call"
	Tool      string          // of tools/call
	Arguments json.RawMessage // of the tool: an object; nil is an empty one
	Params    json.RawMessage // of another method: an object; nil is none
	Weight    int             // share of the mix; 0 is 1
}

// A Span is how long something goes on: until so many requests were sent or so much time has passed, whichever comes
// first. Zero fields do not end it; the zero Span is over at once.
type Span struct {
	Requests int64
	Duration time.Duration
}

// A Load is what is sent to a server, and how. Calls and an end of Measure are required; every other field has a
// default.
type Load struct {
	Era         Era     // default Era2025
	Calls       []Call  // the mix
	Connections int     // at once; over stdio each is a process; default 1
	Pipeline    int     // requests in flight on a connection; default 1, over HTTP always 1
	Rate        float64 // requests a second over all connections, evenly spaced; 0 sends whenever an answer has come
	Warmup      Span    // before measuring; the zero Span is none
	Measure     Span
	Timeout     time.Duration // for an answer, and for the server to start; default 30 seconds
	Seed        uint64        // of the mix: the same seed sends the same sequence

	// Sleep waits for a moment of at most some milliseconds; nil is the system's clock, which is exacter than the
	// runtime's timers.
	Sleep func(time.Duration)
}

// Limits on a Load, which are far from what a machine can do and near enough to bound what a slip costs.
const (
	maxConnections = 20_000
	maxPipeline    = 10_000
)

// fill sets the defaults and reports everything that is wrong.
func (l *Load) fill(overHTTP bool) error {
	setDefault(&l.Era, Era2025)
	setDefault(&l.Connections, 1)
	setDefault(&l.Pipeline, 1)
	setDefault(&l.Timeout, 30*time.Second)
	if l.Sleep == nil {
		l.Sleep = nap
	}
	var faults []error
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(l.Era != Era2025 && l.Era != Era2026, "era %q: want %s or %s", l.Era, Era2025, Era2026)
	fault(len(l.Calls) == 0, "no calls: say what is to be sent")
	fault(l.Connections < 1 || l.Connections > maxConnections, "%d connections: want 1 to %d", l.Connections, maxConnections)
	fault(l.Pipeline < 1 || l.Pipeline > maxPipeline, "%d requests in flight: want 1 to %d", l.Pipeline, maxPipeline)
	fault(overHTTP && l.Pipeline > 1, "%d requests in flight on a connection: HTTP/1.1 carries one, open more connections", l.Pipeline)
	fault(l.Rate < 0, "rate %v: want more than 0", l.Rate)
	fault(l.Timeout < 0, "timeout %v: want more than 0", l.Timeout)
	fault(l.Measure.Requests <= 0 && l.Measure.Duration <= 0, "no end: say how many requests, or for how long")
	for _, c := range l.Calls {
		faults = append(faults, c.validate())
	}
	return errors.Join(faults...)
}

func (c *Call) validate() error {
	switch {
	case c.Weight < 0:
		return fmt.Errorf("%s: weight %d: want 1 or more", c.label(), c.Weight)
	case c.method() == toolsCall && c.Tool == "":
		return errors.New("tools/call: no tool is named")
	case c.method() == toolsCall && c.Params != nil:
		return fmt.Errorf("%s: a tool has arguments and no params", c.label())
	case !isObject(c.Arguments) || !isObject(c.Params):
		return fmt.Errorf("%s: want a JSON object", c.label())
	}
	return nil
}

func isObject(text json.RawMessage) bool {
	return text == nil || json.Valid(text) && strings.HasPrefix(strings.TrimLeft(string(text), " \t\r\n"), "{")
}

func (c *Call) method() string {
	if c.Method == "" {
		return toolsCall
	}
	return c.Method
}

// label names the call for people.
func (c *Call) label() string {
	if c.Tool != "" {
		return c.Tool
	}
	return c.method()
}

const toolsCall = "tools/call"

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
