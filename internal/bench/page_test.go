package bench_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// figures are docs/performance.json.
type figures struct {
	Machine    bench.Machine `json:"machine"`
	Rounds     int           `json:"rounds"`
	Seconds    int           `json:"seconds"` // of each run
	Scenarios  []measured    `json:"scenarios"`
	Benchmarks []goBenchmark `json:"benchmarks"`
}

// measured is what came of a scenario.
type measured struct {
	Name      string           `json:"name"`
	Title     string           `json:"title"`
	Standings []bench.Standing `json:"standings"`
	Ratios    []bench.Ratio    `json:"ratios"`
	Bounds    []bound          `json:"bounds"`
}

// published are the figures that docs/performance.json holds.
func published(t *testing.T) *figures {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "performance.json"))
	if err != nil {
		t.Fatal(err)
	}
	f := new(figures)
	if err := json.Unmarshal(text, f); err != nil {
		t.Fatal(err)
	}
	return f
}

// scenario is what came of the one of that name, if it was measured.
func (f *figures) scenario(name string) []measured {
	at := slices.IndexFunc(f.Scenarios, func(m measured) bool { return m.Name == name })
	if at < 0 {
		return nil
	}
	return f.Scenarios[at : at+1]
}

// TestPage keeps the tables of docs/performance.md, which stand between marks, in step with docs/performance.json. What
// is written around them is written by hand.
func TestPage(t *testing.T) {
	t.Parallel()
	f := published(t)
	path := filepath.Join("..", "..", "docs", "performance.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := string(page)
	for mark, section := range f.sections() {
		between := regexp.MustCompile(`(?s)(<!-- bench: ` + mark + ` -->\n).*?(<!-- end of ` + mark + ` -->)`)
		if !between.MatchString(got) {
			t.Fatalf("docs/performance.md has lost the marks of %s", mark)
		}
		got = between.ReplaceAllStringFunc(got, func(string) string {
			return "<!-- bench: " + mark + " -->\n" + section + "<!-- end of " + mark + " -->"
		})
	}
	switch {
	case got == string(page):
	case !*update:
		t.Error("docs/performance.md is not what docs/performance.json says: run make bench, or the test with -update")
	default:
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sections are what stands between the marks.
func (f *figures) sections() map[string]string {
	s := map[string]string{"machine": f.machine(), "parts": f.parts()}
	for i := range f.Scenarios {
		s[f.Scenarios[i].Name] = f.Scenarios[i].section()
	}
	return s
}

func (f *figures) machine() string {
	m := &f.Machine
	kernel := regexp.MustCompile(`^\d+\.\d+`).FindString(m.Kernel)
	return fmt.Sprintf("The machine: %d CPUs (%s), %.0f GiB, %s %s %s; Go %s, `CGO_ENABLED=0`. Client and server share it.\n%d rounds of %d s each, after 1 s of warm-up; every server starts anew in each round, and every other round goes backwards.\n",
		m.CPUs, m.Processor, float64(m.Memory)/(1<<30), m.OS, kernel, m.Arch, strings.TrimPrefix(m.Go, "go"), f.Rounds, f.Seconds)
}

// section is a scenario: what each server did, and how the kernel stands against the others.
func (m *measured) section() string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\n| | good answers a second | p50 | p90 | p99 | max | CPU a request | memory at most |\n|---|---|---|---|---|---|---|---|\n", m.Title)
	for _, s := range m.Standings {
		f := &s.Figures
		fmt.Fprintf(&b, "| %s | %s (%s to %s) | %s | %s | %s | %s | %s | %.1f MB |\n", s.Name, grouped(f.Rate.Median), grouped(f.Rate.Least), grouped(f.Rate.Most),
			us(f.P50), us(f.P90), us(f.P99), us(f.Max), us(f.CPU), f.Peak.Median/1e6)
	}
	b.WriteString("\n| ratio | rate | p50 | p99 | CPU | bounds |\n|---|---|---|---|---|---|\n")
	for _, r := range m.Ratios {
		f := &r.Figures
		fmt.Fprintf(&b, "| %s : %s | %s | %s | %s | %s | %s |\n", r.First, r.Against, times(f.Rate), times(f.P50), times(f.P99), times(f.CPU), m.verdict(&r))
	}
	return b.String()
}

// verdict says which bounds hold.
func (m *measured) verdict(r *bench.Ratio) string {
	var list []string
	for _, b := range m.Bounds {
		switch {
		case b.Against != r.Against:
		case b.met(&r.Figures):
			list = append(list, b.String())
		default:
			list = append(list, b.String()+" **missed**")
		}
	}
	return strings.Join(list, ", ")
}

func times(s bench.Spread) string {
	return fmt.Sprintf("**%.2f** (%.2f to %.2f)", s.Median, s.Least, s.Most)
}

func us(s bench.Spread) string { return bench.Micros(s.Median * float64(time.Microsecond)).String() }

// grouped is a number with commas between thousands.
func grouped(f float64) string {
	digits := fmt.Sprintf("%.0f", f)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// parts are the Go benchmarks.
func (f *figures) parts() string {
	var b strings.Builder
	b.WriteString("| package | benchmark | time | bytes | allocations |\n|---|---|---|---|---|\n")
	list := slices.Clone(f.Benchmarks)
	for _, g := range list {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", g.Package, strings.ReplaceAll(g.Name, "_", " "), bench.Micros(g.Nanos), grouped(g.Bytes), grouped(g.Allocs))
	}
	return b.String()
}

func TestParseBenchmarks(t *testing.T) {
	t.Parallel()
	out := "pkg: github.com/mcp-kernel/mcp-kernel/tools\nBenchmarkCall/a-b-2   \t 100\t 1234.5 ns/op\t 3.2 MB/s\t 16 B/op\t 2 allocs/op\nPASS\n"
	got := fmt.Sprint(parseBenchmarks([]byte(out)))
	if want := "[{tools Call/a-b 1234.5 16 2}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
