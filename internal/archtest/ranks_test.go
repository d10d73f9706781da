package archtest_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ranks says who may import whom: only a lower rank. A line is a rank and a package's folder, below the heading of its
// layer. A rank lands with its package: one without the other is a breach.
const ranks = `
intelligence:
	60  cmd/mcp-kernel
	60  internal/archtest
	52  internal/bench
	52  internal/bench/echo
	52  internal/demo
	52  internal/detection
	52  internal/fixture
	52  internal/hosts
	50  modules/standard
	50  server
	46  server/bearer
	46  server/fleet
	46  server/keys
	46  server/scrape
	46  server/tasks
	46  internal/upstreams
	46  internal/locals
	45  internal/config
	 2  internal/redistest

framework:
	33  modules/controlplane
	31  modules/observability/monitor
	30  modules/observability
	 1  modules/observability/otlp
	 0  modules/observability/metric
	 0  modules/observability/trace

infrastructure:
	20  modules/atr
	20  modules/compose
	12  modules/atr/pin
	19  modules/atr/upstream
	12  modules/atr/process
	11  modules/atr/sandbox
	12  modules/atr/rpc
	12  modules/atr/dial
	12  modules/atr/search
	12  modules/atr/cache
	12  modules/atr/retry
	12  modules/atr/semver
	12  modules/atr/secret
	13  modules/atr/oauth
	12  modules/atr/local
	13  modules/atr/command
	14  modules/atr/inside
	13  modules/atr/wasi
	13  modules/atr/openapi

primitives:
	11  modules/cmvk
	 0  modules/primitives
	 0  internal/stack

contract:
	 5  tools

governance:
	 7  governance/inspect
	 5  governance/audit/mirror
	 5  governance/audit/siem
	 5  governance/policy/compare
	 5  governance/policy/lint
	 5  governance/policy/replay
	 5  governance/policy/trial
	 4  governance/policy
	 4  governance/approval
	 4  governance/audit
	 3  governance
	 3  governance/intent/train
	 2  governance/intent
	 2  governance/rules
	 1  governance/code
	 1  governance/policy/bundle
	 1  governance/detect
	 1  governance/detect/gen
	 1  governance/intent/linear
	 1  governance/tokens
	 1  governance/tokens/gen
	 0  governance/audit/merkle
	 0  governance/match
	 0  governance/policy/templates
	 0  governance/policy/watch
	 0  governance/tokens/vocabulary

state:
	 1  state/guarded
	 1  state/memstate
	 1  state/redisstate
	 1  state/sqlitestate
	 1  state/statetest
	 0  state
`

// edges are imports that the architecture promises: importer, imported. One is due as soon as its importer exists.
const edges = `
	modules/scak        modules/primitives
	modules/iatp        modules/primitives
	modules/nexus       modules/iatp
	modules/hypervisor  modules/iatp
`

// A standing is the place of a package in the table.
type standing struct {
	dir, layer string
	rank       int
}

func (s standing) String() string {
	return fmt.Sprintf("%s (%s, rank %d)", s.dir, s.layer, s.rank)
}

// standings reads the table of ranks; its faults are breaches like any other.
func standings(table string) (map[string]standing, []string) {
	var faults []string
	placed := make(map[string]standing)
	layer := ""
	for _, row := range fields(table) {
		if heading, ok := strings.CutSuffix(row[0], ":"); ok && len(row) == 1 {
			layer = heading
			continue
		}
		rank, err := strconv.Atoi(row[0])
		if err != nil || len(row) != 2 || layer == "" {
			faults = append(faults, fmt.Sprintf("ranks: %q is neither a layer nor a rank and a folder below one", row))
			continue
		}
		if twin, twice := placed[row[1]]; twice {
			faults = append(faults, fmt.Sprintf("ranks: %v is placed twice: strike one line", twin))
		}
		placed[row[1]] = standing{row[1], layer, rank}
	}
	return placed, faults
}

func ranksLaw(t *tree) []string {
	return ranksIn(t, ranks)
}

// ranksIn holds the tree to a table of ranks.
func ranksIn(t *tree, table string) []string {
	placed, breaches := standings(table)
	for _, dir := range t.dirs() {
		if _, ranked := placed[dir]; !ranked {
			breaches = append(breaches, dir+": the package has no rank: give it one in internal/archtest/ranks_test.go")
		}
	}
	for dir := range placed {
		if t.packages[dir] == nil {
			breaches = append(breaches, dir+": the rank has no package: strike its line in internal/archtest/ranks_test.go")
		}
	}
	slices.Sort(breaches)
	return append(breaches, upward(t, placed)...)
}

// upward reports production imports that do not lead to a lower rank.
func upward(t *tree, placed map[string]standing) []string {
	var breaches []string
	for _, f := range t.production() {
		from, ranked := placed[f.dir()]
		for _, spec := range f.Imports {
			dir, ours := own(spec)
			to, known := placed[dir]
			if ours && ranked && known && to.rank >= from.rank {
				breaches = append(breaches, t.at(spec.Pos(), "%v imports %v, but only a lower rank may be imported: "+
					"declare an interface here that modules/standard fills, or move what both need below both", from, to))
			}
		}
	}
	return breaches
}

func edgesLaw(t *tree) []string {
	var breaches []string
	for _, edge := range fields(edges) {
		if t.packages[edge[0]] != nil && !reaches(t, edge[0], edge[1]) {
			breaches = append(breaches, fmt.Sprintf("%s: does not import %s, as the architecture promises: "+
				"use it, or change both ARCHITECTURE.md and the table of edges", edge[0], edge[1]))
		}
	}
	return breaches
}

// reaches reports whether production code of one package imports the other.
func reaches(t *tree, from, to string) bool {
	return slices.ContainsFunc(t.packages[from], func(f file) bool {
		return !f.test && imports(f, module+"/"+to)
	})
}

func imports(f file, name string) bool {
	for _, spec := range f.Imports {
		if imported(spec) == name {
			return true
		}
	}
	return false
}
