package config

import (
	"strings"
	"time"
)

// A Config is everything that can be configured. Keys in the file are the mapstructure names, nested by dots; the
// environment spells them MCP_KERNEL_AUDIT_DURABILITY; configs/mcp-kernel.yaml documents each.
type Config struct {
	DataDir       string        `mapstructure:"data_dir"` // journal, keys, state; default is the user's data directory
	Log           Log           `mapstructure:"log"`
	Server        Server        `mapstructure:"server"`
	Governance    Governance    `mapstructure:"governance"`
	Audit         Audit         `mapstructure:"audit"`
	State         State         `mapstructure:"state"`
	Observability Observability `mapstructure:"observability"`
	Modules       Modules       `mapstructure:"modules"`
	Files         Files         `mapstructure:"files"`
	Upstreams     Upstreams     `mapstructure:"upstreams"`
	Tools         Tools         `mapstructure:"tools"`

	// File is the file that was read, or empty.
	File string `mapstructure:"-"`
}

// Log configures the program's own log, which goes to standard error.
type Log struct {
	Level  string `mapstructure:"level"`  // debug, info, warn, error, off
	Format string `mapstructure:"format"` // auto (pretty on a terminal), pretty, json
}

// Server configures what hosts see.
type Server struct {
	Profile       string        `mapstructure:"profile"`        // default, files, full
	MaxConcurrent int           `mapstructure:"max_concurrent"` // requests of one connection at once
	MaxMessage    int           `mapstructure:"max_message"`    // bytes
	PageSize      int           `mapstructure:"page_size"`      // entries of a listing's page
	Drain         time.Duration `mapstructure:"drain"`          // for running calls when the host has gone
	MaxAsks       int           `mapstructure:"max_asks"`       // questions to one client that it has not answered
	AskTimeout    time.Duration `mapstructure:"ask_timeout"`    // for a client to answer a question
	HTTP          HTTP          `mapstructure:"http"`
}

// HTTP configures what clients over HTTP see. Whether there is HTTP, and on which address, the command line says.
type HTTP struct {
	Path           string        `mapstructure:"path"`            // of the endpoint
	Hosts          []string      `mapstructure:"hosts"`           // names by which clients may call the server
	Origins        []string      `mapstructure:"origins"`         // web origins that may call besides the server's own
	TLSCert        string        `mapstructure:"tls_cert"`        // PEM file, read again when it changes
	TLSKey         string        `mapstructure:"tls_key"`         // PEM file, read again when it changes
	ClientCA       string        `mapstructure:"client_ca"`       // PEM file of authorities of clients' certificates, read again when it changes
	ClientCert     string        `mapstructure:"client_cert"`     // optional or required, with client_ca
	PlainText      bool          `mapstructure:"plain_text"`      // other addresses than loopback without TLS
	MaxBody        int           `mapstructure:"max_body"`        // bytes of one message
	MaxConnections int           `mapstructure:"max_connections"` // at once
	MaxRequests    int           `mapstructure:"max_requests"`    // of one caller at once
	MaxRunning     int           `mapstructure:"max_running"`     // calls at once, of all callers
	MaxQueue       int           `mapstructure:"max_queue"`       // calls that wait for that
	MaxStreams     int           `mapstructure:"max_streams"`     // that listen
	MaxSessions    int           `mapstructure:"max_sessions"`    // of the 2025 era
	HeaderTimeout  time.Duration `mapstructure:"header_timeout"`  // for a request's headers
	BodyTimeout    time.Duration `mapstructure:"body_timeout"`    // for a request's body
	QueueWait      time.Duration `mapstructure:"queue_wait"`      // for a call to be begun
	WriteTimeout   time.Duration `mapstructure:"write_timeout"`   // for a client to take an answer or an event
	ConnectionIdle time.Duration `mapstructure:"connection_idle"` // between requests of a connection
	DrainDelay     time.Duration `mapstructure:"drain_delay"`     // at the end, while /readyz fails and requests are still served
	SessionIdle    time.Duration `mapstructure:"session_idle"`    // after which an unused session ends
	KeepAlive      time.Duration `mapstructure:"keep_alive"`      // between signs of life on a quiet stream
	KeysDir        string        `mapstructure:"keys_dir"`        // where keys.json is; empty is the data directory
	Poll           time.Duration `mapstructure:"poll"`            // after which a client that can resume is sent away to come back; 0 never
	Auth           Auth          `mapstructure:"auth"`            // who is let in besides those who have keys
}

