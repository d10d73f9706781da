package archtest_test

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

// shortestDoc is the length in bytes below which a package comment is a title and not a paragraph.
const shortestDoc = 120

// namesLaw refuses packages named after nothing, which is where unrelated code gathers.
func namesLaw(t *tree) []string {
	hollow := strings.Fields("base common helper helpers internal lib misc shared types util utils")
	var breaches []string
	for _, dir := range t.dirs() {
		if slices.Contains(hollow, path.Base(dir)) {
			breaches = append(breaches, dir+": the name says nothing: name the package after the one noun it is about")
		}
	}
	return breaches
}

// docsLaw wants a paragraph about every package, in exactly one of its files.
func docsLaw(t *tree) []string {
	var breaches []string
	for _, dir := range t.dirs() {
		comments := packageComments(t.packages[dir])
		switch {
		case len(comments) == 0:
			breaches = append(breaches, dir+": no package comment: write a paragraph that says what it is for and what not")
		case len(comments) > 1:
			breaches = append(breaches, dir+": package comments in several files: keep one")
		case !introduces(comments[0], t.packages[dir][0].Name.Name, path.Base(dir)):
			breaches = append(breaches, dir+`: the package comment does not begin with "Package NAME" (a command: "Command NAME")`)
		case len(comments[0]) < shortestDoc:
			breaches = append(breaches, dir+": the package comment is only a title: say what the package is for and what not")
		}
	}
	return breaches
}

// packageComments returns the package comments of production files, or those of tests where there is nothing else.
func packageComments(files []file) []string {
	var production, tests []string
	for _, f := range files {
		switch text := f.Doc.Text(); {
		case text == "":
		case f.test:
			tests = append(tests, text)
		default:
			production = append(production, text)
		}
	}
	if slices.ContainsFunc(files, func(f file) bool { return !f.test }) {
		return production
	}
	return tests
}

// introduces reports whether a comment begins as the go command's documentation wants it.
func introduces(comment, name, base string) bool {
	if name == "main" {
		return strings.HasPrefix(comment, "Command "+base+" ")
	}
	return strings.HasPrefix(comment, "Package "+strings.TrimSuffix(name, "_test")+" ")
}

// initLaw refuses init functions: what a program does at start is to be read in its main.
func initLaw(t *tree) []string {
	var breaches []string
	for _, f := range t.production() {
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				breaches = append(breaches, t.at(fn.Pos(), "init runs unasked and cannot fail: do it in a constructor"))
			}
		}
	}
	return breaches
}
