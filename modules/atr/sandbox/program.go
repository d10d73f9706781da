package sandbox

import (
	"bytes"
	"debug/elf"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Program is what is to be run.
type Program struct {
	Path string   // absolute
	Args []string // without its name: an operator's and never a caller's, since the code that they name is granted
	Env  []string // in which it finds others
	Dir  string   // to run in; empty is the present one
}

// Grant adds what a program cannot be run without: its own file and what interprets it, the code that it was told to run
// with what lies around that, and what every program reads of the system. It finds that from the files, and knows the usual
// interpreters; the folder that it was told to run in it may change. A folder that holds more than code, such as a user's own,
// is never added: of what lies right in one only the file is.
func (p *Profile) Grant(program Program) {
	n := &needs{Program: program, homes: homes(program.Env)}
	n.program(program.Path, 0)
	if interprets(program.Path) {
		n.script()
	}
	if dir, err := filepath.Abs(program.Dir); program.Dir != "" && err == nil && !n.broad(dir) {
		p.Write = append(slices.Clone(p.Write), dir)
	}
	read, write := System()
	p.Read = unique(append(slices.Concat(p.Read, read), n.read...))
	p.Write = unique(slices.Concat(p.Write, write))
	p.Run = unique(append(slices.Clone(p.Run), n.run...))
}

func unique(paths []string) []string {
	slices.Sort(paths)
	return slices.Compact(paths)
}

// needs are what a program needs, as they are found.
type needs struct {
	Program

	homes     []string
	read, run []string
}

// maxDepth bounds how many interpreters interpret each other.
const maxDepth = 4

// program adds a program, and what the system starts to run it.
func (n *needs) program(path string, depth int) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil || depth > maxDepth || slices.Contains(n.run, real) {
		return // what is not there cannot be granted
	}
	n.run = append(n.run, real)
	for _, found := range []string{path, real} {
		if interprets(found) {
			n.folder(filepath.Dir(filepath.Dir(found))) // PREFIX/bin/python
		}
	}
	head := beginning(real)
	line, script := strings.CutPrefix(head, "#!")
	if !script {
		if loader := loaderOf(real); loader != "" {
			n.program(loader, depth+1)
		}
		return
	}
	n.code(real)
	line, _, _ = strings.Cut(line, "\n")
	words := strings.Fields(line)
	if len(words) == 0 {
		return
	}
	n.program(words[0], depth+1)
	if filepath.Base(words[0]) != "env" {
		return
	}
	for _, word := range words[1:] {
		if !strings.HasPrefix(word, "-") && !strings.Contains(word, "=") {
			n.program(n.find(word), depth+1)
			return
		}
	}
}

// beginning is where the system looks for an interpreter (execve(2)).
func beginning(path string) string {
	const most = 256
	f, err := os.Open(path) //nolint:gosec // the operator says which program to run
	if err != nil {
		return ""
	}
	head := make([]byte, most)
	size, _ := io.ReadFull(f, head) // less is fine
	_ = f.Close()                   // it was only read
	return string(head[:size])
}

// loaderOf is the program that loads a dynamically linked one; empty if it needs none.
func loaderOf(path string) string {
	f, err := elf.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // it was only read
	const most = 4096
	for _, part := range f.Progs {
		if part.Type == elf.PT_INTERP && part.Filesz <= most {
			name := make([]byte, part.Filesz)
			if _, err := part.ReadAt(name, 0); err == nil {
				return string(bytes.TrimRight(name, "\x00"))
			}
		}
	}
	return ""
}

// find returns the path of a program that another starts by its name.
func (n *needs) find(name string) string {
	for _, pair := range n.Env {
		path, ok := strings.CutPrefix(pair, "PATH=")
		for _, folder := range filepath.SplitList(path) {
			found := filepath.Join(folder, name)
			if info, err := os.Stat(found); ok && err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return found
			}
		}
	}
	return ""
}

// interprets reports whether a program runs code that its arguments name.
func interprets(path string) bool {
	name := strings.TrimRight(filepath.Base(path), "0123456789.")
	return slices.Contains([]string{"node", "nodejs", "deno", "bun", "python", "pypy", "ruby", "perl", "php", "sh", "bash", "dash"}, name)
}

// script adds the code that an interpreter's arguments name.
func (n *needs) script() {
	for _, arg := range n.Args {
		switch {
		case slices.Contains([]string{"-m", "-c", "-e", "-p", "--eval", "--print"}, arg):
			return // a module, which lies with the interpreter, or the code itself
		case strings.HasPrefix(arg, "-"), arg == "run":
			continue
		}
		path := arg
		if !filepath.IsAbs(path) {
			path = filepath.Join(n.Dir, path)
		}
		if path, err := filepath.Abs(path); err == nil {
			if real, err := filepath.EvalSymlinks(path); err == nil {
				n.code(real)
			}
		}
		return
	}
}

// code adds a file of code, with what it is likely to load: the packages among which it lies, or the project.
func (n *needs) code(path string) {
	const packages = "/node_modules/"
	n.read = append(n.read, path)
	if before, _, inside := strings.Cut(path, packages); inside {
		n.folder(before + strings.TrimSuffix(packages, "/"))
		n.read = append(n.read, existing(before+"/package.json")...)
		return
	}
	dir := filepath.Dir(path)
	for up := dir; up != filepath.Dir(up) && !n.broad(up); up = filepath.Dir(up) {
		if len(existing(up+"/package.json", up+"/pyproject.toml", up+"/pyvenv.cfg", up+"/Gemfile")) > 0 {
			dir = up
			break
		}
	}
	n.folder(dir)
}

// folder adds a folder, unless it holds more than code.
func (n *needs) folder(path string) {
	if !n.broad(path) {
		n.read = append(n.read, path)
	}
}

// broad reports whether a folder is one in which all sorts of things lie.
func (n *needs) broad(path string) bool {
	if slices.Contains([]string{"/", "/usr", "/usr/local", "/opt", "/var", "/srv", "/mnt", "/media", "/etc", "/run", "/dev", "/proc", "/sys", os.TempDir(), "/tmp", "/var/tmp"}, path) {
		return true
	}
	for _, home := range n.homes {
		inside, err := filepath.Rel(path, home)
		above := err == nil && inside != ".." && !strings.HasPrefix(inside, "../")
		name, err := filepath.Rel(home, path)
		if above || err == nil && slices.Contains([]string{".local", ".local/share", ".cargo", ".config", ".cache", "Documents", "Desktop", "Downloads"}, name) {
			return true
		}
	}
	return false
}

// homes are the folders of the user.
func homes(env []string) []string {
	var all []string
	if home, err := os.UserHomeDir(); err == nil {
		all = append(all, home)
	}
	for _, pair := range env {
		if home, ok := strings.CutPrefix(pair, "HOME="); ok && filepath.IsAbs(home) {
			all = append(all, filepath.Clean(home))
		}
	}
	for _, home := range slices.Clone(all) {
		if real, err := filepath.EvalSymlinks(home); err == nil {
			all = append(all, real)
		}
	}
	return all
}
