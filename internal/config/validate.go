package config

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Validate reports everything in the configuration that cannot hold. What only another package can judge (policies, a
// recipient's key, whether a root exists) is left to it.
func (c *Config) Validate() error {
	var faults []error
	fault := func(key, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	oneOf := func(key, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			fault(key, "%q is none of %s", value, strings.Join(allowed, ", "))
		}
	}
	positive := func(key string, value int64) {
		if value <= 0 {
			fault(key, "must be greater than 0")
		}
	}
	if c.DataDir == "" {
		fault("data_dir", "no home directory is known: set it")
	}
	oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error", "off")
	oneOf("log.format", c.Log.Format, "auto", "pretty", "json")
	oneOf("server.profile", c.Server.Profile, "default", "files", "full")
	oneOf("audit.durability", c.Audit.Durability, "process", "disk")
	oneOf("audit.capture", c.Audit.Capture, "digest", "preview", "sealed")
	if !strings.Contains(c.State.URL, ":") {
		fault("state.url", "must begin with a driver and a colon, like sqlite: or memory:")
	}
	positive("server.max_concurrent", int64(c.Server.MaxConcurrent))
	positive("server.max_message", int64(c.Server.MaxMessage))
	positive("server.page_size", int64(c.Server.PageSize))
	positive("server.drain", int64(c.Server.Drain))
	positive("server.max_asks", int64(c.Server.MaxAsks))
	positive("server.ask_timeout", int64(c.Server.AskTimeout))
	positive("governance.max_depth", int64(c.Governance.MaxDepth))
	positive("governance.approvals.max_open", int64(c.Governance.Approvals.MaxOpen))
	positive("governance.ceiling.max_tokens", c.Governance.Ceiling.MaxTokens)
	positive("governance.ceiling.max_calls", c.Governance.Ceiling.MaxCalls)
	positive("governance.ceiling.timeout", int64(c.Governance.Ceiling.Timeout))
	positive("audit.checkpoint_every", int64(c.Audit.CheckpointEvery))
	positive("audit.checkpoint_interval", int64(c.Audit.CheckpointInterval))
	positive("audit.segment_bytes", c.Audit.SegmentBytes)
	positive("state.timeout", int64(c.State.Timeout))
	positive("files.max_file_bytes", c.Files.MaxFileBytes)
	if c.Upstreams.SearchThreshold < -1 {
		fault("upstreams.search_threshold", "must be a number of tools, 0 or -1")
	}
	if c.Governance.Window < time.Second {
		fault("governance.window", "must be at least 1s: limits count over it")
	}
	if len(c.Governance.Policies) == 0 {
		fault("governance.policies", "must name at least one policy: without one nothing is allowed")
	}
	if len(c.Governance.Publishers) > 0 && len(c.Governance.PolicyFiles) > 0 {
		fault("governance.publishers", "and governance.policy_files: policies come from one of the two")
	}
	return errors.Join(slices.Concat(faults, c.Server.HTTP.faults(), c.Audit.faults(), c.Observability.OTLP.faults(), c.rootFaults())...)
}

// faults are those of the settings of the journal that hang together.
func (a *Audit) faults() []error {
	var faults []error
	if a.MirrorKeep < 0 {
		faults = append(faults, errors.New("audit.mirror_keep: must be a number of entries, or 0"))
	}
	if (a.Capture == "sealed") != (a.Recipient != "") {
		faults = append(faults, errors.New("audit.recipient: is needed with audit.capture: sealed, and only then"))
	}
	names := map[string]bool{}
	for i, e := range a.Export {
		if e.Name == "" || e.To == "" || names[e.Name] {
			faults = append(faults, fmt.Errorf("audit.export[%d]: needs a name of its own, and to", i))
		}
		names[e.Name] = true
	}
	return faults
}

// faults are those of the settings of HTTP.
func (h *HTTP) faults() []error {
	var faults []error
	for _, bound := range []struct {
		key   string
		value int64
	}{
		{"max_body", int64(h.MaxBody)},
		{"max_connections", int64(h.MaxConnections)},
		{"max_requests", int64(h.MaxRequests)},
		{"max_running", int64(h.MaxRunning)},
		{"max_queue", int64(h.MaxQueue)},
		{"queue_wait", int64(h.QueueWait)},
		{"max_streams", int64(h.MaxStreams)},
		{"max_sessions", int64(h.MaxSessions)},
		{"header_timeout", int64(h.HeaderTimeout)},
		{"body_timeout", int64(h.BodyTimeout)},
		{"write_timeout", int64(h.WriteTimeout)},
		{"connection_idle", int64(h.ConnectionIdle)},
		{"session_idle", int64(h.SessionIdle)},
		{"keep_alive", int64(h.KeepAlive)},
	} {
		if bound.value <= 0 {
			faults = append(faults, fmt.Errorf("server.http.%s: must be greater than 0", bound.key))
		}
	}
	if h.DrainDelay < 0 {
		faults = append(faults, errors.New("server.http.drain_delay: must not be negative"))
	}
	if h.Poll < 0 {
		faults = append(faults, errors.New("server.http.poll: must not be negative"))
	}
	if !strings.HasPrefix(h.Path, "/") || h.Path == "/healthz" || h.Path == "/readyz" {
		faults = append(faults, fmt.Errorf("server.http.path: %q must begin with / and be none of /healthz, /readyz", h.Path))
	}
	if (h.TLSCert == "") != (h.TLSKey == "") {
		faults = append(faults, errors.New("server.http.tls_cert, server.http.tls_key: each needs the other"))
	}
	if h.ClientCA != "" && h.TLSCert == "" {
		faults = append(faults, errors.New("server.http.client_ca: needs server.http.tls_cert: clients show certificates in TLS"))
	}
	if h.ClientCert != "optional" && h.ClientCert != "required" {
		faults = append(faults, fmt.Errorf("server.http.client_cert: %q is none of optional, required", h.ClientCert))
	}
	if h.ClientCert == "required" && h.ClientCA == "" {
		faults = append(faults, errors.New("server.http.client_cert: required needs server.http.client_ca"))
	}
	faults = append(faults, h.Auth.faults()...)
	for _, origin := range h.Origins {
		if page, err := url.Parse(origin); err != nil || page.Scheme == "" || page.Host == "" || page.Path != "" {
			faults = append(faults, fmt.Errorf("server.http.origins: %q must be like https://app.example", origin))
		}
	}
	return faults
}

func (c *Config) rootFaults() []error {
	var faults []error
	seen := map[string]bool{}
	for i, root := range c.Files.Roots {
		key := fmt.Sprintf("files.roots[%d]", i)
		switch {
		case root.Name == "" || strings.ContainsAny(root.Name, "/\\:"):
			faults = append(faults, fmt.Errorf("%s.name: must be a word without :, / and \\", key))
		case seen[root.Name]:
			faults = append(faults, fmt.Errorf("%s.name: %q names two roots", key, root.Name))
		case !filepath.IsAbs(root.Path):
			faults = append(faults, fmt.Errorf("%s.path: %q must be absolute", key, root.Path))
		}
		seen[root.Name] = true
	}
	return faults
}

// faults are those of the settings of what is sent to a collector; what of its URL and headers cannot be sent, its package says.
func (o *OTLP) faults() []error {
	var faults []error
	if o.Timeout <= 0 || o.Every < time.Second {
		faults = append(faults, errors.New("observability.otlp: timeout must be greater than 0, and every at least 1s"))
	}
	if !(o.Sample >= 0 && o.Sample <= 1) {
		faults = append(faults, errors.New("observability.otlp.sample: must be a part of all calls, from 0 to 1"))
	}
	if !(o.Inbound > 0) {
		faults = append(faults, errors.New("observability.otlp.inbound: must be greater than 0"))
	}
	if o.Service == "" {
		faults = append(faults, errors.New("observability.otlp.service: must name this kernel"))
	}
	return faults
}
