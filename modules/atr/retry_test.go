package atr_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/retry"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// once counts a call in the folder that the server was given, and does as kind says at the first.
func once(kind, id string, say func(string, ...any)) {
	calls := filepath.Join(os.Args[1], "calls")
	before, _ := os.ReadFile(calls) // none before the first
	if err := os.WriteFile(calls, append(before, '.'), 0o600); err != nil {
		panic(err)
	}
	if len(before) > 0 {
		kind = "good"
	}
	switch kind {
	case "once dies":
		os.Exit(7)
	case "once never":
	case "once refuses":
		say(`{"id":%s,"error":{"code":-32000,"message":"no luck"}}`, id)
	case "once fails":
		say(`{"id":%s,"result":{"isError":true,"content":[]}}`, id)
	default:
		say(`{"id":%s,"result":{"content":[]}}`, id)
	}
}

// A call that comes to no answer is made again where that does no harm, and no other: not of a tool that may do something
// twice, or that the server says may be called twice without being believed, and not one that was answered with an error.
func TestRetries(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	const good = `^{"content":\[\]}$`
	for name, tt := range map[string]struct {
		kind  string
		over  atr.Override
		hints bool
		calls int
		want  string
	}{
		"idempotent":           {"once dies", atr.Override{Idempotent: &yes}, false, 2, good},
		"only reads":           {"once dies", atr.Override{ReadOnly: &yes}, false, 2, good},
		"believed":             {"once dies", atr.Override{}, true, 2, good},
		"late":                 {"once never", atr.Override{Idempotent: &yes}, false, 2, good},
		"not believed":         {"once dies", atr.Override{}, false, 1, "^failed: the server one ended before it answered"},
		"the operator's word":  {"once dies", atr.Override{Idempotent: &no}, true, 1, "^failed: the server one ended before it answered"},
		"reads, but not twice": {"once dies", atr.Override{ReadOnly: &yes, Idempotent: &no}, false, 1, "^failed: the server one ended before it answered"},
		"an error":             {"once refuses", atr.Override{Idempotent: &yes}, false, 1, "no luck"},
		"the tool's error":     {"once fails", atr.Override{Idempotent: &yes}, false, 1, `"isError":true`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var lines []string
			folder := t.TempDir()
			each := time.Minute
			if tt.kind == "once never" {
				each = time.Second
			}
			m, err := atr.New(atr.Options{
				State: memstate.New(memstate.Options{}), Open: atr.Opener{}.Open,
				Line: func(_, line string) { mu.Lock(); defer mu.Unlock(); lines = append(lines, line) },
				Servers: []atr.Server{{
					Name: "one", Command: self, Args: []string{folder}, Env: map[string]string{"HOSTILE": tt.kind}, Trust: pin.TrustFirst,
					Required: true, Timeout: 2 * time.Minute, Hints: tt.hints, Tools: map[string]atr.Override{"do": tt.over},
					Retries: retry.Policy{Attempts: 3, First: time.Millisecond, Each: each},
				}},
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = m.Close() })
			if err := m.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := dispatch(t, dispatcher(t, m), governance.KindTool, "one__do", `{}`); !regexp.MustCompile(tt.want).MatchString(got) {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if calls, err := os.ReadFile(filepath.Join(folder, "calls")); err != nil || len(calls) != tt.calls {
				t.Errorf("%d calls, want %d: %v", len(calls), tt.calls, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if said := strings.Contains(strings.Join(lines, "\n"), "of one__do: attempt 1 of 3: "); said != (tt.calls > 1) {
				t.Errorf("told: %v: %q", said, lines)
			}
		})
	}
}
