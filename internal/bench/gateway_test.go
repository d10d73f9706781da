package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// governing is a kernel before another server, with every detector on.
func governing(t *testing.T, binary string, http bool, server ...string) bench.Target {
	t.Helper()
	dir := t.TempDir()
	config, policy := filepath.Join(dir, "mcp-kernel.yaml"), filepath.Join(dir, "policy.yaml")
	for path, text := range map[string]string{
		config: fmt.Sprintf("data_dir: %q\ngovernance: {ceiling: {max_tokens: 1000000000000, max_calls: 1000000000000}}\n", filepath.Join(dir, "data")),
		policy: detecting,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{"upstream", "add", "other", "--config", config}, server...)
	if out, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	target := bench.Target{Command: []string{binary, "serve", "--stdio", "--config", config, "--policy-file", policy, "--log-level", "warn"}}
	if http {
		target.Command = []string{binary, "serve", "--http", "127.0.0.1:0", "--config", config, "--policy-file", policy}
		target.ReadyURL = regexp.MustCompile(`"url":"([^"]+)"`)
	}
	return target
}

// speaking is a load of one tool with a harmless text of 1 KiB, which comes back.
func speaking(tool string) bench.Load {
	load := telling(1 << 10)
	load.Calls[0].Tool = tool
	load.Warmup, load.Measure = bench.Span{Requests: 2_000}, bench.Span{Requests: 10_000}
	return load
}

// TestProveGateway holds what the kernel adds to a call of another server, with all detectors on, to its bounds: over stdio
// to a server over stdio, and over HTTP to a server over HTTP, one call after the other.
func TestProveGateway(t *testing.T) {
	prove(t)
	kernel, bare := build(t), buildOf(t, "./testdata/bareecho")
	for _, http := range []bool{false, true} {
		name := "stdio"
		if http {
			name = "HTTP"
		}
		t.Run(name, func(t *testing.T) {
			direct := bench.Target{Command: []string{bare}}
			server := []string{"--", bare}
			if http {
				direct = bench.Target{Command: []string{bare, "http"}, ReadyURL: regexp.MustCompile(`ready at (\S+)`)}
				server = []string{"--allow-private", listening(t, bare)}
			}
			through := governing(t, kernel, http, server...)
			var p50s, p99s []float64
			for round := range 5 {
				d, g := measure(t, direct, speaking("echo")), measure(t, through, speaking("other__echo"))
				p50s, p99s = append(p50s, float64(g.Latency.P50-d.Latency.P50)), append(p99s, float64(g.Latency.P99-d.Latency.P99))
				fmt.Printf("round %d: direct p50 %v p99 %v | through the kernel p50 %v p99 %v, CPU %v\n",
					round+1, d.Latency.P50, d.Latency.P99, g.Latency.P50, g.Latency.P99, g.CPU)
			}
			p50, p99 := time.Duration(median(p50s)), time.Duration(median(p99s))
			fmt.Printf("%s: the kernel adds %v to the median and %v to p99\n", name, p50, p99)
			if p50 > 120*time.Microsecond || p99 > time.Millisecond {
				t.Errorf("the kernel adds %v to the median and %v to p99, the bounds are 120µs and 1ms", p50, p99)
			}
		})
	}
}

// listening starts a server over HTTP for as long as the test takes, and returns its address.
func listening(t *testing.T, binary string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "http")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	ready, text, room := regexp.MustCompile(`ready at (\S+)`), "", make([]byte, 1024)
	for {
		n, err := out.Read(room)
		text += string(room[:n])
		if found := ready.FindStringSubmatch(text); found != nil {
			return found[1]
		}
		if err != nil {
			t.Fatal(err, text)
		}
	}
}
