package config

import (
	"errors"
	"fmt"
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
	oneOf("state.backend", c.State.Backend, "sqlite", "memory")
	positive("server.max_concurrent", int64(c.Server.MaxConcurrent))
	positive("server.max_message", int64(c.Server.MaxMessage))
	positive("server.page_size", int64(c.Server.PageSize))
	positive("server.drain", int64(c.Server.Drain))
	positive("governance.max_depth", int64(c.Governance.MaxDepth))
	positive("governance.ceiling.max_tokens", c.Governance.Ceiling.MaxTokens)
	positive("governance.ceiling.max_calls", c.Governance.Ceiling.MaxCalls)
	positive("governance.ceiling.timeout", int64(c.Governance.Ceiling.Timeout))
	positive("audit.checkpoint_every", int64(c.Audit.CheckpointEvery))
	positive("audit.checkpoint_interval", int64(c.Audit.CheckpointInterval))
	positive("audit.segment_bytes", c.Audit.SegmentBytes)
	positive("files.max_file_bytes", c.Files.MaxFileBytes)
	if c.Governance.Window < time.Second {
		fault("governance.window", "must be at least 1s: limits count over it")
	}
	if len(c.Governance.Policies) == 0 {
		fault("governance.policies", "must name at least one policy: without one nothing is allowed")
	}
	if (c.Audit.Capture == "sealed") != (c.Audit.Recipient != "") {
		fault("audit.recipient", "is needed with audit.capture: sealed, and only then")
	}
	return errors.Join(append(faults, c.rootFaults()...)...)
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
