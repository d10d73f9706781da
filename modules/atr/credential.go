package atr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
)

// A Credential is a secret that calls of a server may use by its name, {{cred:NAME}}, without anybody but the server seeing it.
type Credential struct {
	Value     string   // a reference to the secret
	Tools     []string // globs of the tools that get it, by their own names
	Arguments []string // pointers (RFC 6901) to the arguments that it may be part of; * is any one segment
}

// The bounds of a server's credentials. A shorter secret could be found out by trying which text is taken out of an answer.
const (
	maxCredentials  = 64
	leastCredential = 8 // bytes
)

// checkCredentials returns every fault of the server's credentials.
func (s *Server) checkCredentials() error {
	var faults []error
	fault := func(name, format string, args ...any) {
		faults = append(faults, fmt.Errorf("server %q: credential %.80q: "+format, append([]any{s.Name, name}, args...)...))
	}
	if len(s.Credentials) > maxCredentials {
		faults = append(faults, fmt.Errorf("server %q: %d credentials, at most %d are taken", s.Name, len(s.Credentials), maxCredentials))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Credentials)) {
		c := s.Credentials[name]
		if !secret.ValidName(name) {
			fault(name, "a name is 1 to %d letters, digits, _ and -", secret.MaxName)
		}
		if !secret.Is(c.Value) {
			fault(name, "value: write where it is (env:NAME, file:/PATH or keyring:SERVICE/NAME), not what it is")
		}
		if len(c.Tools) == 0 || len(c.Arguments) == 0 {
			fault(name, "tools and arguments: say which may have it")
		}
		for _, glob := range c.Tools {
			if _, err := compileGlob(glob); err != nil {
				fault(name, "%q: %w", glob, err)
			}
		}
		for _, pointer := range c.Arguments {
			if !strings.HasPrefix(pointer, "/") {
				fault(name, "arguments: %q is no pointer such as /token or /headers/*", pointer)
			}
		}
	}
	return errors.Join(faults...)
}

// A credentialError says why a credential is not filled in. Its text may be shown.
type credentialError struct {
	name, why string
	cause     error // for the log
}

func (e *credentialError) Error() string { return fmt.Sprintf("the credential %s %s", e.name, e.why) }
func (e *credentialError) Unwrap() error { return e.cause }

// fill returns a tool's arguments with the credentials that they name. It is called when everything has been decided and
// recorded: what was decided about, what is recorded and what is shown is the name.
func (s *server) fill(ctx context.Context, tool string, args json.RawMessage) (json.RawMessage, error) {
	if len(s.Credentials) == 0 || len(args) == 0 {
		return args, nil // a text like any other
	}
	return secret.Fill(args, func(name, pointer string) (string, error) {
		c, known := s.Credentials[name]
		switch {
		case !known:
			return "", &credentialError{name: name, why: "is none of the server " + s.Name}
		case !matches(c.Tools, tool):
			return "", &credentialError{name: name, why: "is not for the tool " + tool}
		case !secret.Within(pointer, c.Arguments):
			return "", &credentialError{name: name, why: fmt.Sprintf("is not for the argument %.200q", pointer)}
		case s.m.o.Resolve == nil:
			return "", &credentialError{name: name, why: "cannot be had in this kernel"}
		}
		value, err := s.m.o.Resolve(ctx, c.Value)
		if err != nil {
			return "", &credentialError{name: name, why: "cannot be had: the log says why", cause: err}
		}
		if len(value) < leastCredential {
			return "", &credentialError{name: name, why: fmt.Sprintf("has fewer than %d bytes, which is too little to stay secret", leastCredential)}
		}
		s.filled.Add(name, value)
		return value, nil
	})
}

// discreet is a link that takes the credentials which were filled in out of everything that the server says.
func (s *server) discreet(l upstream.Link) upstream.Link {
	if len(s.Credentials) == 0 || l.Transport == nil {
		return l
	}
	l.Transport = hushed{l.Transport, &s.filled}
	if tell := l.Tell; tell != nil {
		l.Tell = func() error {
			if err := tell(); err != nil {
				return errors.New(s.filled.Text(err.Error()))
			}
			return nil
		}
	}
	return l
}

// hushed is a transport whose messages, and whose reasons why there is none, have no credentials.
type hushed struct {
	rpc.Transport

	from *secret.Redactor
}

// Receive implements rpc.Transport.
func (h hushed) Receive() ([]byte, uint64, error) {
	text, call, err := h.Transport.Receive()
	if refused, ok := errors.AsType[*rpc.StatusError](err); ok {
		refused.Said = h.from.Text(refused.Said)
	}
	if refused, ok := errors.AsType[*rpc.Error](err); ok {
		refused.Message = h.from.Text(refused.Message)
		if len(refused.Data) > 0 {
			refused.Data = h.from.Document(refused.Data)
		}
	}
	return h.from.Document(text), call, err
}

// Speak tells the transport which version of the protocol was agreed on, where it wants to know.
func (h hushed) Speak(version string) {
	if t, ok := h.Transport.(interface{ Speak(version string) }); ok {
		t.Speak(version)
	}
}
