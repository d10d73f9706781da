package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/trial"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// A trialReport is what `policy test --output json` prints.
type trialReport struct {
	OK        bool        `json:"ok"`
	Cases     int         `json:"cases"`
	Failed    int         `json:"failed"`
	Suites    []suiteLine `json:"suites"`
	Parts     int         `json:"parts"`   // of the policies, that a fixture can touch
	Touched   int         `json:"touched"` // of them
	Untouched []partLine  `json:"untouched"`
}

// A suiteLine is what came of one file of fixtures.
type suiteLine struct {
	File     string     `json:"file"`
	Policies []string   `json:"policies"` // that were active
	Results  []caseLine `json:"results"`
}

// A caseLine is what came of one fixture.
type caseLine struct {
	Name     string   `json:"name"`
	Line     int      `json:"line"`
	OK       bool     `json:"ok"`
	Problems []string `json:"problems,omitempty"` // what is not as expected
	Effect   string   `json:"effect"`
	Check    string   `json:"check,omitempty"`
	Rule     string   `json:"rule,omitempty"`
	Policy   string   `json:"policy,omitempty"`
	Reason   string   `json:"reason,omitempty"`
}

// A partLine is a part of a policy that no fixture touches.
type partLine struct {
	Policy string `json:"policy"`
	Field  string `json:"field"`
	What   string `json:"what"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

func (a *app) policyTest() *cobra.Command {
	var files list
	var least int
	var format string
	cmd := &cobra.Command{
		Use:   "test [FILE…]",
		Short: "Judge the calls and answers of fixtures, and compare with what is expected",
		Long: `Test reads fixtures, the files whose names end in .test.yaml, or all such files of a directory; without a file those that lie
beside the configured policies. A fixture is a call, an answer or a definition, or several after another, and what must come
of it: docs/policies.md says how to write one. Each is judged as a server would judge it, with counters, labels and a clock of
its own, and nothing is run. The policies are those that the fixtures name, or the file beside them without .test in its name.

It says which parts of the policies no fixture has touched: names, patterns, limits, rules, detectors, intents, labels,
approvals. A fixture that fails is exit code 1, and so is a coverage below --coverage. --format junit writes a report that
continuous integration reads.`,
		Example: `  mcp-kernel policy test policies.test.yaml
  mcp-kernel policy test configs/templates --coverage 100
  mcp-kernel policy test policies.test.yaml --policy-file candidate.yaml -o json
  mcp-kernel policy test policies --format junit > policies.xml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if least < 0 || least > 100 {
				return misused(cmd, "--coverage %d: want 0 to 100", least)
			}
			if !slices.Contains([]string{"", formatText, formatJSON, formatJUnit}, format) {
				return misused(cmd, "--format %q: want text, json or junit", oneLine(format, 40))
			}
			r, err := a.testPolicies(cmd, args, files)
			if err != nil {
				return err
			}
			r.OK = r.Failed == 0 && r.covers(least)
			if err := a.printTrial(r, format, least); err != nil || r.OK {
				return err
			}
			return errFound
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "`form` of the report: text, json or junit (default what --output says)")
	cmd.Flags().Var(&files, "policy-file", "`file` or directory of the policies to test; repeat it for several (default what the fixtures name)")
	cmd.Flags().IntVar(&least, "coverage", 0, "`percent` of the policies' parts that fixtures must touch")
	return cmd
}

// testPolicies runs all suites.
func (a *app) testPolicies(cmd *cobra.Command, paths, files []string) (*trialReport, error) {
	c, err := a.configuration(cmd)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		if paths = beside(c.Governance.PolicyFiles); len(paths) == 0 {
			return nil, misused(cmd, "no fixtures: name a file or directory of them, or put NAME.test.yaml beside the configured NAME.yaml")
		}
	}
	suites, err := policy.LoadSuites(cmd.Context(), paths...)
	if err != nil {
		return nil, err
	}
	catalog, err := a.catalogOf(cmd, c)
	if err != nil {
		return nil, err
	}
	o := trial.Options{Surface: standard.RuleSurface(catalog), Window: c.Governance.Window, MaxDepth: c.Governance.MaxDepth}
	t := tester{options: o, ceiling: standard.CeilingOf(c), files: files, coverage: map[string]*trial.Coverage{}}
	var faults []error
	for i := range suites {
		faults = append(faults, t.run(cmd, &suites[i]))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return t.finish(), nil
}

