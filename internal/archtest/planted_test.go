package archtest_test

import (
	"strings"
	"testing"
	"testing/fstest"
)

// about is a package comment long enough to pass the law of comments.
const about = "stands in a tree that exists only in a test: it has one breach planted in it, and the law that is " +
	"concerned has to find that one and nothing besides.\n"

// plant parses a tree of the given files.
func plant(t *testing.T, files map[string]string) *tree {
	t.Helper()
	root := fstest.MapFS{}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	planted, err := parse(root)
	if err != nil {
		t.Fatal(err)
	}
	return planted
}

// expect demands one breach that contains all the parts, or none where there are no parts.
func expect(t *testing.T, breaches []string, parts ...string) {
	t.Helper()
	if len(parts) == 0 && len(breaches) == 0 {
		return
	}
	if len(parts) == 0 || len(breaches) != 1 {
		t.Fatalf("breaches %q, want one with each of %q", breaches, parts)
	}
	for _, part := range parts {
		if !strings.Contains(breaches[0], part) {
			t.Errorf("breach %q does not contain %q", breaches[0], part)
		}
	}
}

func TestRanksFindAPlantedImport(t *testing.T) {
	t.Parallel()
	const table = `
		contract:
			5 tools
		state:
			1 state/memstate
			0 state
	`
	const (
		state    = "package state\n"
		memstate = "package memstate\n"
		upward   = "package state\n\nimport _ \"" + module + "/tools\"\n"
		sideways = "package state\n\nimport _ \"" + module + "/state/memstate\"\n"
		downward = "package tools\n\nimport _ \"" + module + "/state\"\n"
	)
	for _, test := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"downward", map[string]string{"state/a.go": state, "state/memstate/a.go": memstate, "tools/a.go": downward}, nil},
		{
			"upward",
			map[string]string{"state/a.go": upward, "state/memstate/a.go": memstate, "tools/a.go": "package tools"},
			[]string{"state/a.go:3: state (state, rank 0) imports tools (contract, rank 5)", "lower rank"},
		},
		{
			"upward behind a build tag",
			map[string]string{"state/a_plan9.go": "//go:build never\n\n" + sideways, "state/memstate/a.go": memstate, "tools/a.go": "package tools"},
			[]string{"state/a_plan9.go:5: state (state, rank 0) imports state/memstate (state, rank 1)"},
		},
		{"upward in a test", map[string]string{"state/a.go": state, "state/a_test.go": upward, "state/memstate/a.go": memstate, "tools/a.go": "package tools"}, nil},
		{
			"no rank",
			map[string]string{"state/a.go": state, "state/memstate/a.go": memstate, "tools/a.go": "package tools", "b/b.go": "package b"},
			[]string{"b: the package has no rank"},
		},
		{
			"no package",
			map[string]string{"state/a.go": state, "tools/a.go": "package tools", "state/memstate/testdata/a.go": memstate},
			[]string{"state/memstate: the rank has no package"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			expect(t, ranksIn(plant(t, test.files), table), test.want...)
		})
	}
}

func TestRanksTableFaults(t *testing.T) {
	t.Parallel()
	for name, table := range map[string]string{
		"a rank before any layer": "1 state",
		"a rank that is none":     "state:\none state",
		"a rank without a folder": "state:\n1",
		"a folder placed twice":   "state:\n1 state\n2 state",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, faults := standings(table); len(faults) != 1 {
				t.Errorf("standings(%q) has faults %q, want one", table, faults)
			}
		})
	}
}

