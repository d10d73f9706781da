package bench_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// A scenario is a load that servers are compared under.
type scenario struct {
	Name   string
	title  string
	load   bench.Load
	policy string // what the kernel decides by; empty is unlimited
	http   bool
	bare   bool // against a bare echo of mcp-go besides
	bounds []bound
}

// A bound is what a figure of the kernel over another's must not miss.
type bound struct {
	Against string  `json:"against"`
	Figure  string  `json:"figure"`
	AtLeast float64 `json:"at_least,omitempty"`
	AtMost  float64 `json:"at_most,omitempty"`
}

func (b *bound) String() string {
	if b.AtMost > 0 {
		return fmt.Sprintf("%s ≤ %.2f", b.Figure, b.AtMost)
	}
	return fmt.Sprintf("%s ≥ %.2f", b.Figure, b.AtLeast)
}

// met reports whether the ratios keep the bound.
func (b *bound) met(f *bench.Figures) bool {
	value := map[string]bench.Spread{"rate": f.Rate, "p99": f.P99, "CPU": f.CPU}[b.Figure].Median
	return value >= b.AtLeast && (b.AtMost == 0 || value <= b.AtMost)
}

// echoing is the load of the scenarios: the tool that does nothing, with a message of so many bytes.
func echoing(message int) bench.Load {
	return bench.Load{
		Calls:  []bench.Call{{Tool: "echo", Arguments: fmt.Appendf(nil, `{"message":%q}`, strings.Repeat("m", message))}},
		Warmup: bench.Span{Duration: time.Second}, Measure: bench.Span{Duration: seconds()}, Seed: 1,
	}
}

// sixteen is a load from as many clients.
func sixteen(l bench.Load, era bench.Era) bench.Load {
	l.Connections, l.Era = 16, era
	return l
}

// scenarios are what is measured, in the order of docs/performance.md.
func scenarios() []scenario {
	pipelined, listing := echoing(5), sixteen(echoing(5), bench.Era2025)
	pipelined.Pipeline = 64
	listing.Calls = []bench.Call{{Method: "tools/list"}}
	web := []bound{{Against: "twin", Figure: "rate", AtLeast: 0.85}, {Against: "bare mcp-go", Figure: "rate", AtLeast: 1.2}, {Against: "twin", Figure: "p99", AtMost: 1.3}}
	return []scenario{
		{Name: "stdio-serial", title: "stdio, one request in flight", load: echoing(5), bare: true, bounds: []bound{{Against: "twin", Figure: "rate", AtLeast: 0.9}}},
		{Name: "stdio-pipelined", title: "stdio, 64 requests in flight", load: pipelined, bare: true, bounds: []bound{{Against: "twin", Figure: "rate", AtLeast: 0.7}}},
		{Name: "http-2025", title: "HTTP, 16 clients, 2025 era", load: sixteen(echoing(5), bench.Era2025), http: true, bare: true, bounds: web},
		{Name: "http-2026", title: "HTTP, 16 clients, 2026 era", load: sixteen(echoing(5), bench.Era2026), http: true, bare: true, bounds: web},
		{Name: "http-64k", title: "HTTP, 16 clients, 64 KiB of arguments", load: sixteen(echoing(64<<10), bench.Era2025), http: true, bare: true},
		{Name: "http-detect", title: "HTTP, 16 clients, 1 KiB of prose there and back, every detector on", load: sixteen(telling(1<<10), bench.Era2025), http: true, policy: detecting, bounds: []bound{{Against: "twin", Figure: "rate", AtLeast: 0.6}}},
		{Name: "http-list", title: "HTTP, 16 clients, tools/list of the default profile", load: listing, http: true},
	}
}

