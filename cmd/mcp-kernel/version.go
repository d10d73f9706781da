package main

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// protocols are the versions of MCP that package server speaks, the newest first. A test asks a server for them.
const protocols = "2026-07-28 2025-11-25 2025-06-18 2025-03-26 2024-11-05"

// A build says what this binary was made of, as `version --output json` prints it.
type build struct {
	Version   string   `json:"version"`
	Commit    string   `json:"commit,omitempty"`
	Date      string   `json:"date,omitempty"` // of the commit, RFC 3339
	Go        string   `json:"go"`
	Platform  string   `json:"platform"`
	Protocols []string `json:"protocols"` // versions of MCP that are served, the newest first
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and the protocol versions",
		Args:  arguments(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			return a.print(b, func(t *table) {
				t.row("mcp-kernel", b.Version)
				t.row("commit", orDash(b.Commit))
				t.row("date", orDash(b.Date))
				t.row("go", b.Go+" "+b.Platform)
				t.row("protocols", joined(b.Protocols))
			})
		},
	}
}

// thisBuild describes the binary: by what the linker was told, else by what the go command noted.
func thisBuild() build {
	b := build{
		Version: version, Commit: commit, Date: date, Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, Protocols: strings.Fields(protocols),
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || commit != "" {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date = s.Value
		}
	}
	return b
}
