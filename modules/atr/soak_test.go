package atr_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

var prove = flag.Bool("prove", false, "hold the whole of every promise: many more calls, and latencies against their bound")

// A soak is five servers under load: three that work, one that never answers, and one that dies at every tenth call.
type soak struct {
	t    *testing.T
	d    *tools.Dispatcher
	each int // calls of each server
	mark string

	mu      sync.Mutex
	answers map[string]map[string]int // by server: how often a call came to what
}

// TestSoak has all five servers called side by side. Every call is answered, those of the three come to good in the time
// that they take alone, and nothing is left of any.
func TestSoak(t *testing.T) {
	each := 60
	if *prove {
		each = 2000
	}
	before := runtime.NumGoroutine()
	s := &soak{t: t, each: each, mark: t.TempDir(), answers: map[string]map[string]int{}}
	m := s.module()
	s.d = dispatcher(t, m)
	healthy := []string{"a", "b", "c"}
	s.run(healthy) // they are warm
	clear(s.answers)
	alone := s.run(healthy)
	clear(s.answers)
	together := s.run([]string{"a", "b", "c", "hangs", "dies"})
	for _, name := range healthy {
		if got := fmt.Sprint(s.answers[name]); got != fmt.Sprintf("map[good:%d]", each) {
			t.Errorf("%s: %s", name, got)
		}
	}
	hung := s.answers["hangs"]
	if total := hung["timeout"] + hung["unavailable"] + hung["ended"]; total != each || hung["timeout"] < 3 {
		t.Errorf("hangs: %v", hung)
	}
	died := s.answers["dies"]
	if total := died["good"] + died["ended"] + died["unavailable"]; total != each || died["good"] == 0 || died["ended"] == 0 {
		t.Errorf("dies: %v", died)
	}
	fmt.Printf("%d calls of each server: p50 %v, p99 %v alone; p50 %v, p99 %v beside one that hangs and one that dies; these came to %v and %v\n",
		each, alone[len(alone)/2], alone[len(alone)*99/100], together[len(together)/2], together[len(together)*99/100], hung, died)
	if a, b := alone[len(alone)/2], together[len(together)/2]; *prove && float64(b) > 1.2*float64(a) {
		t.Errorf("the median of healthy servers is %v alone and %v beside others, the bound is 1.2 times", a, b)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if left := programs(t, s.mark); runtime.GOOS == "linux" && len(left) > 0 {
		t.Errorf("%v are still there", left)
	}
	if zombies := dead(t); zombies > 0 {
		t.Errorf("%d zombies", zombies)
	}
	if after := settled(before); after > before {
		t.Errorf("%d goroutines, there were %d", after, before)
	}
}

// module governs the five servers.
func (s *soak) module() *atr.Module {
	s.t.Helper()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	one := func(name, kind string, timeout time.Duration) atr.Server {
		return atr.Server{
			Name: name, Command: self, Args: []string{s.mark}, Env: map[string]string{"HOSTILE": kind, "GORACE": "atexit_sleep_ms=0"},
			Trust: pin.TrustFirst, Required: true, Timeout: timeout, Parallel: 8,
		}
	}
	m, err := atr.New(atr.Options{
		Servers: []atr.Server{
			one("a", "good", time.Minute), one("b", "good", time.Minute), one("c", "good", time.Minute),
			one("hangs", "never", 20*time.Millisecond), one("dies", "dies sometimes", time.Minute),
		},
		State: memstate.New(memstate.Options{}), Open: atr.Opener{}.Open,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := m.Close(); err != nil {
			s.t.Error(err)
		}
	})
	if err := m.Begin(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	return m
}

// run calls each of some servers one call after the other, and all of them side by side, and returns how long the calls of
// those took that work, in order.
func (s *soak) run(names []string) (took []time.Duration) {
	var all sync.WaitGroup
	for _, name := range names {
		all.Go(func() {
			for range s.each {
				began := time.Now()
				got := dispatch(s.t, s.d, governance.KindTool, name+"__do", `{}`)
				elapsed := time.Since(began)
				s.mu.Lock()
				if s.answers[name] == nil {
					s.answers[name] = map[string]int{}
				}
				s.answers[name][meaning(got)]++
				if len(name) == 1 {
					took = append(took, elapsed)
				}
				s.mu.Unlock()
				if meaning(got) == "unavailable" {
					time.Sleep(5 * time.Millisecond) // as who comes again later
				}
			}
		})
	}
	all.Wait()
	slices.SortFunc(took, cmp.Compare[time.Duration])
	return took
}

// meaning is what a call came to, in a word.
func meaning(answer string) string {
	for part, word := range map[string]string{
		`{"content":[]}`: "good", "timeout: ": "timeout", "ended before it answered": "ended", "is not available": "unavailable",
	} {
		if strings.Contains(answer, part) {
			return word
		}
	}
	return answer
}

// dead counts the children of this process that have ended and that nobody waits for.
func dead(t *testing.T) (n int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		var state string
		var parent int
		if _, err := fmt.Sscan(string(text[bytes.LastIndexByte(text, ')')+1:]), &state, &parent); err == nil && state == "Z" && parent == os.Getpid() {
			n++
		}
	}
	return n
}

// settled returns the number of goroutines once it is no more than it was, or after a while.
func settled(want int) int {
	for range 100 {
		if runtime.NumGoroutine() <= want {
			break
		}
		runtime.Gosched()
		time.Sleep(10 * time.Millisecond)
	}
	return runtime.NumGoroutine()
}
