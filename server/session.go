package server

import (
	"sync"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

var (
	_ mcpserver.SessionWithLogging    = (*session)(nil)
	_ mcpserver.SessionWithClientInfo = (*session)(nil)
)

// A session is what the SDK knows of a client. In the 2025 era there is one a connection; in the 2026 era there is one
// a request, because everything it holds comes with the request. It is never registered with the SDK, which therefore
// broadcasts nothing of its own: notifications are this package's.
type session struct {
	id          string
	initialized atomic.Bool
	level       atomic.Int32

	mu    sync.Mutex
	info  mcp.Implementation
	caps  mcp.ClientCapabilities
	label string
	can   clientCaps

	version string // negotiated; empty before a handshake

	asks askTable // of the 2025 era
}

func newSession(id string) *session {
	s := &session{id: id}
	s.level.Store(int32(levelInfo))
	return s
}

// Initialize marks the session as ready.
func (s *session) Initialize() { s.initialized.Store(true) }

// Initialized reports whether the session is ready.
func (s *session) Initialized() bool { return s.initialized.Load() }

// NotificationChannel returns nil: the SDK is never asked to send.
func (*session) NotificationChannel() chan<- mcp.JSONRPCNotification { return nil }

// SessionID identifies the session within the process.
func (s *session) SessionID() string { return s.id }

// SetLogLevel sets the least level of log messages that the client wants.
func (s *session) SetLogLevel(level mcp.LoggingLevel) {
	if l, ok := parseLevel(string(level)); ok {
		s.level.Store(int32(l))
	}
}

// GetLogLevel returns the least level of log messages that the client wants.
func (s *session) GetLogLevel() mcp.LoggingLevel { return mcp.LoggingLevel(s.logLevel().String()) }

func (s *session) logLevel() logLevel { return logLevel(s.level.Load()) }

// GetClientInfo returns what the client said of itself.
func (s *session) GetClientInfo() mcp.Implementation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info
}

// SetClientInfo records what the client says of itself.
func (s *session) SetClientInfo(info mcp.Implementation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.info = info
}

// GetClientCapabilities returns what the client declared.
func (s *session) GetClientCapabilities() mcp.ClientCapabilities {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.caps
}

// SetClientCapabilities records what the client declares.
func (s *session) SetClientCapabilities(caps mcp.ClientCapabilities) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.caps = caps
}

// clientLabel is the client's name as recorded; it grants nothing.
func (s *session) clientLabel() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.label
}

func (s *session) setLabel(label string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.label = label
}

// abilities are what the client can be asked for while a request runs.
func (s *session) abilities() clientCaps {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.can
}

func (s *session) setAbilities(can clientCaps) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.can = can
}

// speaks reports whether the client negotiated at least the version; one that shook no hands may.
func (s *session) speaks(version string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version == "" || s.version >= version
}

func (s *session) setVersion(version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = version
}