func TestLawsFindPlantedBreaches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, path, text string
		law              func(*tree) []string
		want             []string
	}{
		{"an edge kept", "modules/scak/a.go", `package scak; import _ "` + module + `/modules/primitives"`, edgesLaw, nil},
		{"an edge missing", "modules/scak/a.go", `package scak`, edgesLaw, []string{"modules/scak", "modules/primitives"}},

		{"a hollow name", "tools/util/a.go", `package util`, namesLaw, []string{"tools/util", "noun"}},

		{"a paragraph", "a/a.go", "// Package a " + about + "package a", docsLaw, nil},
		{"a paragraph in tests only", "a/a_test.go", "// Package a " + about + "package a_test", docsLaw, nil},
		{"a command", "cmd/a/main.go", "// Command a " + about + "package main", docsLaw, nil},
		{"no comment", "a/a.go", "package a", docsLaw, []string{"a: no package comment"}},
		{"a title", "a/a.go", "// Package a is a.\npackage a", docsLaw, []string{"a: the package comment is only a title"}},
		{"another's comment", "a/a.go", "// Package b " + about + "package a", docsLaw, []string{"a: the package comment does not begin"}},

		{"init", "a/a.go", "package a\n\nfunc init() {}", initLaw, []string{"a/a.go:3: init"}},
		{"a method called init", "a/a.go", "package a\n\ntype t int\n\nfunc (t) init() {}", initLaw, nil},

		{"a variable", "a/a.go", "package a\n\nvar count int", stateLaw, []string{"a/a.go:3: the variable count", "field"}},
		{"a variable of a group", "a/a.go", "package a\n\nvar (\n\t_ = 1\n\ttable = []int{1}\n)", stateLaw, []string{"a/a.go:5: the variable table"}},
		{"a compiled check", "a/a.go", "package a\n\nvar _ I = (*T)(nil)", stateLaw, nil},
		{"a sentinel", "a/a.go", "package a\n\nimport \"errors\"\n\nvar ErrGone, errLost = errors.New(\"gone\"), errors.New(\"lost\")", stateLaw, nil},
		{"a sentinel of another making", "a/a.go", "package a\n\nimport \"fmt\"\n\nvar ErrGone = fmt.Errorf(\"gone\")", stateLaw, []string{"ErrGone"}},
		{"an error of another name", "a/a.go", "package a\n\nimport \"errors\"\n\nvar errand = errors.New(\"gone\")", stateLaw, []string{"errand"}},
		{"an embedded file", "a/a.go", "package a\n\nimport _ \"embed\"\n\n//go:embed a.txt\nvar text string", stateLaw, nil},
		{"a variable in a test", "a/a_test.go", "package a\n\nvar count int", stateLaw, nil},
		{"an exemption used", "cmd/mcp-kernel/main.go", "package main\n\nvar version, commit, date string", stateLaw, nil},
		{"an exemption left over", "cmd/mcp-kernel/main.go", "package main\n\nvar version, commit string", stateLaw, []string{"cmd/mcp-kernel.date: exempted but not there"}},

		{"an owner", "internal/config/a.go", `package config; import _ "github.com/spf13/viper"`, ownersLaw, nil},
		{"an owner's subpackage", "cmd/mcp-kernel/a.go", `package main; import _ "github.com/rs/zerolog/log"`, ownersLaw, nil},
		{"viper elsewhere", "server/a.go", `package server; import _ "github.com/spf13/viper"`, ownersLaw, []string{"server/a.go:1: server imports github.com/spf13/viper", "internal/config", "Options"}},
		{"mcp-go elsewhere", "tools/a.go", `package tools; import _ "github.com/mark3labs/mcp-go/mcp"`, ownersLaw, []string{"tools imports github.com/mark3labs/mcp-go/mcp"}},
		{"SQL elsewhere", "governance/audit/a.go", `package audit; import _ "database/sql"`, ownersLaw, []string{"database/sql", "state.Backend"}},
		{"testing in production", "a/a.go", `package a; import _ "testing/fstest"`, ownersLaw, []string{"testing/fstest", "_test.go"}},
		{"testing in the conformance suite", "state/statetest/a.go", `package statetest; import _ "testing"`, ownersLaw, nil},

		{"tools in module.go", "modules/cmvk/module.go", `package cmvk; import _ "` + module + `/tools"`, moduleFilesLaw, nil},
		{"governance in gate.go", "modules/cmvk/gate.go", `package cmvk; import _ "` + module + `/governance/audit"`, moduleFilesLaw, nil},
		{"a library below governance", "modules/cmvk/drift.go", `package cmvk; import _ "` + module + `/governance/match"`, moduleFilesLaw, nil},
		{"tools elsewhere in a module", "modules/cmvk/drift.go", `package cmvk; import _ "` + module + `/tools"`, moduleFilesLaw, []string{"modules/cmvk/drift.go:1:", "module.go"}},
		{"governance elsewhere in a module", "modules/cmvk/module.go", `package cmvk; import _ "` + module + `/governance"`, moduleFilesLaw, []string{"gate.go"}},
		{"tools where modules are wired", "modules/standard/standard.go", `package standard; import _ "` + module + `/tools"`, moduleFilesLaw, nil},

		{"stdout", "server/a.go", "package server\n\nimport \"os\"\n\nfunc f() { g(os.Stdout) }", stdoutLaw, []string{"server/a.go:5: standard output"}},
		{"stdout under another name", "server/a.go", "package server\n\nimport sys \"os\"\n\nvar w = sys.Stdout", stdoutLaw, []string{"server/a.go:5: standard output"}},
		{"a print", "server/a.go", "package server\n\nimport \"fmt\"\n\nfunc f() { fmt.Println() }", stdoutLaw, []string{"server/a.go:5: standard output"}},
		{"a print to a writer", "server/a.go", "package server\n\nimport \"fmt\"\n\nfunc f() { fmt.Fprintln(w) }", stdoutLaw, nil},
		{"stdout in the command", "cmd/mcp-kernel/main.go", "package main\n\nimport \"os\"\n\nfunc f() { g(os.Stdout) }", stdoutLaw, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			expect(t, test.law(plant(t, map[string]string{test.path: test.text})), test.want...)
		})
	}
}

func TestParseLeavesOutWhatIsNotTheModules(t *testing.T) {
	t.Parallel()
	planted := plant(t, map[string]string{
		"a/a.go":                "package a",
		"a/testdata/a.go":       "not Go at all",
		"_a/a.go":               "not Go at all",
		".a/a.go":               "not Go at all",
		"nested/go.mod":         "module nested",
		"nested/deep/a.go":      "not Go at all",
		"b/node_modules/x/a.go": "not Go at all",
	})
	if got := strings.Join(planted.dirs(), " "); got != "a" {
		t.Errorf("packages %q, want a", got)
	}
}
