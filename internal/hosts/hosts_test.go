package hosts_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
)

// Where each host keeps its list, on each system, as their own documentation says.
func TestPlaces(t *testing.T) {
	t.Parallel()
	home, work := t.TempDir(), t.TempDir()
	env := map[string]string{"APPDATA": filepath.Join(home, "Roaming")}
	system := func(os string) hosts.System {
		return hosts.System{Home: home, Project: work, OS: os, Getenv: func(name string) string { return env[name] }}
	}
	for _, c := range []struct {
		host                   string
		linux, darwin, windows string // of the user
		project                string
	}{
		{
			"claude-desktop", ".config/Claude/claude_desktop_config.json", "Library/Application Support/Claude/claude_desktop_config.json",
			"Roaming/Claude/claude_desktop_config.json", "",
		},
		{"claude-code", ".claude.json", ".claude.json", ".claude.json", ".mcp.json"},
		{"vscode", ".config/Code/User/mcp.json", "Library/Application Support/Code/User/mcp.json", "Roaming/Code/User/mcp.json", ".vscode/mcp.json"},
		{"cursor", ".cursor/mcp.json", ".cursor/mcp.json", ".cursor/mcp.json", ".cursor/mcp.json"},
		{"windsurf", ".codeium/windsurf/mcp_config.json", ".codeium/windsurf/mcp_config.json", ".codeium/windsurf/mcp_config.json", ""},
		{"zed", ".config/zed/settings.json", ".config/zed/settings.json", "Roaming/Zed/settings.json", ".zed/settings.json"},
		{"gemini-cli", ".gemini/settings.json", ".gemini/settings.json", ".gemini/settings.json", ".gemini/settings.json"},
	} {
		t.Run(c.host, func(t *testing.T) {
			t.Parallel()
			for os, want := range map[string]string{"linux": c.linux, "darwin": c.darwin, "windows": c.windows} {
				if env["APPDATA"] == "" || os == "" {
					continue
				}
				p, err := system(os).Servers(c.host, hosts.User)
				if err != nil || p.File != filepath.Join(home, filepath.FromSlash(want)) {
					t.Errorf("%s: got %s, %v", os, p.File, err)
				}
			}
			p, err := system("linux").Servers(c.host, hosts.Project)
			if c.project == "" {
				if !errors.Is(err, hosts.ErrUnknown) {
					t.Errorf("got %v for a file that there is not", err)
				}
			} else if err != nil || p.File != filepath.Join(work, filepath.FromSlash(c.project)) {
				t.Errorf("got %s, %v", p.File, err)
			}
		})
	}
}

// Variables that hosts know move their files.
func TestPlacesByEnvironment(t *testing.T) {
	t.Parallel()
	home, other := t.TempDir(), t.TempDir()
	y := hosts.System{Home: home, OS: "linux", Getenv: func(name string) string {
		return map[string]string{"XDG_CONFIG_HOME": other, "CLAUDE_CONFIG_DIR": filepath.Join(other, "cc")}[name]
	}}
	for _, c := range []struct {
		host, want string
		hooks      bool
	}{
		{"claude-desktop", "Claude/claude_desktop_config.json", false},
		{"vscode", "Code/User/mcp.json", false},
		{"claude-code", "cc/.claude.json", false},
		{"claude-code", "cc/settings.json", true},
		{"zed", "zed/settings.json", false},
	} {
		of := y.Servers
		if c.hooks {
			of = y.Hook
		}
		if p, err := of(c.host, hosts.User); err != nil || p.File != filepath.Join(other, filepath.FromSlash(c.want)) {
			t.Errorf("%s: got %s, %v", c.host, p.File, err)
		}
	}
	if _, err := y.Servers("cursor", hosts.Project); !errors.Is(err, hosts.ErrUnknown) {
		t.Errorf("got %v without a project", err)
	}
	if _, err := y.Servers("emacs", hosts.User); !errors.Is(err, hosts.ErrUnknown) {
		t.Errorf("got %v for an unknown host", err)
	}
	if _, err := y.Hook("cursor", hosts.User); !errors.Is(err, hosts.ErrUnknown) {
		t.Errorf("got %v for hooks of a host without them", err)
	}
	if _, err := (hosts.System{Home: "home"}).Servers("cursor", hosts.User); !errors.Is(err, hosts.ErrUnknown) {
		t.Errorf("got %v for a home that is not absolute", err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	home, work := t.TempDir(), t.TempDir()
	y := hosts.System{Home: home, Project: work, OS: "linux"}
	if found := y.Find(); len(found) != 0 {
		t.Errorf("got %v in an empty home", found)
	}
	write(t, filepath.Join(home, ".cursor", "extensions.json"), "[]")
	write(t, filepath.Join(home, ".claude.json"), "{}")
	write(t, filepath.Join(work, ".vscode", "mcp.json"), "{}")
	var names []string
	for _, p := range y.Find() {
		names = append(names, p.Host+" "+string(p.Scope))
	}
	if want := []string{"claude-code user", "vscode project", "cursor user"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}
