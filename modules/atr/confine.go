package atr

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/process"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// What a server in a sandbox may use where its limits say nothing.
const (
	DefaultMemory = 4 << 30 // bytes of each process
	DefaultFiles  = 4096    // open descriptors of each process
)

// checkSandbox returns every fault of what a server may reach and use.
func (s *Server) checkSandbox() []error {
	faults := []error{s.Limits.Validate()}
	if s.URL != "" && (s.Sandbox != nil || !s.Limits.Zero()) {
		faults = append(faults, errors.New("sandbox and limits are for servers with a command"))
	}
	if s.Sandbox == nil {
		return faults
	}
	for _, path := range slices.Concat(s.Sandbox.Read, s.Sandbox.Write, s.Sandbox.Run) {
		if !filepath.IsAbs(path) && path != "~" && !strings.HasPrefix(path, "~/") && !strings.HasPrefix(path, "${") {
			faults = append(faults, fmt.Errorf("sandbox: %q is not an absolute path; ~ is your home directory, ${NAME} a variable", path))
		}
	}
	name := strings.TrimSuffix(filepath.Base(s.Command), ".exe")
	if slices.Contains([]string{"docker", "podman", "nerdctl"}, name) {
		faults = append(faults, fmt.Errorf("what %s runs is not held by a sandbox around %s: give the container limits of its own, and leave sandbox out", name, name))
	}
	if len(s.Sandbox.Run) == 0 && slices.Contains(fetchers(), name) {
		faults = append(faults, fmt.Errorf("%s fetches what it runs, which strict has no room for: install the package and name its command, "+
			"or say in sandbox what %s may write, exec and reach", name, name))
	}
	return faults
}

// fetchers are programs that get others from the network and run them.
func fetchers() []string {
	return []string{"npx", "npm", "pnpx", "pnpm", "yarn", "bunx", "uvx", "uv", "pipx"}
}

// profile returns what a server may do when it is started in an environment; nil is all that we may. Who may change ours
// could let itself do anything at its next start, so nobody may.
func (o Opener) profile(s *Server, env []string) (*sandbox.Profile, error) {
	if s.Sandbox == nil {
		if s.Limits.Zero() {
			return nil, nil //nolint:nilnil // there is nothing to hold it to
		}
		return &sandbox.Profile{Open: true, Limits: s.Limits}, nil
	}
	p := *s.Sandbox
	p.Limits = s.Limits
	if p.Limits.Memory == 0 {
		p.Limits.Memory = DefaultMemory
	}
	if p.Limits.Files == 0 {
		p.Limits.Files = DefaultFiles
	}
	var faults []error
	for _, list := range []*[]string{&p.Read, &p.Write, &p.Run} {
		expanded := make([]string, 0, len(*list))
		for _, text := range *list {
			path, err := expand(text)
			expanded, faults = append(expanded, path), append(faults, err)
		}
		*list = expanded
	}
	path, err := process.Find(s.Command, s.Dir, env)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err == nil && len(s.Sandbox.Run) == 0 && (strings.Contains(path, "/shims/") || strings.Contains(path, "/.volta/bin/")) {
		err = fmt.Errorf("sandbox: %s stands in for a program that a version manager finds by running others: name that program", path)
	}
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	for _, program := range slices.Clone(p.Run) {
		p.Grant(sandbox.Program{Path: program, Env: env})
	}
	p.Grant(sandbox.Program{Path: path, Args: s.Args, Env: env, Dir: s.Dir})
	if path := sandbox.Overlap(p.Write, o.Ours); path != "" {
		return nil, fmt.Errorf("sandbox: to write %s is to change mcp-kernel's own configuration or data: grant less", path)
	}
	if path := sandbox.Overlap(slices.Concat(p.Read, p.Run), []string{o.Keys}); o.Keys != "" && path != "" {
		return nil, fmt.Errorf("sandbox: to read %s is to read mcp-kernel's keys and journal: grant less", path)
	}
	return &p, nil
}

// expand returns a path without ~ and ${NAME}. A variable that is not set is an error, or /${NAME} would be all there is.
func expand(text string) (string, error) {
	var missing []string
	path := text
	if home, err := os.UserHomeDir(); path == "~" || strings.HasPrefix(path, "~/") {
		if err != nil {
			return "", fmt.Errorf("sandbox: %q: %w", text, err)
		}
		path = home + path[1:]
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(path, "${")
		b.WriteString(before)
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		value := os.Getenv(name)
		if !closed || value == "" {
			missing = append(missing, name)
		}
		b.WriteString(value)
		path = after
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("sandbox: %q: %s is not set", text, strings.Join(missing, ", "))
	}
	return filepath.Clean(b.String()), nil
}
