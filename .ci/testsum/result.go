package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An event is a line of `go test -json`; see `go doc test2json`. Lines of the build carry ImportPath, not Package.
type event struct {
	Action, Package, ImportPath, Test, Output, FailedBuild string
	Elapsed                                                float64
}

// A result counts what was read, and keeps the output that somebody will want to see.
type result struct {
	passed, failed, skipped int
	reasons                 []string                    // of skipped tests
	output                  map[string]*strings.Builder // of what runs, by package and test
	broken                  map[string]bool             // packages that had a failing test
}

// read consumes events to the end, and writes each package's line and each failure's output as it becomes known.
func read(events io.Reader, out io.Writer) (*result, error) {
	r := &result{output: make(map[string]*strings.Builder), broken: make(map[string]bool)}
	decoder := json.NewDecoder(events)
	for {
		var e event
		switch err := decoder.Decode(&e); {
		case errors.Is(err, io.EOF):
			return r, nil
		case err != nil:
			return r, fmt.Errorf("reading go test's events: %w", err)
		}
		r.take(e, out)
	}
}

func (r *result) take(e event, out io.Writer) {
	switch {
	case e.Action == "output":
		r.keep(e)
	case e.Action == "build-output":
		fmt.Fprint(out, e.Output)
	case e.Test != "":
		r.test(e, out)
	default:
		r.pkg(e, out)
	}
}

func (r *result) keep(e event) {
	key := e.Package + " " + e.Test
	if r.output[key] == nil {
		r.output[key] = new(strings.Builder)
	}
	r.output[key].WriteString(e.Output)
}

// said returns and forgets what a test or, without one, a package has printed.
func (r *result) said(e event) string {
	key := e.Package + " " + e.Test
	defer delete(r.output, key)
	if text := r.output[key]; text != nil {
		return text.String()
	}
	return ""
}

// test counts the end of a test.
func (r *result) test(e event, out io.Writer) {
	switch e.Action {
	case "pass":
		r.passed++
		r.said(e)
	case "skip":
		r.skipped++
		r.reasons = append(r.reasons, e.Package+": "+strings.TrimSpace(r.said(e)))
	case "fail":
		r.failed++
		r.broken[e.Package] = true
		fmt.Fprint(out, r.said(e))
	}
}

// pkg shows the end of a package.
func (r *result) pkg(e event, out io.Writer) {
	switch e.Action {
	case "pass":
		fmt.Fprintf(out, "ok    %s  %.1fs\n", e.Package, e.Elapsed)
	case "skip":
		fmt.Fprintf(out, "-     %s  has no test\n", e.Package)
	case "fail":
		if !r.broken[e.Package] {
			r.failed++
		}
		r.remains(e.Package, out)
		fmt.Fprintf(out, "FAIL  %s  %.1fs\n", e.Package, e.Elapsed)
	}
}

// remains shows what a failed package printed and no ended test accounts for: a panic is printed by the test it kills.
func (r *result) remains(pkg string, out io.Writer) {
	for key, text := range r.output {
		if strings.HasPrefix(key, pkg+" ") {
			fmt.Fprint(out, text)
			delete(r.output, key)
		}
	}
}

// skips lists the skipped tests, so that nobody takes them for passed ones.
func (r *result) skips(out io.Writer) {
	for _, reason := range r.reasons {
		fmt.Fprintln(out, "SKIPPED", reason)
	}
}

// err says why a run that go test was content with is none.
func (r *result) err() error {
	switch {
	case r.failed > 0:
		return fmt.Errorf("%d failed", r.failed)
	case r.passed == 0:
		return errors.New("no test ran")
	}
	return nil
}

// String returns the closing line.
func (r *result) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", r.passed, r.failed, r.skipped)
}
