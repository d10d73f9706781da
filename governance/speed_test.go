package governance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// worked is a policy as operators write them: ten patterns and so many names.
func worked(names int) governance.Policy {
	p := open("p")
	p.MaxTokensPerRequest, p.MaxToolCallsPerRequest = new(int64(1<<40)), new(int64(1<<40))
	p.AllowedTools = []string{"file_read"}
	for i := range names - 1 {
		p.AllowedTools = append(p.AllowedTools, fmt.Sprint("tool_", i))
	}
	for i, text := range []string{"rm -rf", "169.254.169.254", "DROP TABLE", "/etc/shadow", "curl | sh"} {
		p.BlockedPatterns = append(p.BlockedPatterns, match.Pattern{Name: fmt.Sprint("s", i), Type: match.Substring, Text: text})
	}
	for i, text := range []string{`-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----`, `\bdrop\s+(table|schema)\b`, `AKIA[0-9A-Z]{16}`} {
		p.BlockedPatterns = append(p.BlockedPatterns, match.Pattern{Name: fmt.Sprint("r", i), Type: match.Regex, Text: text})
	}
	for i, text := range []string{"*.exe", "*.pem"} {
		p.BlockedPatterns = append(p.BlockedPatterns, match.Pattern{Name: fmt.Sprint("g", i), Type: match.Glob, Text: text})
	}
	return p
}

// tally is a limiter that allocates its answer and nothing else.
type tally struct {
	mu   sync.Mutex
	used map[[2]string]int64
}

func (l *tally) Take(_ context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := make([]state.Taken, len(claims))
	for i, c := range claims {
		key := [2]string{shard, c.Name}
		l.used[key] += c.N
		taken[i] = state.Taken{Name: c.Name, OK: true, Used: l.used[key], Limit: c.Limit}
	}
	return taken, nil
}

func tallied(o *governance.Options) { o.Limiter = &tally{used: make(map[[2]string]int64)} }

// ordinary is a call with 300 bytes of arguments.
func ordinary(name string) *governance.Call {
	args := `{"action":"file_read","params":{"path":"notes/2026/january/meeting.md","encoding":"utf-8","limit":4096,"tags":["draft","team","weekly"]},"comment":"`
	args += strings.Repeat("please read it ", 20)[:300-len(args)-2] + `"}`
	return call(func(c *governance.Call) { c.Name, c.Args = name, json.RawMessage(args) })
}

func BenchmarkDecide(b *testing.B) {
	for _, names := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("names=%d", names), func(b *testing.B) {
			g, _ := gate(b, worked(names), tallied)
			c := ordinary("file_read")
			b.ReportAllocs()
			for b.Loop() {
				if !g.Decide(b.Context(), c).Allowed() {
					b.Fatal("denied")
				}
			}
		})
	}
	b.Run("globs=1000", func(b *testing.B) {
		p := worked(10)
		for i := range 1000 {
			p.AllowedTools = append(p.AllowedTools, fmt.Sprintf("*_%d", i))
		}
		g, _ := gate(b, p, tallied)
		c := ordinary("some_999")
		b.ReportAllocs()
		for b.Loop() {
			if !g.Decide(b.Context(), c).Allowed() {
				b.Fatal("denied")
			}
		}
	})
	b.Run("memstate", func(b *testing.B) {
		g, _ := gate(b, worked(10), func(o *governance.Options) { o.Limiter = memstate.New(memstate.Options{}) })
		c := ordinary("file_read")
		b.ReportAllocs()
		for b.Loop() {
			if !g.Decide(b.Context(), c).Allowed() {
				b.Fatal("denied")
			}
		}
	})
}

func BenchmarkReview(b *testing.B) {
	known := baselines(b, governance.BaselineOptions{})
	for name, o := range map[string]governance.Options{
		"nothing": {}, "baselines": {Baselines: known}, "inspector": {Results: []governance.Inspector{inspector{d: governance.Decision{Effect: governance.Allow}}}},
	} {
		b.Run(name, func(b *testing.B) {
			g, _ := gate(b, worked(10), tallied, func(all *governance.Options) { all.Baselines, all.Results = o.Baselines, o.Results })
			c := ordinary("file_read")
			c.Caller.Agent = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
			d := g.Decide(b.Context(), c)
			outcome := &governance.Outcome{Status: governance.StatusOK, Result: c.Args, Confidence: 1}
			b.ReportAllocs()
			for b.Loop() {
				if !g.Review(b.Context(), c, outcome, d).Allowed() {
					b.Fatal("withheld")
				}
			}
		})
	}
}

// TestAllocations is not parallel: it counts what the whole process allocates.
func TestAllocations(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates on its own")
	}
	g, _ := gate(t, worked(10_000), tallied)
	c := ordinary("file_read")
	set, err := governance.NewSet(governance.Ceiling{}, []governance.Policy{open("a")}, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	decision := g.Decide(t.Context(), c)
	outcome := &governance.Outcome{Status: governance.StatusOK, Result: c.Args, Confidence: 1}
	reviewing, _ := gate(t, worked(10), tallied, func(o *governance.Options) { o.Baselines = baselines(t, governance.BaselineOptions{}) })
	var stream governance.Stream
	b := baselines(t, governance.BaselineOptions{})
	for name, tt := range map[string]struct {
		most float64
		run  func()
	}{
		"decide": {2, func() { g.Decide(t.Context(), c) }}, // one of them is the limiter's answer
		"settle": {2, func() { // likewise
			_, _ = g.Settle(context.Background(), c, decision, governance.Used{Calls: 1, Tokens: 4096})
		}},
		"review":                      {0, func() { reviewing.Review(t.Context(), c, outcome, decision) }},
		"select without narrowing":    {0, func() { _, _ = set.Select(c) }},
		"publish without subscribers": {0, func() { stream.Publish(governance.Notice{}) }},
		"confidence":                  {0, func() { b.Confidence("a", "b", c.Args, c.Args, governance.StatusOK) }},
	} {
		if got := testing.AllocsPerRun(200, tt.run); got > tt.most {
			t.Errorf("%s: %v allocations, want at most %v", name, got, tt.most)
		}
	}
}
