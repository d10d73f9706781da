// Package atr is the agents' tool registry: the tools, resources and prompts of other MCP servers, each published under a
// name of its own and governed like every other. A server is started when it is first needed; what it offers is remembered,
// so that it can be listed without being started. What it defines is pinned: it is offered only while it is what was
// trusted, and whatever has changed waits until a person has seen the difference.
package atr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/cache"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/retry"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/semver"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// Name is the module's name.
const Name = "atr"

// What holds where a Server says nothing.
const (
	DefaultIdle    = 10 * time.Minute // without a call after which a server is stopped
	DefaultListing = 30 * time.Second // to read what a server offers
	settle         = 200 * time.Millisecond
)

// A Server is another MCP server: a program that is started, or an address.
type Server struct {
	Name string // of letters, digits, _ and -, at most 20: it begins the names of what the server offers

	Command string            // a program, found in PATH or by its path
	Args    []string          //
	Env     map[string]string // values may be references to secrets
	Pass    []string          // names of variables that are passed on from our environment
	Dir     string            // to run in; empty is the present one
	// Sandbox is what the program may reach besides what it cannot run without, its paths as they are written, with ~ and
	// ${NAME}; nil is all that we may. Its limits are those of Limits, which hold without a sandbox too.
	Sandbox *sandbox.Profile
	Limits  sandbox.Limits

	Local *Local // tools that run here, in the place of a server's; nil is none

	URL     string            // of a server over HTTP
	Headers map[string]string // values may be references to secrets
	Private bool              // the url may lead to this machine and to private networks
	// OAuth says how tokens are got for a server with a url. Nil is a login of each principal where the server wants one,
	// unless a header authenticates.
	OAuth *oauth.Config

	Credentials map[string]Credential // that its tools' arguments may name; nil is none

	Eager    bool          // started with the kernel, not when it is first needed
	Required bool          // the kernel does not start without it
	Idle     time.Duration // without a call after which it is stopped; 0 is DefaultIdle, negative is never
	Start    time.Duration // for it to start; 0 is upstream.DefaultStart
	Timeout  time.Duration // of a call; 0 is what policies say
	Parallel int           // calls at once; 0 is upstream.DefaultParallel
	Bytes    int           // of a message; 0 is rpc.DefaultMaxMessage
	Retries  retry.Policy  // of calls that come to no answer, of tools that may be called twice; zero makes one attempt

	Allow []string // globs of the tools, resources and prompts that are published, by their own names; nil is all
	Deny  []string // globs of those that are not
	Trust pin.Trust
	Hints bool // what the server says of its tools' effects is believed; otherwise each may do anything

	Version string              // range of versions of which the server must be, as semver.ParseRange reads it; empty is any
	Tools   map[string]Override // what the operator says of tools, by their own names
}

// nameOf is what a server may be called.
func nameOf() *regexp.Regexp {
	return regexp.MustCompile(`^[a-zA-Z0-9](?:[a-zA-Z0-9-]|_[a-zA-Z0-9-]){0,19}$`)
}

