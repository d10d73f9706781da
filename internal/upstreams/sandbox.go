package upstreams

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// A confinement is what a server may reach, as it is written: off, strict, or what is granted besides what strict grants.
type confinement struct {
	profile *sandbox.Profile // nil is off
}

// granted is the long form of a confinement.
type granted struct {
	Read     []string `yaml:"read,omitempty"`
	Write    []string `yaml:"write,omitempty"`
	Exec     []string `yaml:"exec,omitempty"`
	Net      *network `yaml:"net,omitempty"`
	Unix     bool     `yaml:"unix_sockets,omitempty"`
	Required bool     `yaml:"required,omitempty"`
}

// UnmarshalYAML reads either form.
func (c *confinement) UnmarshalYAML(read func(any) error) error {
	var word string
	if read(&word) == nil {
		switch word {
		case "off":
			c.profile = nil
		case "strict":
			c.profile = &sandbox.Profile{}
		default:
			return fmt.Errorf("sandbox: %q is neither off nor strict, and no list of what is granted", word)
		}
		return nil
	}
	var g granted
	if err := read(&g); err != nil {
		return err
	}
	c.profile = &sandbox.Profile{Read: g.Read, Write: g.Write, Run: g.Exec, Required: g.Required}
	if g.Net != nil {
		c.profile.Net = g.Net.Net
	}
	c.profile.Net.Unix = g.Unix
	return nil
}

// MarshalYAML writes the shorter form that says it.
func (c *confinement) MarshalYAML() (any, error) {
	p := c.profile
	g := granted{Read: p.Read, Write: p.Write, Exec: p.Run, Unix: p.Net.Unix, Required: p.Required}
	if reach := (sandbox.Net{All: p.Net.All, Connect: p.Net.Connect, Listen: p.Net.Listen}); reach.All || len(reach.Connect)+len(reach.Listen) > 0 {
		g.Net = &network{reach}
	}
	if len(g.Read)+len(g.Write)+len(g.Exec) == 0 && g.Net == nil && !g.Unix && !g.Required {
		return "strict", nil
	}
	return g, nil
}

// A network is what of the network may be reached: none, all, ports to connect to, or ports of either direction.
type network struct{ sandbox.Net }

// ports is the long form of a network.
type ports struct {
	Connect []uint16 `yaml:"connect,omitempty,flow"`
	Listen  []uint16 `yaml:"listen,omitempty,flow"`
}

// UnmarshalYAML reads each form.
func (n *network) UnmarshalYAML(read func(any) error) error {
	var word string
	var list []uint16
	if read(&list) == nil {
		n.Connect = list
		return nil
	}
	if read(&word) == nil {
		switch word {
		case "none":
		case "all":
			n.All = true
		default:
			return fmt.Errorf("net: %q is neither none nor all, and no list of TCP ports", word)
		}
		return nil
	}
	var p ports
	if err := read(&p); err != nil {
		return err
	}
	n.Connect, n.Listen = p.Connect, p.Listen
	return nil
}

// MarshalYAML writes the shortest form that says it.
func (n *network) MarshalYAML() (any, error) {
	switch {
	case n.All:
		return "all", nil
	case len(n.Listen) == 0:
		return n.Connect, nil
	default:
		return ports{n.Connect, n.Listen}, nil
	}
}

// limits are what a server may use, as it is written.
type limits struct {
	Memory    size   `yaml:"memory,omitempty"`
	Processes int    `yaml:"processes,omitempty"`
	Files     int    `yaml:"open_files,omitempty"`
	CPU       string `yaml:"cpu,omitempty"`
	FileSize  size   `yaml:"file_size,omitempty"`
}

// limits are what is written; name is the server's.
func (l *limits) limits(name string) (sandbox.Limits, error) {
	if l == nil {
		return sandbox.Limits{}, nil
	}
	out := sandbox.Limits{Memory: int64(l.Memory), Processes: l.Processes, Files: l.Files, FileSize: int64(l.FileSize)}
	var faults []error
	if l.CPU != "" {
		d, err := time.ParseDuration(l.CPU)
		if err != nil || d <= 0 {
			faults = append(faults, fmt.Errorf("servers.%s.limits.cpu: %q is no duration such as 30s or 10m", name, l.CPU))
		}
		out.CPU = d
	}
	if err := out.Validate(); err != nil {
		faults = append(faults, fmt.Errorf("servers.%s.limits: %w", name, err))
	}
	return out, errors.Join(faults...)
}

// limited is how limits are written; nil where there are none.
func limited(l sandbox.Limits) *limits {
	if l.Zero() {
		return nil
	}
	return &limits{Memory: size(l.Memory), Processes: l.Processes, Files: l.Files, CPU: said(l.CPU), FileSize: size(l.FileSize)}
}

// A size is a number of bytes, which may be written with a unit: 512MiB, 2GB.
type size int64

// units of sizes, largest first, so that the first that divides a size is the shortest way to write it.
func units() []struct {
	name  string
	bytes int64
} {
	return []struct {
		name  string
		bytes int64
	}{
		{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"KB", 1e3}, {"kB", 1e3}, {"B", 1},
	}
}

// UnmarshalYAML reads a number, or one with a unit.
func (s *size) UnmarshalYAML(read func(any) error) error {
	var text string
	if err := read(&text); err != nil {
		return err
	}
	number, factor := text, int64(1)
	for _, u := range units() {
		if before, ok := strings.CutSuffix(text, u.name); ok {
			number, factor = strings.TrimSpace(before), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/factor {
		return fmt.Errorf("%q is no size such as 512MiB or 2GB", text)
	}
	*s = size(n * factor)
	return nil
}

// MarshalYAML writes the largest unit that divides it.
func (s size) MarshalYAML() (any, error) {
	for _, u := range units() {
		if s != 0 && int64(s)%u.bytes == 0 && u.bytes > 1 {
			return fmt.Sprintf("%d%s", int64(s)/u.bytes, u.name), nil
		}
	}
	return int64(s), nil
}
