package archtest_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is the path of the module whose tree is read, as its go.mod has it.
const module = "github.com/mcp-kernel/mcp-kernel"

// A tree is the parsed source of the module, keyed by a package's folder relative to the root ("state/memstate").
type tree struct {
	fset     *token.FileSet
	packages map[string][]file
}

// A file is one Go file: its path from the root, and whether it is a test.
type file struct {
	path string
	test bool
	*ast.File
}

// parse reads every Go file below root: no build tag hides one, and what the go command ignores (testdata, hidden
// folders, nested modules) is ignored here too.
func parse(root fs.FS) (*tree, error) {
	t := &tree{fset: token.NewFileSet(), packages: make(map[string][]file)}
	return t, fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && outside(root, name):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		return t.add(root, name)
	})
}

// outside reports whether the folder is no part of the module.
func outside(root fs.FS, dir string) bool {
	if dir == "." {
		return false
	}
	base := path.Base(dir)
	if base == "testdata" || base == "vendor" || base == "node_modules" || strings.ContainsRune("._", rune(base[0])) {
		return true
	}
	_, err := fs.Stat(root, path.Join(dir, "go.mod"))
	return err == nil
}

func (t *tree) add(root fs.FS, name string) error {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(t.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir := path.Dir(name)
	t.packages[dir] = append(t.packages[dir], file{name, strings.HasSuffix(name, "_test.go"), parsed})
	return nil
}

// dirs returns the packages' folders, sorted.
func (t *tree) dirs() []string {
	return slices.Sorted(maps.Keys(t.packages))
}

// production returns the files of all packages that are no tests, in order.
func (t *tree) production() []file {
	var files []file
	for _, dir := range t.dirs() {
		for _, f := range t.packages[dir] {
			if !f.test {
				files = append(files, f)
			}
		}
	}
	return files
}

// at renders a breach: where, what, and what to do.
func (t *tree) at(position token.Pos, format string, args ...any) string {
	p := t.fset.Position(position)
	return fmt.Sprintf("%s:%d: %s", p.Filename, p.Line, fmt.Sprintf(format, args...))
}

func (f file) dir() string {
	return path.Dir(f.path)
}

// imported returns the path that an import names.
func imported(spec *ast.ImportSpec) string {
	name, _ := strconv.Unquote(spec.Path.Value) // the parser has checked the literal
	return name
}

// own returns the folder of an imported package of this module, and whether it is one.
func own(spec *ast.ImportSpec) (string, bool) {
	return strings.CutPrefix(imported(spec), module+"/")
}

// within reports whether name is parent or lies below it.
func within(name, parent string) bool {
	return name == parent || strings.HasPrefix(name, parent+"/")
}

// fields splits a table into the words of its lines; blank lines and what follows a # are left out.
func fields(table string) [][]string {
	var rows [][]string
	for line := range strings.Lines(table) {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 0 {
			rows = append(rows, words)
		}
	}
	return rows
}
