package upstreams

import (
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr"
)

// A tool is what the operator says of a tool of another server, as it is written.
type tool struct {
	Title       string   `yaml:"title,omitempty"`
	Description string   `yaml:"description,omitempty"`
	ReadOnly    *bool    `yaml:"read_only,omitempty"`
	Destructive *bool    `yaml:"destructive,omitempty"`
	Idempotent  *bool    `yaml:"idempotent,omitempty"`
	OpenWorld   *bool    `yaml:"open_world,omitempty"`
	Tags        []string `yaml:"tags,omitempty"`
	Cost        string   `yaml:"cost,omitempty"`
	Deprecated  string   `yaml:"deprecated,omitempty"`
	Use         string   `yaml:"use,omitempty"`
	Timeout     string   `yaml:"timeout,omitempty"`
	Cache       string   `yaml:"cache,omitempty"`
}

// override is what the entry says.
func (t *tool) override(timeout, cache time.Duration) atr.Override {
	return atr.Override{
		Title: t.Title, Description: t.Description, ReadOnly: t.ReadOnly, Destructive: t.Destructive, Idempotent: t.Idempotent,
		OpenWorld: t.OpenWorld, Tags: t.Tags, Cost: t.Cost, Deprecated: t.Deprecated, Use: t.Use, Timeout: timeout, Cache: cache,
	}
}

// toolsOf is how overrides are written.
func toolsOf(all map[string]atr.Override) map[string]tool {
	return converted(all, func(o atr.Override) tool {
		return tool{
			Title: o.Title, Description: o.Description, ReadOnly: o.ReadOnly, Destructive: o.Destructive, Idempotent: o.Idempotent,
			OpenWorld: o.OpenWorld, Tags: o.Tags, Cost: o.Cost, Deprecated: o.Deprecated, Use: o.Use, Timeout: said(o.Timeout), Cache: said(o.Cache),
		}
	})
}
