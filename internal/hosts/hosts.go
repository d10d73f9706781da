package hosts

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// ErrUnknown says that no host, or no file of it, is meant by a name.
var ErrUnknown = errors.New("no such host")

// Own is the name under which the kernel stands in lists of servers.
const Own = "mcp-kernel"

// A Scope says for which work a file holds.
type Scope string

// The scopes.
const (
	User    Scope = "user"    // for all that the user does
	Project Scope = "project" // for what is done in one folder
)

// A System is where to look. It is given, so that nothing is found by chance.
type System struct {
	Home    string                   // the user's folder, absolute
	Project string                   // the folder that is worked in, absolute; empty is none
	OS      string                   // as runtime.GOOS has it
	Getenv  func(name string) string // nil is an empty environment
}

// A Place is one file of a host.
type Place struct {
	Host  string // the name of the host, as in Names
	Title string // as the host calls itself
	Scope Scope
	Hooks bool   // the file has the host's hooks, not its servers
	Base  string // the folder that the file must be below, whatever links there are
	File  string

	key  string   // of the list of servers
	kind string   // what an entry says of its kind; empty is nothing
	near []string // files or folders that are there where the host is in use
}

// A folder is one that the place of a file is relative to.
type folder uint8

const (
	atHome   folder = iota
	atConfig        // where a desktop program of the system keeps its settings
	atClaude        // that of Claude Code
	atZed
)

// A spelling says of one host where its files are and what stands in them.
type spelling struct {
	name, title string
	key, kind   string
	from        folder
	user        string   // the file of the user, relative to that folder
	project     string   // that of a project; empty where there is none
	near        []string // relative to the folder
}

// spellings are what is known of each host, as its own documentation says. Where releases differ the one is written that all of them read.
func spellings() []spelling {
	return []spelling{
		{"claude-desktop", "Claude Desktop", "mcpServers", "", atConfig, "Claude/claude_desktop_config.json", "", []string{"Claude"}},
		{"claude-code", "Claude Code", "mcpServers", "stdio", atClaude, ".claude.json", ".mcp.json", []string{".claude.json", ".claude"}},
		{"vscode", "VS Code", "servers", "stdio", atConfig, "Code/User/mcp.json", ".vscode/mcp.json", []string{"Code/User"}},
		{"cursor", "Cursor", "mcpServers", "stdio", atHome, ".cursor/mcp.json", ".cursor/mcp.json", []string{".cursor"}},
		{"windsurf", "Windsurf", "mcpServers", "", atHome, ".codeium/windsurf/mcp_config.json", "", []string{".codeium/windsurf"}},
		{"zed", "Zed", "context_servers", "custom", atZed, "settings.json", ".zed/settings.json", []string{"."}},
		{"gemini-cli", "Gemini CLI", "mcpServers", "", atHome, ".gemini/settings.json", ".gemini/settings.json", []string{".gemini"}},
	}
}

// Names are those of the hosts that are known.
func Names() []string {
	all := spellings()
	names := make([]string, 0, len(all))
	for _, s := range all {
		names = append(names, s.name)
	}
	return names
}

// Servers returns the file in which a host lists its servers.
func (y System) Servers(name string, scope Scope) (Place, error) {
	s, err := spelled(name)
	if err != nil {
		return Place{}, err
	}
	p := Place{Host: s.name, Title: s.title, Scope: scope, key: s.key, kind: s.kind}
	from := y.folder(s.from)
	for _, near := range s.near {
		p.near = append(p.near, filepath.Join(from, filepath.FromSlash(near)))
	}
	return y.place(p, from, s.user, s.project)
}

