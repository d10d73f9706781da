package upstreams

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
)

// FileName is the name of the file, beside the configuration.
const FileName = "upstreams.yaml"

// maxFile bounds the file, in bytes.
const maxFile = 1 << 20

// A file is the document.
type file struct {
	Servers map[string]entry `yaml:"servers"`
}

// An entry is one server as it is written.
type entry struct {
	Command     string                `yaml:"command,omitempty"`
	Args        []string              `yaml:"args,omitempty"`
	Env         map[string]string     `yaml:"env,omitempty"`
	PassEnv     []string              `yaml:"pass_env,omitempty"`
	Dir         string                `yaml:"dir,omitempty"`
	Sandbox     *confinement          `yaml:"sandbox,omitempty"`
	Limits      *limits               `yaml:"limits,omitempty"`
	URL         string                `yaml:"url,omitempty"`
	Headers     map[string]string     `yaml:"headers,omitempty"`
	Private     bool                  `yaml:"allow_private,omitempty"`
	Auth        *auth                 `yaml:"auth,omitempty"`
	Credentials map[string]credential `yaml:"credentials,omitempty"`
	Eager       bool                  `yaml:"eager,omitempty"`
	Required    bool                  `yaml:"required,omitempty"`
	Idle        string                `yaml:"idle,omitempty"`
	Start       string                `yaml:"start,omitempty"`
	Timeout     string                `yaml:"timeout,omitempty"`
	Parallel    int                   `yaml:"parallel,omitempty"`
	MaxMessage  int                   `yaml:"max_message,omitempty"`
	Retries     *retries              `yaml:"retries,omitempty"`
	Allow       []string              `yaml:"allow,omitempty"`
	Deny        []string              `yaml:"deny,omitempty"`
	Trust       string                `yaml:"trust,omitempty"`
	Hints       bool                  `yaml:"believe_hints,omitempty"`
	Version     string                `yaml:"version,omitempty"`
	Tools       map[string]tool       `yaml:"tools,omitempty"`
}

// A credential is one that arguments may name.
type credential struct {
	Value     string   `yaml:"value"`
	Tools     []string `yaml:"tools"`
	Arguments []string `yaml:"arguments"`
}

// converted is a map with other values of the same shape.
func converted[From, To any](from map[string]From, convert func(From) To) map[string]To {
	if from == nil {
		return nil
	}
	to := make(map[string]To, len(from))
	for key, value := range from {
		to[key] = convert(value)
	}
	return to
}

// Load reads the file. One that is not there has no servers.
func Load(path string) ([]atr.Server, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator says which
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("upstreams: %w", err)
	case len(text) > maxFile:
		return nil, fmt.Errorf("upstreams %s: %d bytes, at most %d are read", path, len(text), maxFile)
	}
	servers, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("upstreams %s: %w", path, err)
	}
	return servers, nil
}

// Parse reads the text of the file, and returns its servers by name. Every fault of every server is reported at once;
// what servers mean together is left to atr.New.
func Parse(text []byte) ([]atr.Server, error) {
	var f file
	if len(bytes.TrimSpace(text)) > 0 {
		if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
			return nil, errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
		}
	}
	servers := make([]atr.Server, 0, len(f.Servers))
	var faults []error
	for name, e := range f.Servers {
		s, err := e.server(name)
		servers, faults = append(servers, s), append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	slices.SortFunc(servers, func(a, b atr.Server) int { return strings.Compare(a.Name, b.Name) })
	return servers, nil
}

