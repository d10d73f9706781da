package archtest_test

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

// owners says which packages alone may import something, so that replacing it is one package's work: an import (it and
// all below it), the owners' folders separated by commas (a folder and all below it), and what others do instead.
const owners = `
	github.com/cedar-policy        governance/rules                             ask a rules.Engine
	github.com/fsnotify/fsnotify   governance/policy/watch                      watch with a watch.Watcher
	github.com/nyaruka             governance/detect/gen                        let governance/detect find numbers
	github.com/mark3labs/mcp-go    server,internal/demo                         implement tools.Module and let the server publish it
	github.com/redis               state/redisstate                             keep it in a state.Backend
	github.com/rs/zerolog          cmd,internal/config,server                   return an error, or report through an Observer
	github.com/spf13/cobra         cmd                                          take Options
	github.com/spf13/pflag         cmd,internal/config                          take Options
	github.com/spf13/viper         internal/config                              take Options
	github.com/tiktoken-go         governance/tokens/gen                        let governance/tokens count
	github.com/tetratelabs         modules/atr/wasi                             let modules/atr/wasi run it
	database/sql                   state/sqlitestate                            keep it in a state.Backend
	github.com/zalando             modules/atr/secret                           ask a secret.Resolver
	modernc.org                    state/sqlitestate                            keep it in a state.Backend
	log                            server                                       return an error, or report through an Observer
	testing                        state/statetest,internal/redistest           move it into a _test.go file
`

func ownersLaw(t *tree) []string {
	var breaches []string
	rules := fields(owners)
	for _, f := range t.production() {
		for _, spec := range f.Imports {
			for _, rule := range rules {
				if within(imported(spec), rule[0]) && !owns(f.dir(), rule[1]) {
					breaches = append(breaches, t.at(spec.Pos(), "%s imports %s, which only %s may: %s",
						f.dir(), imported(spec), rule[1], strings.Join(rule[2:], " ")))
				}
			}
		}
	}
	return breaches
}

func owns(dir, folders string) bool {
	return slices.ContainsFunc(strings.Split(folders, ","), func(folder string) bool { return within(dir, folder) })
}

// moduleFilesLaw keeps a module a plain library with two doors: module.go alone knows tools, gate.go alone knows
// governance and what decides, records and approves below it. A door that is too wide for one file goes on in
// module_NOUN.go and gate_NOUN.go. The libraries below governance that know nothing of a
// call (match, detect, code, intent) are anyone's.
func moduleFilesLaw(t *tree) []string {
	var breaches []string
	for _, f := range t.production() {
		if !inModule(f.dir()) {
			continue
		}
		for _, spec := range f.Imports {
			dir, _ := own(spec)
			if door := doorTo(dir); door != "" && !passes(path.Base(f.path), door) {
				breaches = append(breaches, t.at(spec.Pos(), "%s imports %s, which in a module only %s may: "+
					"the rest of a module is a library that knows nothing of MCP; move this there", f.path, dir, door))
			}
		}
	}
	return breaches
}

// passes reports whether a file is a door, or goes on with it.
func passes(name, door string) bool {
	return name == door || strings.HasPrefix(name, strings.TrimSuffix(door, ".go")+"_")
}

// inModule reports whether a folder belongs to a module: standard wires them all, primitives is a library.
func inModule(dir string) bool {
	return within(dir, "modules") && !within(dir, "modules/standard") && !within(dir, "modules/primitives")
}

// doorTo returns the file of a module through which alone it may reach a package, or "" when any file may.
func doorTo(dir string) string {
	switch dir {
	case "tools":
		return "module.go"
	case "governance", "governance/approval", "governance/audit", "governance/policy":
		return "gate.go"
	}
	return ""
}

// stdoutLaw keeps standard output, which on stdio is the protocol, in the hands of the command.
func stdoutLaw(t *tree) []string {
	var breaches []string
	for _, f := range t.production() {
		if within(f.dir(), "cmd") {
			continue
		}
		ast.Inspect(f.File, func(node ast.Node) bool {
			if expr, ok := node.(ast.Expr); ok && prints(f, expr) {
				breaches = append(breaches, t.at(expr.Pos(), "standard output belongs to the protocol and to cmd: "+
					"take an io.Writer, or return what is to be said"))
			}
			return true
		})
	}
	return breaches
}

// prints reports whether the expression names standard output or a function that writes to it.
func prints(f file, expr ast.Expr) bool {
	return refers(f, expr, "os", "Stdout") || refers(f, expr, "fmt", "Print") ||
		refers(f, expr, "fmt", "Printf") || refers(f, expr, "fmt", "Println")
}
