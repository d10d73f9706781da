package hosts

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
)

// ErrNoList says that a file has no list of servers that any host would read.
var ErrNoList = errors.New("it lists no servers: want mcpServers, servers or context_servers")

// A Server is one that a host's file lists.
type Server struct {
	Name     string
	Command  string
	Args     []string
	Env      map[string]string // values may be references, as modules/atr/secret knows them, to what the file takes from the environment
	Dir      string
	URL      string
	Headers  map[string]string // as Env
	Disabled bool              // the host does not start it
	Kernel   bool              // it is mcp-kernel itself
	Fault    string            // why it cannot be run by anything but its host; empty where it can
}

// lists are the places in which hosts look for servers. The last is that of older releases of VS Code.
func lists() [][]string {
	return [][]string{{"mcpServers"}, {"servers"}, {"context_servers"}, {"mcp", "servers"}}
}

// Servers reads the servers of a host's file, by name. What is wrong with one is said by its Fault, and does not hide the others.
func Servers(text []byte) ([]Server, error) {
	d, err := Parse(text)
	if err != nil {
		return nil, err
	}
	var all []Server
	found := false
	for _, path := range lists() {
		if raw := d.Raw(path...); raw == "" || raw[0] != '{' {
			continue
		}
		found = true
		all = append(all, serversAt(d, path)...)
	}
	if !found {
		return nil, ErrNoList
	}
	slices.SortStableFunc(all, func(a, b Server) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// List reads the servers of a place's own list. A file that is not there, and one without a list, has none.
func (p Place) List() ([]Server, error) {
	c, err := look(p)
	if err != nil {
		return nil, err
	}
	d, err := Parse(c.before)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.File, err)
	}
	return serversAt(d, []string{p.key}), nil
}

func serversAt(d *Document, path []string) []Server {
	names := d.Names(path...)
	all := make([]Server, 0, len(names))
	for _, name := range names {
		all = append(all, serverAt(d, append(slices.Clone(path), name)))
	}
	return all
}

// An entry is what hosts know of a server, each some of it.
type entry struct {
	Command   json.RawMessage `json:"command"` // a text, or a program in older files of Zed
	Args      []string        `json:"args"`
	Env       map[string]any  `json:"env"`
	EnvFile   string          `json:"envFile"`
	Dir       string          `json:"cwd"`
	URL       string          `json:"url"`
	ServerURL string          `json:"serverUrl"` // Windsurf
	HTTPURL   string          `json:"httpUrl"`   // Gemini CLI
	Headers   map[string]any  `json:"headers"`
	Disabled  bool            `json:"disabled"`
	Enabled   *bool           `json:"enabled"`
}

type program struct {
	Path string         `json:"path"`
	Args []string       `json:"args"`
	Env  map[string]any `json:"env"`
}

// serverAt reads one entry.
func serverAt(d *Document, path []string) Server {
	s := Server{Name: path[len(path)-1]}
	var e entry
	_, err := d.Decode(&e, path...)
	if err == nil {
		err = e.open(&s)
	}
	if err != nil {
		s.Fault = err.Error()
		return s
	}
	s.Dir, s.Disabled = e.Dir, e.Disabled || e.Enabled != nil && !*e.Enabled
	for _, url := range []string{e.HTTPURL, e.ServerURL, e.URL} {
		if s.URL == "" {
			s.URL = url
		}
	}
	s.Kernel = s.Name == Own || isKernel(s.Command)
	var faults [2]error
	s.Env, faults[0] = values("env", e.Env)
	s.Headers, faults[1] = values("headers", e.Headers)
	if err := errors.Join(faults[0], faults[1], s.plain(), e.whole(&s)); err != nil {
		s.Fault = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return s
}

// open reads the command, as a text or as a program.
func (e *entry) open(s *Server) error {
	s.Args = e.Args
	if len(e.Command) == 0 || json.Unmarshal(e.Command, &s.Command) == nil {
		return nil
	}
	var p program
	if err := json.Unmarshal(e.Command, &p); err != nil {
		return errors.New("command is neither a text nor a program")
	}
	s.Command, s.Args = p.Path, p.Args
	if e.Env == nil {
		e.Env = p.Env
	}
	return nil
}

// whole says what is missing, or is more than can be carried over.
func (e *entry) whole(s *Server) error {
	switch {
	case s.Command == "" && s.URL == "":
		return errors.New("it has neither a command nor a url")
	case s.Command != "" && s.URL != "":
		return errors.New("it has a command and a url")
	case e.EnvFile != "":
		return fmt.Errorf("its environment is in a file, %s", e.EnvFile)
	}
	return nil
}

// plain reports what only the host can fill in.
func (s *Server) plain() error {
	for _, text := range append([]string{s.Command, s.Dir, s.URL}, s.Args...) {
		if v := variable().FindString(text); v != "" {
			return fmt.Errorf("%s is filled in by the host", bare(v))
		}
	}
	return nil
}

// variable is what hosts fill in: ${NAME}, ${env:NAME}, ${input:ID}, ${workspaceFolder}, ${NAME:-DEFAULT}.
func variable() *regexp.Regexp { return regexp.MustCompile(`\$\{[^}]*\}`) }

// bare is a variable without what stands in for it where it is not set, which may be a secret.
func bare(variable string) string {
	if name, _, ok := strings.Cut(variable, ":-"); ok {
		return name + "}"
	}
	return variable
}

// fromEnv is a text that is a variable of the environment and nothing else, as Claude Code, Gemini CLI, Cursor and others write it.
func fromEnv() *regexp.Regexp {
	return regexp.MustCompile(`^(?:\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Z_][A-Z0-9_]*))$`)
}

// values reads a table of texts. What is a variable becomes a reference. What would be taken for one and is none is refused: a file of
// somebody else's must not have us read secrets for it.
func values(key string, table map[string]any) (map[string]string, error) {
	if len(table) == 0 {
		return nil, nil //nolint:nilnil // there are none
	}
	all := map[string]string{}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(table)) {
		text, ok := table[name].(string)
		switch {
		case table[name] == nil:
			continue
		case !ok:
			text = fmt.Sprint(table[name])
		case fromEnv().MatchString(text):
			m := fromEnv().FindStringSubmatch(text)
			text = "env:" + m[1] + m[2]
		case variable().MatchString(text):
			faults = append(faults, fmt.Errorf("%s.%s: %s is filled in by the host", key, name, bare(variable().FindString(text))))
		case secret.Is(text):
			faults = append(faults, fmt.Errorf("%s.%s would be taken for a reference to a secret", key, name))
		}
		all[name] = text
	}
	return all, errors.Join(faults...)
}

// isKernel reports whether a command is this program, of whatever release and in whatever place.
func isKernel(command string) bool {
	base := command[strings.LastIndexAny(command, `/\`)+1:]
	base = strings.TrimSuffix(strings.ToLower(filepath.Base(base)), ".exe")
	return base == Own || strings.HasPrefix(base, Own+"-") || strings.HasPrefix(base, Own+"_")
}