// Hook returns the file in which a host has its hooks. Only Claude Code has any that are known here.
func (y System) Hook(name string, scope Scope) (Place, error) {
	if name != "claude-code" {
		return Place{}, fmt.Errorf("%w: hooks are known of claude-code, not of %q", ErrUnknown, name)
	}
	p := Place{Host: name, Title: "Claude Code", Scope: scope, Hooks: true, key: "hooks"}
	user, from := ".claude/settings.json", y.Home
	if dir := y.env("CLAUDE_CONFIG_DIR"); dir != "" {
		user, from = "settings.json", dir
	}
	return y.place(p, from, user, ".claude/settings.json")
}

// place completes a place by where its file is.
func (y System) place(p Place, from, user, project string) (Place, error) {
	switch {
	case p.Scope == User:
		p.Base, p.File = from, filepath.Join(from, filepath.FromSlash(user))
		if below(y.Home, from) {
			p.Base = y.Home // so that settings may be links to somewhere else in it
		}
	case p.Scope == Project && project == "":
		return Place{}, fmt.Errorf("%w: %s has no file for a project, only one for the user", ErrUnknown, p.Title)
	case p.Scope == Project && y.Project == "":
		return Place{}, fmt.Errorf("%w: there is no project here", ErrUnknown)
	case p.Scope == Project:
		p.Base, p.File = y.Project, filepath.Join(y.Project, filepath.FromSlash(project))
	default:
		return Place{}, fmt.Errorf("%w: scope %q: want user or project", ErrUnknown, p.Scope)
	}
	if !filepath.IsAbs(p.File) {
		return Place{}, fmt.Errorf("%w: %s is not below an absolute folder", ErrUnknown, p.File)
	}
	return p, nil
}

func spelled(name string) (spelling, error) {
	for _, s := range spellings() {
		if s.name == name {
			return s, nil
		}
	}
	return spelling{}, fmt.Errorf("%w: %q: want one of %s", ErrUnknown, name, strings.Join(Names(), ", "))
}

// folder is where a folder is on this system.
func (y System) folder(f folder) string {
	switch f {
	case atClaude:
		return cmp.Or(y.env("CLAUDE_CONFIG_DIR"), y.Home)
	case atZed:
		if y.OS == "windows" {
			return filepath.Join(y.appData(), "Zed")
		}
		if y.OS == "linux" {
			return filepath.Join(cmp.Or(y.env("XDG_CONFIG_HOME"), filepath.Join(y.Home, ".config")), "zed")
		}
		return filepath.Join(y.Home, ".config", "zed")
	case atConfig:
		switch y.OS {
		case "windows":
			return y.appData()
		case "darwin":
			return filepath.Join(y.Home, "Library", "Application Support")
		default:
			return cmp.Or(y.env("XDG_CONFIG_HOME"), filepath.Join(y.Home, ".config"))
		}
	default:
		return y.Home
	}
}

func (y System) appData() string {
	return cmp.Or(y.env("APPDATA"), filepath.Join(y.Home, "AppData", "Roaming"))
}

func (y System) env(name string) string {
	if y.Getenv == nil {
		return ""
	}
	return y.Getenv(name)
}

// All returns the files of all hosts, of both scopes where there is a project, hooks behind servers.
func (y System) All() []Place {
	var all []Place
	for _, name := range Names() {
		for _, scope := range []Scope{User, Project} {
			for _, of := range []func(string, Scope) (Place, error){y.Servers, y.Hook} {
				if p, err := of(name, scope); err == nil {
					all = append(all, p)
				}
			}
		}
	}
	return all
}

// Find returns the lists of servers of the hosts that are in use here: those whose file is there, and for the user also those whose
// folder is.
func (y System) Find() []Place {
	seen := map[string]bool{} // at home a project's file is the user's
	return slices.DeleteFunc(y.All(), func(p Place) bool {
		if p.Hooks || seen[p.File] {
			return true
		}
		seen[p.File] = true
		return !exists(p.File) && (p.Scope == Project || !slices.ContainsFunc(p.near, exists))
	})
}

// below reports whether a path is a folder or in it, by name alone.
func below(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && (rel == "." || filepath.IsLocal(rel))
}