// Governance configures which policies hold and what limits count over.
type Governance struct {
	PolicyFiles []string      `mapstructure:"policy_files"` // files or directories; none means the built-in policies
	Publishers  []string      `mapstructure:"publishers"`   // public keys of those whose published policies hold instead of files
	Policies    []string      `mapstructure:"policies"`     // names of those that hold for every call
	Window      time.Duration `mapstructure:"window"`       // of the implicit execution
	MaxDepth    int           `mapstructure:"max_depth"`    // of calls that calls make
	Ceiling     Ceiling       `mapstructure:"ceiling"`      // what no policy exceeds, and what holds where all are silent
	Approvals   Approvals     `mapstructure:"approvals"`    // what people are asked about calls
}

// Approvals configures what people are asked about calls.
type Approvals struct {
	MaxOpen int `mapstructure:"max_open"` // questions about calls of one principal that were not answered, or whose calls were not made yet
}

// Ceiling bounds what policies can grant.
type Ceiling struct {
	MaxTokens int64         `mapstructure:"max_tokens"` // tokens per execution
	MaxCalls  int64         `mapstructure:"max_calls"`  // calls per execution
	Timeout   time.Duration `mapstructure:"timeout"`    // how long a handler may run
}

// Audit configures the journal: how safely entries are kept, what of a call they show, and how often it is signed.
type Audit struct {
	Durability         string        `mapstructure:"durability"`          // process, disk
	Capture            string        `mapstructure:"capture"`             // digest, preview, sealed
	Recipient          string        `mapstructure:"recipient"`           // age X25519 recipient that sealed payloads are encrypted to
	CheckpointEvery    int           `mapstructure:"checkpoint_every"`    // entries between two signed heads
	CheckpointInterval time.Duration `mapstructure:"checkpoint_interval"` // at most between a new entry and a signed head
	SegmentBytes       int64         `mapstructure:"segment_bytes"`       // size at which a segment is closed
	RetainSegments     int           `mapstructure:"retain_segments"`     // closed segments kept; 0 keeps all
	RetainAge          time.Duration `mapstructure:"retain_age"`          // age of segments kept; 0 keeps all
	Mirror             bool          `mapstructure:"mirror"`              // sends entries to the state that kernels share
	MirrorKeep         int           `mapstructure:"mirror_keep"`         // entries that stay there; 0 keeps all
	Export             []Export      `mapstructure:"export"`              // where entries are sent as they are written
	MirrorName         string        `mapstructure:"mirror_name"`         // of this kernel among them; empty is the machine's
}

// An Export is where entries are sent for security information systems.
type Export struct {
	Name   string `mapstructure:"name"`   // by which its position is kept
	To     string `mapstructure:"to"`     // udp://, tcp://, tls://, unix:// or file://
	Format string `mapstructure:"format"` // ocsf, cef; empty is cef
	CA     string `mapstructure:"ca"`     // PEM file of those who may have signed a tls receiver's certificate
}

// State configures where modules keep what they keep.
type State struct {
	URL     string        `mapstructure:"url"`     // of the driver and its place: memory:, sqlite:PATH; or where that is kept: env:NAME, file:PATH
	Timeout time.Duration `mapstructure:"timeout"` // of one operation on state on another machine
}

// Private reports whether what is kept is one process's alone, and gone with it.
func (s State) Private() bool { return strings.HasPrefix(strings.ToLower(s.URL), "memory:") }

// Observability configures who can see what the kernel does.
type Observability struct {
	MetricsListen string `mapstructure:"metrics_listen"` // address at which metrics can be scraped; empty is none
	MetricsPublic bool   `mapstructure:"metrics_public"` // that address may be another than a loopback one
	MetricsToken  string `mapstructure:"metrics_token"`  // where what scrapers must show is kept: env:NAME, file:PATH, keyring:SERVICE/NAME; empty asks for nothing
	OTLP          OTLP   `mapstructure:"otlp"`
}

