package main

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// The elements of a report as JUnit writes it and continuous integration reads it: the schema that Jenkins publishes with
// its plug-in (github.com/jenkinsci/xunit-plugin, junit-10.xsd), with file and line as GitLab and CircleCI read them.
type (
	junitReport struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Failure *junitFailure `xml:"failure"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit is the report for continuous integration: a suite a file, and one whose only case is the coverage.
func (r *trialReport) junit(least int) junitReport {
	all := junitReport{Name: "mcp-kernel policy test"}
	for _, s := range r.Suites {
		suite := junitSuite{Name: s.File}
		for _, c := range s.Results {
			result := junitCase{Name: c.Name, Class: s.File, File: s.File, Line: c.Line}
			if !c.OK {
				result.Failure = &junitFailure{Message: oneLine(c.Problems[0], 300), Text: strings.Join(c.Problems, "\n")}
			}
			suite.add(result)
		}
		all.add(suite)
	}
	var coverage junitSuite
	coverage.Name = "coverage"
	coverage.add(r.junitCoverage(least))
	all.add(coverage)
	return all
}

// junitCoverage is the case that fails when fixtures touch too little.
func (r *trialReport) junitCoverage(least int) junitCase {
	var rest strings.Builder
	for i := range r.Untouched {
		rest.WriteString(r.Untouched[i].line() + "\n")
	}
	c := junitCase{Name: fmt.Sprintf("%d of %d parts of the policies are touched", r.Touched, r.Parts), Class: "coverage", Output: rest.String()}
	if !r.covers(least) {
		c.Failure = &junitFailure{Message: fmt.Sprintf("%s; at least %d %% are wanted", c.Name, least), Text: rest.String()}
	}
	return c
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
}

func (r *junitReport) add(s junitSuite) {
	r.Suites = append(r.Suites, s)
	r.Tests += s.Tests
	r.Failures += s.Failures
}

// The forms of the report of `policy test`, beside those of --output.
const (
	formatText  = "text"
	formatJSON  = "json"
	formatJUnit = "junit"
)

// printTrial writes the report in a form, or in that of --output where none is given.
func (a *app) printTrial(r *trialReport, format string, least int) error {
	if format == formatJUnit {
		text, err := xml.MarshalIndent(r.junit(least), "", "  ")
		if err == nil {
			_, err = fmt.Fprintf(a.out, "%s%s\n", xml.Header, text)
		}
		return err
	}
	as := *a
	if format != "" {
		as.output = format
	}
	return as.print(r, r.rows)
}