// check returns every fault of a server.
func (s *Server) check() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("server %q: "+format, append([]any{s.Name}, args...)...))
	}
	if !nameOf().MatchString(s.Name) || strings.Contains(s.Name, "__") {
		fault("a name is 1 to 20 letters, digits, - and single _")
	}
	switch {
	case s.Local != nil:
		if err := s.checkLocal(); err != nil {
			fault("%w", err)
		}
	case s.Command == "" && s.URL == "":
		fault("has neither a command nor a url")
	case s.Command != "" && s.URL != "":
		fault("has a command and a url: it is started or reached, not both")
	case s.URL != "" && (len(s.Args)+len(s.Env)+len(s.Pass) > 0 || s.Dir != ""):
		fault("args, env, pass_env and dir are for servers with a command")
	case s.Command != "" && len(s.Headers) > 0:
		fault("headers are for servers with a url")
	case s.Command != "" && s.Private:
		fault("allow_private is for servers with a url")
	case s.Command != "" && s.OAuth != nil:
		fault("auth is for servers with a url")
	case s.OAuth != nil && s.authenticates():
		fault("has auth and a header Authorization: one of them says who calls")
	}
	if s.OAuth != nil {
		if err := s.OAuth.Check(s.URL); err != nil {
			fault("auth: %w", err)
		}
	}
	if s.Version != "" {
		if _, err := semver.ParseRange(s.Version); err != nil {
			fault("version: %w", err)
		}
	}
	for _, name := range sortedKeys(s.Tools) {
		o := s.Tools[name]
		if err := o.check(); err != nil {
			fault("tools.%s: %w", name, err)
		}
	}
	for _, err := range s.checkSandbox() {
		if err != nil {
			fault("%w", err)
		}
	}
	if s.Start < 0 || s.Timeout < 0 || s.Parallel < 0 || s.Bytes < 0 {
		fault("bounds and times must not be negative")
	}
	if err := s.Retries.Check(); err != nil {
		fault("retries: %w", err)
	}
	faults = append(faults, s.checkCredentials())
	for _, glob := range slices.Concat(s.Allow, s.Deny) {
		if _, err := compileGlob(glob); err != nil {
			fault("%q: %w", glob, err)
		}
	}
	return errors.Join(faults...)
}

// authenticates reports whether a header says who calls.
func (s *Server) authenticates() bool {
	for name := range s.Headers {
		if strings.EqualFold(name, "Authorization") {
			return true
		}
	}
	return false
}

// Tokens returns how tokens are got for the server, and whether they are at all.
func (s *Server) Tokens() (oauth.Config, bool) {
	switch {
	case s.URL == "" || s.authenticates():
		return oauth.Config{}, false
	case s.OAuth == nil:
		return oauth.Config{}, true
	default:
		return *s.OAuth, true
	}
}

// Personal reports whether the server may tell principals apart, so that none must have to do with what is another's.
func (s *Server) Personal() bool {
	c, ok := s.Tokens()
	return ok && c.Grant == oauth.Code && !c.Shared
}

// identity is how the server is started or reached, as it is pinned: with the names of what is passed to it and without
// the values, which may be secrets and change.
func (s *Server) identity() (json.RawMessage, error) {
	keys := func(m map[string]string) []string {
		all := make([]string, 0, len(m))
		for key := range m {
			all = append(all, key)
		}
		slices.Sort(all)
		return all
	}
	all := map[string]any{
		"command": s.Command, "args": s.Args, "env": keys(s.Env), "pass_env": s.Pass, "dir": s.Dir, "url": s.URL, "headers": keys(s.Headers),
	}
	if s.Local != nil {
		all = map[string]any{"local": s.Local.From}
	}
	if c := s.OAuth; c != nil {
		all["auth"] = map[string]any{"grant": c.Grant, "issuer": c.Issuer, "client_id": c.ClientID, "shared": c.Shared}
	}
	if s.Sandbox != nil {
		all["sandbox"] = s.Sandbox
	}
	if len(s.Credentials) > 0 {
		all["credentials"] = s.Credentials
	}
	return json.Marshal(all)
}

// Options are what a Module is made of. State, Open and Client are required where there are servers.
type Options struct {
	Servers []Server
	State   state.Backend // keeps pins, and what servers offered last
	// Open starts or dials a server, for the calls of one principal where Server.Personal says so.
	Open func(ctx context.Context, s *Server, principal string, log func(line string)) (upstream.Link, error)
	// Self is the principal that reads what servers offer: whoever runs the kernel.
	Self string
	// Resolve returns what a reference to a secret stands for. Nil has no credentials filled in.
	Resolve func(ctx context.Context, text string) (string, error)
	// Source returns what gives the tokens for a server of a principal. Nil has none.
	Source func(s *Server, principal string) (*oauth.Source, error)
	// Cold starts nothing and learns nothing on its own: only who is called is started.
	Cold bool
	// Client is who we are, as clientInfo says it.
	Client json.RawMessage
	// Changed is called when the surface is another than before, from a goroutine of the module's. May be nil.
	Changed func()
	// Fault is told of what nobody was answered: servers that do not start, things that cannot be published. May be nil.
	Fault func(server string, err error)
	// Line takes what servers write to their standard error, and their log messages. May be nil.
	Line func(server, line string)
	// Record writes down that somebody has agreed to something, before it is done; what it returns keeps it from being done.
	// May be nil.
	Record func(ctx context.Context, by, digest, what string) error
	// Threshold is how many tools of other servers are listed: where there are more, those are listed instead by which they
	// are found and called. 0 never lists them, a negative one always does. All can be called in any case.
	Threshold int
	Now       func() time.Time // nil is time.Now
}

