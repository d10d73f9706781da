package archtest_test

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// exemptions are package-level variables that are allowed, each with its reason: folder and name, then why. One whose
// package exists without the variable is a breach.
const exemptions = `
	cmd/mcp-kernel.version  set by the linker (-X), which can set only variables
	cmd/mcp-kernel.commit   set by the linker
	cmd/mcp-kernel.date     set by the linker
`

// stateLaw refuses package-level variables, in which calls, tests and servers in one process would meet. What is
// allowed is what nobody assigns: compiled checks (var _ I = …), sentinels (ErrX = errors.New), embedded files.
func stateLaw(t *tree) []string {
	var breaches []string
	unused := exempted(t)
	for _, f := range t.production() {
		for _, spec := range variables(f) {
			for i, name := range spec.Names {
				key := f.dir() + "." + name.Name
				if _, exempt := unused[key]; exempt {
					delete(unused, key)
				} else if !constant(f, spec, i) {
					breaches = append(breaches, t.at(name.Pos(), "the variable %s belongs to the whole process: make it a field, "+
						"a constant or a function, or exempt it with a reason in internal/archtest/state_test.go", name.Name))
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(unused)) {
		breaches = append(breaches, key+": exempted but not there: strike it in internal/archtest/state_test.go")
	}
	return breaches
}

// exempted returns the exemptions whose package exists.
func exempted(t *tree) map[string]string {
	found := make(map[string]string)
	for _, row := range fields(exemptions) {
		if dir := row[0][:strings.LastIndexByte(row[0], '.')]; t.packages[dir] != nil {
			found[row[0]] = strings.Join(row[1:], " ")
		}
	}
	return found
}

// variables returns the package-level variable specifications of a file, each with its group's comment when it stands
// alone, because that is where a go:embed directive is.
func variables(f file) []*ast.ValueSpec {
	var specs []*ast.ValueSpec
	for _, decl := range f.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			value := *spec.(*ast.ValueSpec)
			if value.Doc == nil {
				value.Doc = group.Doc
			}
			specs = append(specs, &value)
		}
	}
	return specs
}

// constant reports whether the i-th name of a specification is one that nobody assigns.
func constant(f file, spec *ast.ValueSpec, i int) bool {
	name := spec.Names[i].Name
	return name == "_" || embedded(spec) || sentinelName(name) && i < len(spec.Values) && newError(f, spec.Values[i])
}

func embedded(spec *ast.ValueSpec) bool {
	return spec.Doc != nil && slices.ContainsFunc(spec.Doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed ")
	})
}

// sentinelName reports whether a name is ErrX or errX.
func sentinelName(name string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(name[:1])+name[1:], "err")
	first, _ := utf8.DecodeRuneInString(rest)
	return ok && unicode.IsUpper(first)
}

// newError reports whether the expression is a call of errors.New.
func newError(f file, expr ast.Expr) bool {
	call, ok := expr.(*ast.CallExpr)
	return ok && refers(f, call.Fun, "errors", "New")
}

// refers reports whether the expression is the name of a package, under whatever name the file imports it.
func refers(f file, expr ast.Expr, pkg, name string) bool {
	selector, ok := expr.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != name {
		return false
	}
	left, ok := selector.X.(*ast.Ident)
	return ok && left.Name == localName(f, pkg)
}

// localName returns what a file calls a package of the standard library, or "" when it does not import it.
func localName(f file, pkg string) string {
	for _, spec := range f.Imports {
		switch {
		case imported(spec) != pkg:
		case spec.Name != nil:
			return spec.Name.Name
		default:
			return pkg[strings.LastIndexByte(pkg, '/')+1:]
		}
	}
	return ""
}
