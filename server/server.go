package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/server/fleet"
	"github.com/mcp-kernel/mcp-kernel/server/tasks"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A Dispatcher is what this package asks for everything that can be invoked. *tools.Dispatcher is one.
type Dispatcher interface {
	Dispatch(ctx context.Context, call governance.Call, peer tools.Peer) (tools.Result, error)
	Refuse(ctx context.Context, call governance.Call, reason string) error
	Subscribe(ctx context.Context, call governance.Call, peer tools.Peer, changed func()) (stop func(), err error)
	List(ctx context.Context, caller governance.Caller, profile string, kinds ...governance.Kind) (tools.Listing, error)
	Members(ctx context.Context, caller governance.Caller) ([]tools.ResourceSpec, error)
	Has(kind governance.Kind, name string) bool
	Catalog() *tools.Catalog
}

// Options configure a Server. Dispatcher, IDs and Now are required; the rest has a default.
type Options struct {
	Dispatcher Dispatcher       // answers every request that is a governed call
	IDs        func() string    // makes call ids, UUIDv7
	Now        func() time.Time // the kernel's clock

	Name         string // default "mcp-kernel"
	Version      string // default "devel"
	Instructions string // for the model; default none
	Profile      string // what listings show; default tools.ProfileDefault

	// Secret seals what clients of the 2026 era carry for us between the requests of one call, at least 32 bytes. Replicas
	// share one; nil makes one that ends with the process, and with it every call that waits for an answer.
	Secret  []byte
	Secrets func() [][]byte // instead of Secret, where it changes: the first seals, all of them open
	Random  io.Reader       // nil is crypto/rand

	// Fleet are the processes that share one state with this one and serve the same clients, any of which may get the next
	// request; it belongs to the caller. Sessions of the 2025 era then lie in that state. Nil serves alone.
	Fleet *fleet.Member

	// Tasks lets calls of tools that say so go on as tasks; it belongs to the caller. Nil offers none.
	Tasks *tasks.Manager

	MaxLine       int           // bytes of one message; default 16 MiB
	MaxConcurrent int           // requests of one connection at once; default 256
	MaxListening  int           // subscriptions of one connection; default 256
	MaxAsks       int           // questions to one client of the 2025 era that it has not answered; default 64
	AskTimeout    time.Duration // how long a client may take to answer a question; default 10 minutes
	PageSize      int           // entries of a listing's page; default 100
	ListTTL       time.Duration // how long a listing may be kept by a client of the 2026 era; default 1 minute
	Drain         time.Duration // how long running calls may take at the end; default 10 seconds
}

func (o *Options) fill() error {
	var faults []error
	if o.Dispatcher == nil {
		faults = append(faults, errors.New("server: options need a Dispatcher"))
	}
	if o.IDs == nil || o.Now == nil {
		faults = append(faults, errors.New("server: options need IDs and Now"))
	}
	faults = append(faults, o.fillSecret())
	setDefault(&o.Name, "mcp-kernel")
	setDefault(&o.Version, "devel")
	setDefault(&o.Profile, tools.ProfileDefault)
	setDefault(&o.MaxLine, 16<<20)
	setDefault(&o.MaxConcurrent, 256)
	setDefault(&o.MaxListening, 256)
	setDefault(&o.MaxAsks, 64)
	setDefault(&o.AskTimeout, 10*time.Minute)
	setDefault(&o.PageSize, 100)
	setDefault(&o.ListTTL, time.Minute)
	setDefault(&o.Drain, 10*time.Second)
	return errors.Join(faults...)
}

// fillSecret makes a secret where there is none.
func (o *Options) fillSecret() error {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Secrets != nil {
		return nil
	}
	if o.Secret == nil {
		o.Secret = make([]byte, secretSize)
		if _, err := io.ReadFull(o.Random, o.Secret); err != nil {
			return fmt.Errorf("server: secret: %w", err)
		}
	}
	if len(o.Secret) < secretSize {
		return fmt.Errorf("server: Secret has %d bytes, at least %d are needed", len(o.Secret), secretSize)
	}
	o.Secrets = func() [][]byte { return [][]byte{o.Secret} }
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// A Server answers protocol messages on any number of connections. It is safe for concurrent use.
type Server struct {
	opts Options
	sdk  *mcpserver.MCPServer
	seal sealer
	self []byte // serverInfo of the 2026 era's results, as JSON

	marked  atomic.Pointer[map[string]*mcp.Tool] // tools some of whose arguments are repeated in headers
	written atomic.Pointer[map[string][]byte]    // tools as a listing shows them

	web atomic.Pointer[HTTP] // whose sessions the fleet shares; nil until there is one

	mu    sync.Mutex
	conns map[*conn]struct{}
}

// New returns a server for everything that the dispatcher offers.
func New(o Options) (*Server, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	s := &Server{
		opts: o, conns: map[*conn]struct{}{}, seal: sealer{secrets: o.Secrets, random: o.Random, now: o.Now},
		self: fmt.Appendf(nil, `{"name":%s,"version":%s}`, appendString(nil, o.Name), appendString(nil, o.Version)),
	}
	s.sdk = mcpserver.NewMCPServer(o.Name, o.Version,
		mcpserver.WithToolCapabilities(true), mcpserver.WithResourceCapabilities(true, true),
		mcpserver.WithPromptCapabilities(true), mcpserver.WithLogging(), mcpserver.WithCompletions(),
		mcpserver.WithInstructions(o.Instructions), mcpserver.WithHooks(s.taskHooks()),
		mcpserver.WithCacheHints(o.ListTTL.Milliseconds(), mcp.CacheScopePrivate))
	s.mark(o.Dispatcher.Catalog())
	if o.Fleet != nil {
		o.Fleet.Handle(s.told)
	}
	return s, nil
}

// mark notes which tools want some of their arguments in headers, too, and how each is written in a listing.
func (s *Server) mark(c *tools.Catalog) {
	marked, written := map[string]*mcp.Tool{}, map[string][]byte{}
	for _, tool := range c.Tools(tools.ProfileFull) {
		written[tool.Name] = appendToolSpec(nil, &tool)
		known := mcp.NewToolWithRawSchema(tool.Name, "", tool.InputSchema)
		if len(mcp.ExtractParamHeaderBindings(&known)) > 0 {
			marked[tool.Name] = &known
		}
	}
	s.marked.Store(&marked)
	s.written.Store(&written)
}

// Refresh publishes what the dispatcher offers after its catalog was replaced, and tells every client that the listings
// have changed.
func (s *Server) Refresh() {
	s.mark(s.opts.Dispatcher.Catalog())
	s.ListChanged(Changes{Tools: true, Resources: true, Prompts: true})
}

func (s *Server) join(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
}

func (s *Server) leave(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}