// DefaultThreshold is a Threshold that suits most: hosts show a model at most 128 tools, of which we want a dozen, and each
// costs it some hundred tokens whether it is needed or not.
const DefaultThreshold = 100

// A Module governs other servers. It is safe for concurrent use.
type Module struct {
	holds   holds       // calls that wait for clients to come back with an answer
	answers cache.Cache // of tools that only read, where the operator says so
	o       Options
	book    *pin.Book
	doubts  *detect.Engine
	ctx     context.Context //nolint:containedctx // of the module's own work: it ends with Close
	stop    context.CancelFunc
	work    sync.WaitGroup
	servers []*server

	mu      sync.RWMutex
	offered map[string]offer // by published name, with its kind before it
	warned  map[string]bool  // who was warned of a deprecated tool

	stats statistics

	indexing sync.Mutex
	found    atomic.Pointer[shelf] // the tools of the last catalog that was searched
}

// New returns a Module that has started nothing yet, or every fault of its servers.
func New(o Options) (*Module, error) {
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Fault == nil {
		o.Fault = func(string, error) {}
	}
	if o.Line == nil {
		o.Line = func(string, string) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	engine, err := detect.New(detect.Options{Detectors: detect.Definition})
	if err != nil {
		return nil, err
	}
	m := &Module{o: o, book: pin.NewBook(o.State, o.Now), doubts: engine, offered: map[string]offer{}}
	m.ctx, m.stop = context.WithCancel(context.Background())
	var faults []error
	seen := map[string]bool{}
	for i := range o.Servers {
		s := &o.Servers[i]
		faults = append(faults, s.check())
		if folded := strings.ToLower(s.Name); seen[folded] {
			faults = append(faults, fmt.Errorf("server %q: another has that name", s.Name))
		} else {
			seen[folded] = true
		}
		m.servers = append(m.servers, newServer(m, s))
	}
	if err := errors.Join(faults...); err != nil {
		m.stop()
		return nil, err
	}
	slices.SortFunc(m.servers, func(a, b *server) int { return strings.Compare(a.Name, b.Name) })
	return m, nil
}

// Name implements tools.Module.
func (*Module) Name() string { return Name }

// Recall makes known what servers offered when they were last seen, and starts nothing. Without it Begin does so.
func (m *Module) Recall(ctx context.Context) {
	for _, s := range m.servers {
		s.recall(ctx)
	}
	m.publish()
}

// Begin makes what servers offered last known, and starts those that are to be started, each in the background; the error
// says which of those that are required cannot be. It is called once.
func (m *Module) Begin(ctx context.Context) error {
	var faults []error
	for _, s := range m.servers {
		remembered := s.isKnown() || s.recall(ctx)
		switch {
		case m.o.Cold:
		case s.Local != nil:
			s.present(ctx, remembered)
		case s.Required:
			if err := s.refresh(ctx); err != nil {
				faults = append(faults, fmt.Errorf("server %s is required: %w", s.Name, err))
			}
		case s.Eager || !remembered || s.waits():
			s.ask("")
		}
	}
	m.publish()
	return errors.Join(faults...)
}

// Close stops all servers and waits until nothing of the module runs any more.
func (m *Module) Close() error {
	m.stop()
	m.holds.end()
	var faults []error
	var closing sync.WaitGroup
	var mu sync.Mutex
	for _, s := range m.servers {
		closing.Go(func() {
			err := s.close()
			mu.Lock()
			defer mu.Unlock()
			faults = append(faults, err)
		})
	}
	closing.Wait()
	m.work.Wait()
	return errors.Join(faults...)
}
