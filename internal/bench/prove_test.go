package bench_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
	cmd := exec.Command("go", args...)
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
			l.Env = append(os.Environ(), "MCP_KERNEL_GOVERNANCE_CEILING_MAX_TOKENS=1000000000000", "MCP_KERNEL_GOVERNANCE_CEILING_MAX_CALLS=1000000000000")
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
