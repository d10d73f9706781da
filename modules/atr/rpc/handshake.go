package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// An Era is one of the two ways in which the protocol begins.
type Era uint8

// The eras.
const (
	EraUnknown Era = iota // find out
	Legacy                // of 2024 and 2025: initialize, then sessions
	Modern                // of 2026: each request says everything
)

// The versions of the protocol that are spoken: one of the 2026 era, and those of the 2025 era, the newest first.
const modernVersion = "2026-07-28"

func legacyVersions() []string {
	return []string{"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"}
}

// The keys of _meta that each request of the 2026 era carries.
const (
	metaVersion      = "io.modelcontextprotocol/protocolVersion"
	metaClient       = "io.modelcontextprotocol/clientInfo"
	metaCapabilities = "io.modelcontextprotocol/clientCapabilities"
)

// A Server is what a server says of itself.
type Server struct {
	Era          Era
	Version      string          // of the protocol
	Info         json.RawMessage // name and version, as serverInfo says it; may be nil
	Capabilities json.RawMessage // what it offers; never nil
	Instructions string          // for a model: the words of a stranger
}

// Has reports whether the server has declared a capability, as in "tools".
func (s Server) Has(capability string) bool {
	var all map[string]json.RawMessage
	return json.Unmarshal(s.Capabilities, &all) == nil && len(all[capability]) > 0 && string(all[capability]) != "null"
}

// greet shakes hands. Servers of the 2025 era are by far the most, so that is tried first; one that knows no initialize,
// or none of its versions, is asked as those of the 2026 era are.
func (c *Conn) greet(ctx context.Context) error {
	if c.o.Era == Modern {
		return c.discover(ctx)
	}
	err := c.initialize(ctx)
	if err == nil || c.o.Era == Legacy || !unknown(err) {
		return err
	}
	later := c.discover(ctx)
	if _, vague := errors.AsType[*StatusError](err); later != nil && vague {
		return err // it was not about the protocol
	}
	return later
}

// unknown reports whether an error says that a server knows no initialize, or none of its versions, in whatever words.
func unknown(err error) bool {
	if refused, ok := errors.AsType[*Error](err); ok {
		return slices.Contains([]int{CodeNoMethod, CodeUnsupported, CodeHeader, CodeInvalid, CodeParams}, refused.Code)
	}
	refused, ok := errors.AsType[*StatusError](err)
	return ok && refused.Status == http.StatusBadRequest
}

// initialize shakes hands as in the 2025 era.
func (c *Conn) initialize(ctx context.Context) error {
	params := json.RawMessage(`{"protocolVersion":` + strconv.Quote(legacyVersions()[0]) + `,"capabilities":` + string(c.o.Capabilities) + `,"clientInfo":` + string(c.o.Client) + `}`)
	result, err := c.call(ctx, &Request{Method: "initialize", Params: params}, Legacy)
	if err != nil {
		return fmt.Errorf("initialize: %w", err)
	}
	var said struct {
		Version      string          `json:"protocolVersion"`
		Capabilities json.RawMessage `json:"capabilities"`
		Info         json.RawMessage `json:"serverInfo"`
		Instructions string          `json:"instructions"`
	}
	if err := json.Unmarshal(result, &said); err != nil {
		return fmt.Errorf("initialize: the answer cannot be read: %w", err)
	}
	if !slices.Contains(legacyVersions(), said.Version) {
		return fmt.Errorf("initialize: the server wants to speak version %.40q of the protocol, which is unknown", said.Version)
	}
	c.server = Server{Era: Legacy, Version: said.Version, Info: said.Info, Capabilities: orNone(said.Capabilities), Instructions: said.Instructions}
	if v, ok := c.o.Transport.(interface{ Speak(version string) }); ok {
		v.Speak(said.Version)
	}
	if err := c.Notify(ctx, "notifications/initialized", nil); err != nil {
		return fmt.Errorf("initialize: %w", err)
	}
	return nil
}

// discover asks a server of the 2026 era who it is.
func (c *Conn) discover(ctx context.Context) error {
	if v, ok := c.o.Transport.(interface{ Speak(version string) }); ok {
		v.Speak(modernVersion)
	}
	result, err := c.call(ctx, &Request{Method: "server/discover"}, Modern)
	if err != nil {
		return fmt.Errorf("server/discover: %w", err)
	}
	var said struct {
		Versions     []string        `json:"supportedVersions"`
		Capabilities json.RawMessage `json:"capabilities"`
		Info         json.RawMessage `json:"serverInfo"`
		Instructions string          `json:"instructions"`
	}
	if err := json.Unmarshal(result, &said); err != nil {
		return fmt.Errorf("server/discover: the answer cannot be read: %w", err)
	}
	if len(said.Versions) > 0 && !slices.Contains(said.Versions, modernVersion) {
		return fmt.Errorf("server/discover: the server speaks versions %.100q of the protocol, and none of ours", said.Versions)
	}
	c.server = Server{Era: Modern, Version: modernVersion, Info: said.Info, Capabilities: orNone(said.Capabilities), Instructions: said.Instructions}
	return nil
}

func orNone(capabilities json.RawMessage) json.RawMessage {
	if len(capabilities) == 0 || capabilities[0] != '{' {
		return json.RawMessage(`{}`)
	}
	return capabilities
}