// server is what the entry says.
func (e *entry) server(name string) (atr.Server, error) {
	var faults []error
	span := func(key, text string) time.Duration {
		if text == "" {
			return 0
		}
		if text == "never" && key == "idle" {
			return -1
		}
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			faults = append(faults, fmt.Errorf("servers.%s.%s: %q is no duration such as 30s or 10m", name, key, text))
		}
		return d
	}
	s := atr.Server{
		Name: name, Command: e.Command, Args: e.Args, Env: e.Env, Pass: e.PassEnv, Dir: e.Dir, URL: e.URL, Headers: e.Headers,
		Private: e.Private, Eager: e.Eager, Required: e.Required, Idle: span("idle", e.Idle), Start: span("start", e.Start), Timeout: span("timeout", e.Timeout),
		Parallel: e.Parallel, Bytes: e.MaxMessage, Allow: e.Allow, Deny: e.Deny, Hints: e.Hints, Version: e.Version,
		Credentials: converted(e.Credentials, func(c credential) atr.Credential { return atr.Credential(c) }),
	}
	if e.Retries != nil {
		s.Retries = e.Retries.policy(span)
	}
	if e.Auth != nil {
		var err error
		if s.OAuth, err = e.Auth.config(); err != nil {
			faults = append(faults, fmt.Errorf("servers.%s.auth: %w", name, err))
		}
	}
	if e.Sandbox != nil {
		s.Sandbox = e.Sandbox.profile
	}
	for _, own := range slices.Sorted(maps.Keys(e.Tools)) {
		t := e.Tools[own]
		if s.Tools == nil {
			s.Tools = map[string]atr.Override{}
		}
		s.Tools[own] = t.override(span("tools."+own+".timeout", t.Timeout), span("tools."+own+".cache", t.Cache))
	}
	var err error
	s.Limits, err = e.Limits.limits(name)
	faults = append(faults, err)
	switch e.Trust {
	case "", "first":
		s.Trust = pin.TrustFirst
	case "new":
		s.Trust = pin.TrustNew
	case "nothing":
		s.Trust = pin.TrustNothing
	default:
		faults = append(faults, fmt.Errorf(`servers.%s.trust: %q is none of first, new, nothing`, name, e.Trust))
	}
	return s, errors.Join(faults...)
}

// Encode writes servers as Parse reads them.
func Encode(servers []atr.Server) ([]byte, error) {
	f := file{Servers: map[string]entry{}}
	for i := range servers {
		s := &servers[i]
		e := entry{
			Command: s.Command, Args: s.Args, Env: s.Env, PassEnv: s.Pass, Dir: s.Dir, URL: s.URL, Headers: s.Headers, Private: s.Private, Eager: s.Eager,
			Required: s.Required, Idle: said(s.Idle), Start: said(s.Start), Timeout: said(s.Timeout), Parallel: s.Parallel,
			MaxMessage: s.Bytes, Allow: s.Allow, Deny: s.Deny, Hints: s.Hints, Limits: limited(s.Limits), Auth: authOf(s.OAuth),
			Version: s.Version, Tools: toolsOf(s.Tools), Retries: retriesOf(s.Retries),
			Credentials: converted(s.Credentials, func(c atr.Credential) credential { return credential(c) }),
		}
		if s.Sandbox != nil {
			e.Sandbox = &confinement{s.Sandbox}
		}
		switch s.Trust {
		case pin.TrustNew:
			e.Trust = "new"
		case pin.TrustNothing:
			e.Trust = "nothing"
		case pin.TrustFirst:
		}
		f.Servers[s.Name] = e
	}
	return yaml.Marshal(f)
}

func said(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d < 0:
		return "never"
	default:
		return d.String()
	}
}

// Save writes the file, whole or not at all, and readable for nobody but its owner.
func Save(path string, servers []atr.Server) error {
	text, err := Encode(servers)
	if err != nil {
		return fmt.Errorf("upstreams: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("upstreams: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), FileName+".*")
	if err != nil {
		return fmt.Errorf("upstreams: %w", err)
	}
	_, err = temp.Write(append([]byte("# Other MCP servers that mcp-kernel governs: see mcp-kernel upstream --help.\n"), text...))
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("upstreams: %w", errors.Join(err, os.Remove(temp.Name())))
	}
	return nil
}