// setting is a number from the environment.
func setting(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func seconds() time.Duration {
	return time.Duration(setting("MCP_KERNEL_BENCH_SECONDS", 3)) * time.Second
}

// programs are what the scenarios run, built once.
type programs struct{ kernel, twin, bare string }

func buildAll(t *testing.T) programs {
	t.Helper()
	return programs{build(t, "-tags", "echo"), build(t, "-tags", "echo,twin"), buildOf(t, "./testdata/bareecho")}
}

// contenders are the servers of a scenario, the kernel first.
func (s *scenario) contenders(t *testing.T, p programs) []bench.Contender {
	t.Helper()
	list := []bench.Contender{
		{Target: s.kernel(t, "governed", p.kernel), Load: s.load},
		{Target: s.kernel(t, "twin", p.twin), Load: s.load},
	}
	if s.bare {
		bare := bench.Target{Name: "bare mcp-go", Command: []string{p.bare}}
		if s.http {
			bare.Command, bare.ReadyURL = append(bare.Command, "http"), regexp.MustCompile(`ready at (\S+)`)
		}
		list = append(list, bench.Contender{Target: bare, Load: s.load})
	}
	return list
}

// kernel is one of our own programs, as the scenario reaches it.
func (s *scenario) kernel(t *testing.T, name, binary string) bench.Target {
	t.Helper()
	target := serverUnder(t, binary, cmp.Or(s.policy, unlimited))
	target.Name = name
	if s.http {
		target.Command = append([]string{binary, "serve", "--http", "127.0.0.1:0"}, target.Command[3:]...)
		target.Command[len(target.Command)-1] = "info" // the log says where it is
		target.ReadyURL = regexp.MustCompile(`"url":"([^"]+)"`)
	}
	return target
}

// compare runs a scenario.
func (s *scenario) compare(t *testing.T, p programs, rounds int) bench.Comparison {
	t.Helper()
	fmt.Println(s.title)
	c, err := bench.Compare(t.Context(), s.contenders(t, p), rounds, func(round int, r *bench.Report) {
		fmt.Printf("  round %d: %-12s %6.0f/s, p50 %v, p99 %v, CPU %v, %.1f MB\n", round, r.Name, r.Rate, r.Latency.P50, r.Latency.P99, r.CPU, float64(r.Peak)/1e6)
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Errors() > 0 {
		t.Fatalf("%s: %d errors, the first: %+v", s.Name, c.Errors(), c.Rounds)
	}
	for _, r := range c.Ratios {
		f := &r.Figures
		fmt.Printf("  governed over %s: rate %.2f (%.2f to %.2f), p99 %.2f, CPU %.2f\n", r.Against, f.Rate.Median, f.Rate.Least, f.Rate.Most, f.P99.Median, f.CPU.Median)
	}
	return c
}

// TestMeasure writes docs/performance.json, from which TestPage makes the tables of docs/performance.md, and all rounds
// to bin/bench.json: under `make bench`, never in a plain test run. With MCP_KERNEL_BENCH_ONLY, an expression for names of
// scenarios, it measures these and leaves all other figures as they are.
func TestMeasure(t *testing.T) {
	if os.Getenv("MCP_KERNEL_BENCH") == "" {
		t.Skip("set MCP_KERNEL_BENCH=1, or run make bench")
	}
	only := regexp.MustCompile(os.Getenv("MCP_KERNEL_BENCH_ONLY"))
	programs := buildAll(t)
	rounds := setting("MCP_KERNEL_BENCH_ROUNDS", 5)
	full := map[string]bench.Comparison{}
	page := figures{Machine: bench.ThisMachine(), Rounds: rounds, Seconds: int(seconds() / time.Second)}
	before := published(t)
	for _, s := range scenarios() {
		if !only.MatchString(s.Name) {
			page.Scenarios = append(page.Scenarios, before.scenario(s.Name)...)
			continue
		}
		c := s.compare(t, programs, rounds)
		full[s.Name] = c
		page.Scenarios = append(page.Scenarios, measured{s.Name, s.title, c.Standings, c.Ratios, s.bounds})
	}
	if page.Benchmarks = before.Benchmarks; only.String() == "" {
		page.Benchmarks = goBenchmarks(t)
	}
	save(t, filepath.Join("..", "..", "docs", "performance.json"), page)
	save(t, filepath.Join("..", "..", "bin", "bench.json"), full)
}

func save(t *testing.T, path string, v any) {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A goBenchmark is what the go command measured of one benchmark.
type goBenchmark struct {
	Package string  `json:"package"`
	Name    string  `json:"name"`
	Nanos   float64 `json:"ns"`
	Bytes   float64 `json:"bytes"`
	Allocs  float64 `json:"allocs"`
}

// goBenchmarks runs the Go benchmarks of the packages on the path of a call.
func goBenchmarks(t *testing.T) []goBenchmark {
	t.Helper()
	args := []string{"test", "-run=^$", "-bench=.", "-skip=Worst|encoding-json", "-benchmem", "-benchtime=" + cmp.Or(os.Getenv("MCP_KERNEL_BENCH_TIME"), "300ms")}
	for _, p := range []string{"governance", "governance/match", "governance/audit", "governance/code", "tools", "server", "modules/standard", "modules/primitives", "state/memstate", "state/sqlitestate"} {
		args = append(args, "../../"+p)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	fmt.Printf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	list := parseBenchmarks(out)
	if len(list) == 0 {
		t.Fatal("no benchmark ran")
	}
	return list
}

// parseBenchmarks reads what `go test -bench -benchmem` prints.
func parseBenchmarks(out []byte) []goBenchmark {
	var list []goBenchmark
	pkg := ""
	for line := range bytes.Lines(out) {
		fields := strings.Fields(string(line))
		if len(fields) == 2 && fields[0] == "pkg:" {
			_, pkg, _ = strings.Cut(fields[1], "/mcp-kernel/mcp-kernel/")
		}
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if cut := strings.LastIndex(name, "-"); cut > 0 {
			name = name[:cut]
		}
		value := func(unit string) float64 {
			at := slices.Index(fields, unit)
			if at < 1 {
				return 0
			}
			f, _ := strconv.ParseFloat(fields[at-1], 64) // the go command wrote it
			return f
		}
		list = append(list, goBenchmark{pkg, name, value("ns/op"), value("B/op"), value("allocs/op")})
	}
	return list
}