// beside returns the fixtures that lie beside policy files.
func beside(files []string) []string {
	var found []string
	for _, file := range files {
		for _, pattern := range []string{filepath.Join(file, "*.test.y*ml"), file[:len(file)-len(filepath.Ext(file))] + ".test.y*ml"} {
			matches, err := filepath.Glob(pattern)
			if err == nil { // a path with brackets may be no pattern
				found = append(found, matches...)
			}
		}
	}
	return found
}

// A tester runs suites one after the other. Suites of the same policy files share what they cover.
type tester struct {
	options  trial.Options
	ceiling  governance.Ceiling
	files    []string // of policies, in the place of those that suites name
	coverage map[string]*trial.Coverage
	order    []*trial.Coverage
	report   trialReport
}

func (t *tester) run(cmd *cobra.Command, s *policy.Suite) error {
	files := t.files
	if len(files) == 0 {
		files = s.Files()
	}
	policies, err := policy.Load(cmd.Context(), files...)
	if err != nil {
		return err
	}
	active := s.Policies
	if len(active) == 0 {
		for i := range policies {
			active = append(active, policies[i].Name)
		}
	}
	if t.options.Set, err = governance.NewSet(t.ceiling, policies, active); err != nil {
		return fmt.Errorf("%s: %w", s.File, err)
	}
	results, err := trial.Run(cmd.Context(), s, t.options, t.covering(files, policies))
	if err != nil {
		return err
	}
	t.note(s.File, active, results)
	return nil
}

// covering returns what the coverage of policy files is noted in.
func (t *tester) covering(files []string, policies []governance.Policy) *trial.Coverage {
	key := fmt.Sprintf("%q", files)
	c := t.coverage[key]
	if c == nil {
		c = trial.NewCoverage(policies...)
		t.coverage[key], t.order = c, append(t.order, c)
	}
	return c
}

func (t *tester) note(file string, active []string, results []trial.Result) {
	line := suiteLine{File: file, Policies: active, Results: make([]caseLine, len(results))}
	for i := range results {
		r := &results[i]
		line.Results[i] = caseLine{
			Name: r.Case.Name, Line: r.Case.Place.Line, OK: r.Passed(), Problems: r.Problems, Effect: r.Decision.Effect.String(),
			Check: r.Decision.Check, Rule: r.Decision.Rule, Policy: r.Decision.Policy, Reason: r.Decision.Reason,
		}
		t.report.Cases++
		if !r.Passed() {
			t.report.Failed++
		}
	}
	t.report.Suites = append(t.report.Suites, line)
}

func (t *tester) finish() *trialReport {
	r := &t.report
	r.Untouched = []partLine{}
	for _, c := range t.order {
		r.Parts += c.Parts()
		r.Touched += c.Touched()
		for _, p := range c.Untouched() {
			r.Untouched = append(r.Untouched, partLine{p.Policy, p.Field, p.What, p.File, p.At.Line, p.At.Column})
		}
	}
	return r
}

// covers reports whether fixtures touch a share of the parts, in percent.
func (r *trialReport) covers(least int) bool { return r.Touched*100 >= least*r.Parts }

// line says of a part that no fixture touches it, and where it is.
func (p *partLine) line() string {
	return fmt.Sprintf("%s:%d:%d: no fixture touches %s of policy %q: %s", p.File, p.Line, p.Column, p.Field, p.Policy, oneLine(p.What, 80))
}

// rows prints the report for people: what failed, what is not covered, and the sums.
func (r *trialReport) rows(t *table) {
	for _, s := range r.Suites {
		failed := 0
		for _, c := range s.Results {
			if c.OK {
				continue
			}
			failed++
			t.line("FAIL  %s:%d: %s", s.File, c.Line, c.Name)
			for _, problem := range c.Problems {
				t.line("      %s", oneLine(problem, 300))
			}
		}
		if failed == 0 {
			t.line("ok    %s: %d cases", s.File, len(s.Results))
		}
	}
	for i := range r.Untouched {
		t.line("%s", r.Untouched[i].line())
	}
	t.line("%d cases, %d failed; %d of %d parts of the policies are touched", r.Cases, r.Failed, r.Touched, r.Parts)
}
