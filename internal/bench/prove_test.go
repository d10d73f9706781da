package bench_test

import (
	"context"
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
	binary := filepath.Join(t.TempDir(), "mcp-kernel")
	args = append(append([]string{"build", "-o", binary}, args...), "../../cmd/mcp-kernel")
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

// command starts a binary on a data directory of its own.
func command(t *testing.T, binary string) []string {
	t.Helper()
	dir := t.TempDir()
	policy := filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(policy, []byte(unlimited), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{binary, "serve", "--stdio", "--data-dir", filepath.Join(dir, "data"), "--policy-file", policy, "--log-level", "warn"}
}

// environment lifts the ceiling, which a load would otherwise reach.
func environment() []string {
	return append(os.Environ(), "MCP_KERNEL_GOVERNANCE_CEILING_MAX_TOKENS=1000000000000", "MCP_KERNEL_GOVERNANCE_CEILING_MAX_CALLS=1000000000000")
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
		var results [2]bench.Result
		for i, binary := range []string{governed, twin} {
			l.Command = command(t, binary)
			l.Env = environment()
			result, err := bench.Run(context.Background(), l)
			if err != nil {
				t.Fatal(err)
			}
			if result.Errors > 0 {
				t.Fatalf("%d of %d answers are errors", result.Errors, result.Requests)
			}
			results[i] = result
		}
		g, u := results[0], results[1]
		ratios = append(ratios, g.Rate()/u.Rate())
		fmt.Printf("round %d: governed %.0f/s p50 %v p99 %v cpu %v rss %d MiB | twin %.0f/s p50 %v p99 %v cpu %v rss %d MiB | ratio %.3f\n",
			round+1, g.Rate(), g.P50, g.P99, g.CPUEach(), g.Resident>>20, u.Rate(), u.P50, u.P99, u.CPUEach(), u.Resident>>20, g.Rate()/u.Rate())
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
		{"serial", bench.Load{Tool: "verify_code_safety", Arguments: `{"code":"x","language":"go"}`, Window: 1, Warmup: 1_000, Requests: 15_000}, 0.9},
		{"pipelined 64", bench.Load{Tool: "verify_code_safety", Arguments: `{"code":"x","language":"go"}`, Window: 64, Warmup: 5_000, Requests: 60_000}, 0.7},
	} {
		t.Run(c.name, func(t *testing.T) {
			if ratio := rounds(t, 5, governed, twin, c.load); ratio < c.bound {
				t.Errorf("governed runs at %.3f of the ungoverned twin, the bound is %.2f", ratio, c.bound)
			}
		})
	}
}

func TestProveLargeArguments(t *testing.T) {
	prove(t)
	if runtime.GOOS != "linux" {
		t.Skip("processor time is read from /proc")
	}
	arguments := fmt.Sprintf(`{"kind":"text","a":"x","b":"x","profile":%q}`, strings.Repeat("p", 64<<10))
	result, err := bench.Run(t.Context(), bench.Load{
		Command: command(t, build(t)), Env: environment(), Tool: "drift_compare", Arguments: arguments, Window: 1, Warmup: 100, Requests: 2_000,
	})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("64 KiB of arguments: %v of processor time a call, p50 %v\n", result.CPUEach(), result.P50)
	if bound := 1500 * time.Microsecond; result.CPUEach() > bound {
		t.Errorf("a call with 64 KiB of arguments takes %v of processor time, the bound is %v", result.CPUEach(), bound)
	}
}

func TestProveColdStart(t *testing.T) {
	prove(t)
	binary := build(t)
	args := command(t, binary)
	var took []time.Duration
	for range 31 {
		result, err := bench.Run(t.Context(), bench.Load{Command: args, Env: environment(), Tool: "execution_usage", Arguments: "{}"})
		if err != nil {
			t.Fatal(err)
		}
		took = append(took, result.FirstLine)
	}
	slices.Sort(took)
	fmt.Printf("start to the first answer: median %v, least %v, most %v of %d\n", took[len(took)/2], took[0], took[len(took)-1], len(took))
	if bound := 25 * time.Millisecond; took[len(took)/2] > bound {
		t.Errorf("from start to the first answer takes %v, the bound is %v", took[len(took)/2], bound)
	}
}

func TestProveMemory(t *testing.T) {
	prove(t)
	if runtime.GOOS != "linux" {
		t.Skip("memory is read from /proc")
	}
	binary := build(t)
	load := bench.Load{Env: environment(), Tool: "verify_code_safety", Arguments: `{"code":"x","language":"go"}`, Window: 16, Warmup: 1_000}
	var resident []int64
	for _, requests := range []int{20_000, 100_000} {
		load.Command, load.Requests = command(t, binary), requests
		result, err := bench.Run(t.Context(), load)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("resident after %d calls: %.1f MB\n", requests, float64(result.Resident)/1e6)
		resident = append(resident, result.Resident)
	}
	if bound := int64(40e6); resident[1] > bound {
		t.Errorf("resident after 100,000 calls: %d bytes, the bound is %d", resident[1], bound)
	}
	if growth := resident[1] - resident[0]; growth > 5e6 {
		t.Errorf("memory grew by %d bytes between 20,000 and 100,000 calls", growth)
	}
}