// OTLP configures what is sent to a collector of OpenTelemetry.
type OTLP struct {
	Endpoint string        `mapstructure:"endpoint"` // URL to which /v1/traces, /v1/metrics and /v1/logs are added; empty sends nothing
	Headers  []Header      `mapstructure:"headers"`  // sent along
	CAFile   string        `mapstructure:"ca_file"`  // certificates that the collector's is checked with; empty are the system's
	Timeout  time.Duration `mapstructure:"timeout"`  // of one request
	Service  string        `mapstructure:"service"`  // the name of this kernel: service.name
	Traces   bool          `mapstructure:"traces"`
	Metrics  bool          `mapstructure:"metrics"`
	Logs     bool          `mapstructure:"logs"`    // what the journal says of calls, without arguments and answers
	Sample   float64       `mapstructure:"sample"`  // the part of calls that are followed, of those whose clients say nothing
	Inbound  float64       `mapstructure:"inbound"` // calls a second that are followed because their clients say so, at most
	Every    time.Duration `mapstructure:"every"`   // after which metrics are sent
}

// Header is one of HTTP.
type Header struct {
	Name  string `mapstructure:"name"`
	Value string `mapstructure:"value"` // or where it is kept: env:NAME, file:PATH, keyring:SERVICE/NAME
}

// Modules configures what is left out.
type Modules struct {
	Disabled []string `mapstructure:"disabled"`
}

// Files configures what the file actions may reach.
type Files struct {
	Roots        []Root        `mapstructure:"roots"`
	MaxFileBytes int64         `mapstructure:"max_file_bytes"` // largest file read or written
	Idempotency  time.Duration `mapstructure:"idempotency_ttl"`
}

// Upstreams configures which other MCP servers are governed.
type Upstreams struct {
	File            string `mapstructure:"file"`             // that lists them; empty is upstreams.yaml beside the configuration
	SearchThreshold int    `mapstructure:"search_threshold"` // tools of theirs that are listed; more are searched for. -1 lists all
}

// Tools configures which programs, operations of services and WebAssembly modules are tools.
type Tools struct {
	File string `mapstructure:"file"` // that lists them; empty is tools.yaml beside the configuration
}

// A Root is one directory that the file actions may reach.
type Root struct {
	Name     string `mapstructure:"name"`
	Path     string `mapstructure:"path"` // absolute
	ReadOnly bool   `mapstructure:"read_only"`
}

// Default returns the configuration that holds where nothing else is said.
func Default() Config {
	return Config{
		DataDir: defaultDataDir(),
		Log:     Log{Level: "info", Format: "auto"},
		// Hosts show a model at most 128 tools, of which ours are a dozen.
		Upstreams: Upstreams{SearchThreshold: 100},
		Server: Server{
			Profile: "default", MaxConcurrent: 128, MaxMessage: 16 << 20, PageSize: 100, Drain: 10 * time.Second,
			MaxAsks: 64, AskTimeout: 10 * time.Minute,
			HTTP: HTTP{
				Path: "/mcp", MaxBody: 4 << 20, MaxConnections: 4096, MaxRequests: 2048, MaxRunning: 256, MaxQueue: 1024, QueueWait: 10 * time.Second, MaxStreams: 2048, MaxSessions: 10_000,
				HeaderTimeout: 10 * time.Second, BodyTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second,
				ConnectionIdle: 2 * time.Minute, SessionIdle: 30 * time.Minute, KeepAlive: 15 * time.Second,
				ClientCert: "optional",
				Auth:       Auth{GroupsClaim: "groups", Leeway: time.Minute, Outage: 24 * time.Hour, Otherwise: "refuse"},
			},
		},
		Governance: Governance{
			Policies: []string{"default"}, Window: time.Hour, MaxDepth: 8,
			Approvals: Approvals{MaxOpen: 32},
			Ceiling:   Ceiling{MaxTokens: 100_000_000, MaxCalls: 1_000_000, Timeout: 10 * time.Minute},
		},
		Audit: Audit{
			Durability: "process", Capture: "preview", CheckpointEvery: 4096, CheckpointInterval: time.Second,
			SegmentBytes: 64 << 20,
		},
		State: State{URL: "sqlite:", Timeout: 2 * time.Second},
		Observability: Observability{OTLP: OTLP{
			Timeout: 10 * time.Second, Service: "mcp-kernel", Traces: true, Metrics: true, Sample: 0.01, Inbound: 10, Every: time.Minute,
		}},
		Files: Files{MaxFileBytes: 8 << 20, Idempotency: 24 * time.Hour},
	}
}
