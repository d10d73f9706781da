package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// prove says whether the long proofs run: under `make prove`, never in a plain test run.
func prove(t *testing.T) {
	t.Helper()
	if os.Getenv("MCP_KERNEL_PROVE") == "" {
		t.Skip("set MCP_KERNEL_PROVE=1, or run make prove")
	}
}

// build builds the kernel, with further arguments to go build, and returns the program.
func build(t *testing.T, args ...string) string {
	t.Helper()
	return buildOf(t, "../../cmd/mcp-kernel", args...)
}

// buildOf builds the program of a package.
func buildOf(t *testing.T, pkg string, args ...string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), filepath.Base(pkg))
	args = append(append([]string{"build", "-o", binary}, args...), pkg)
	if extra := os.Getenv("MCP_KERNEL_BUILDFLAGS"); extra != "" {
		args = slices.Insert(args, 1, strings.Fields(extra)...)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// unlimited is a policy whose limits no load reaches.
const unlimited = `
- name: default
  max_tokens_per_request: 1000000000000
  max_tool_calls_per_request: 1000000000000
  allowed_tools: ["*"]
  allowed_resources: ["*"]
  allowed_prompts: ["*"]
  confidence_threshold: 0.5
  timeout: 60s
  blocked_patterns:
    - {name: private_key_block, type: regex, pattern: '-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----'}
    - {name: cloud_metadata_endpoint, type: substring, pattern: 169.254.169.254}
`

// server is a kernel on a data directory of its own, which no load brings to a limit.
func server(t *testing.T, binary string) bench.Target {
	t.Helper()
	return serverUnder(t, binary, unlimited)
}

// serverUnder is server under another policy.
func serverUnder(t *testing.T, binary, policies string) bench.Target {
	t.Helper()
	dir := t.TempDir()
	policy := filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(policy, []byte(policies), 0o600); err != nil {
		t.Fatal(err)
	}
	return bench.Target{
		Command: []string{binary, "serve", "--stdio", "--data-dir", "{dir}", "--policy-file", policy, "--log-level", "warn"},
		Env:     []string{"MCP_KERNEL_GOVERNANCE_CEILING_MAX_TOKENS=1000000000000", "MCP_KERNEL_GOVERNANCE_CEILING_MAX_CALLS=1000000000000"},
	}
}

// safety is a load of the quickest tool, so many requests in flight.
func safety(inFlight int, warmup, requests int64) bench.Load {
	return bench.Load{
		Calls:    []bench.Call{{Tool: "verify_code_safety", Arguments: []byte(`{"code":"x","language":"go"}`)}},
		Pipeline: inFlight, Warmup: bench.Span{Requests: warmup}, Measure: bench.Span{Requests: requests},
	}
}

// measure runs a load, whose every request must be answered well.
func measure(t *testing.T, target bench.Target, l bench.Load) bench.Report {
	t.Helper()
	report, err := bench.Run(t.Context(), target, l)
	if err != nil {
		t.Fatal(err)
	}
	if report.Errors > 0 || report.Good != report.Requests {
		t.Fatalf("%d of %d requests came to an error: %+v", report.Errors, report.Requests, report.Faults)
	}
	return report
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// rounds runs a load against both programs in turn and returns the median of the ratios of their rates, with a report.
func rounds(t *testing.T, n int, governed, twin string, l bench.Load) float64 {
	t.Helper()
	var ratios []float64
	for round := range n {
		var results [2]bench.Report
		for i, binary := range []string{governed, twin} {
			results[i] = measure(t, server(t, binary), l)
		}
		g, u := results[0], results[1]
		ratios = append(ratios, g.Rate/u.Rate)
		fmt.Printf("round %d: governed %.0f/s p50 %v p99 %v cpu %v rss %d MiB | twin %.0f/s p50 %v p99 %v cpu %v rss %d MiB | ratio %.3f\n",
			round+1, g.Rate, g.Latency.P50, g.Latency.P99, g.CPU, g.Peak>>20, u.Rate, u.Latency.P50, u.Latency.P99, u.CPU, u.Peak>>20, g.Rate/u.Rate)
	}
	return median(ratios)
}

func TestProveThroughput(t *testing.T) {
	prove(t)
	governed, twin := build(t), build(t, "-tags", "twin")
	for _, c := range []struct {
		name  string
		load  bench.Load
		bound float64
	}{
		{"serial", safety(1, 1_000, 15_000), 0.9},
		{"pipelined 64", safety(64, 5_000, 60_000), 0.7},
	} {
		t.Run(c.name, func(t *testing.T) {
			if ratio := rounds(t, 5, governed, twin, c.load); ratio < c.bound {
				t.Errorf("governed runs at %.3f of the ungoverned twin, the bound is %.2f", ratio, c.bound)
			}
		})
	}
}

// TestProveHTTP holds the kernel over HTTP to its bounds against the twin and a bare server of mcp-go.
func TestProveHTTP(t *testing.T) {
	prove(t)
	programs := buildAll(t)
	for _, s := range scenarios() {
		if !s.http || len(s.bounds) == 0 {
			continue
		}
		c := s.compare(t, programs, 5)
		for _, r := range c.Ratios {
			for _, b := range s.bounds {
				if b.Against == r.Against && !b.met(&r.Figures) {
					t.Errorf("%s, governed against %s: %s is missed: %+v", s.title, r.Against, b.String(), r.Figures)
				}
			}
		}
	}
}

func TestProveLargeArguments(t *testing.T) {
	prove(t)
	if runtime.GOOS != "linux" {
		t.Skip("processor time is read from /proc")
	}
	load := echoing(64 << 10)
	load.Warmup, load.Measure = bench.Span{Requests: 100}, bench.Span{Requests: 2_000}
	report := measure(t, server(t, build(t, "-tags", "echo")), load)
	fmt.Printf("64 KiB of arguments: %v of processor time a call, p50 %v\n", report.CPU, report.Latency.P50)
	if bound := 1500 * time.Microsecond; time.Duration(report.CPU) > bound {
		t.Errorf("a call with 64 KiB of arguments takes %v of processor time, the bound is %v", report.CPU, bound)
	}
}

func TestProveColdStart(t *testing.T) {
	prove(t)
	binary := build(t)
	target := server(t, binary)
	target.Command[4] = t.TempDir() // the same one each time: its keys are made once
	var took []bench.Micros
	for range 31 {
		took = append(took, measure(t, target, safety(1, 0, 1)).First)
	}
	slices.Sort(took)
	fmt.Printf("start to the first answer: median %v, least %v, most %v of %d\n", took[len(took)/2], took[0], took[len(took)-1], len(took))
	if bound := bench.Micros(25 * time.Millisecond); took[len(took)/2] > bound {
		t.Errorf("from start to the first answer takes %v, the bound is %v", took[len(took)/2], bound)
	}
}

func TestProveMemory(t *testing.T) {
	prove(t)
	if runtime.GOOS != "linux" {
		t.Skip("memory is read from /proc")
	}
	binary := build(t)
	var resident []int64
	for _, requests := range []int64{20_000, 100_000} {
		report := measure(t, server(t, binary), safety(16, 1_000, requests))
		fmt.Printf("resident after %d calls: %.1f MB\n", requests, float64(report.Resident)/1e6)
		resident = append(resident, report.Resident)
	}
	if bound := int64(40e6); resident[1] > bound {
		t.Errorf("resident after 100,000 calls: %d bytes, the bound is %d", resident[1], bound)
	}
	if growth := resident[1] - resident[0]; growth > 5e6 {
		t.Errorf("memory grew by %d bytes between 20,000 and 100,000 calls", growth)
	}
}
