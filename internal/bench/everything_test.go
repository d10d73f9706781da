package bench_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// detecting is the policy of the other measurements with every detector on, in arguments and in answers.
const detecting = unlimited + `
  detect: {all: default}
`

// everything is a policy that asks all that a policy can ask of a call that passes: ten patterns, every detector, the intent,
// rules, labels and limits that no load reaches.
const everything = unlimited + `
    - {name: drop_table, type: regex, pattern: '\b(drop|truncate)\s+(table|database|schema)\b'}
    - {name: recursive_delete, type: regex, pattern: '\brm\s+(-[a-z-]+\s+)*-[a-z]*(r[a-z]*f|f[a-z]*r)'}
    - {name: shadow, type: substring, pattern: /etc/shadow}
    - {name: dotfiles, type: glob, pattern: "*/.ssh/*"}
    - {name: download_and_run, type: regex, pattern: '(curl|wget)[^|]*\|\s*(ba|z)?sh\b'}
    - {name: cloud_access_key, type: regex, pattern: '\b(AKIA|ASIA)[A-Z0-9]{16}\b', case_sensitive: true}
    - {name: code_host_token, type: regex, pattern: '\bgh[pousr]_[A-Za-z0-9]{36}', case_sensitive: true}
    - {name: disk, type: regex, pattern: '\bdd\b.*\bof=/dev/'}
  detect: {all: default}
  intent: {deny: [destructive_data, data_exfiltration, privilege_escalation], ask: [code_execution]}
  labels:
    - {add: ["read:secret"], tools: ["file_*"]}
  rules: |
    @id("nothing-outside-after-secrets")
    forbid (principal, action in Action::"tools/call", resource)
    when { context.labels.contains("read:secret") && resource.open_world };
  limits:
    - {name: calls, per: principal, calls: 1000000000, window: 1h}
    - {name: tokens, per: principal, tokens: 1000000000000, window: 24h}
    - {name: at_once, per: agent, concurrent: 10000}
  max_depth: 8
  max_fan_out: 1000000
  max_result_tokens: 1000000
`

// prose is a harmless text of so many bytes: a filler of one letter would be no work for who looks for words and numbers.
func prose(bytes int) string {
	const text = "The committee met on the second Tuesday of the month to hear how the repair of the north stair had gone. " +
		"Of the 42 boards that were ordered, 39 were sound; the others went back to the mill, and their price is to be refunded. " +
		"Paint was bought in two colours, grey and a darker grey, since nobody could say which had been there before. " +
		"The minutes of the last meeting were read and agreed. It was asked whether the lamp over the gate could be lit earlier in winter. "
	return strings.Repeat(text, bytes/len(text)+1)[:bytes]
}

// telling is a load that has a harmless text of so many bytes echoed.
func telling(bytes int) bench.Load {
	load := echoing(0)
	load.Calls[0].Arguments = fmt.Appendf(nil, `{"message":%q}`, prose(bytes))
	return load
}

// TestProveEverythingMemory holds a kernel with everything on to its bound of memory.
func TestProveEverythingMemory(t *testing.T) {
	prove(t)
	if runtime.GOOS != "linux" {
		t.Skip("memory is read from /proc")
	}
	binary := build(t, "-tags", "echo")
	var resident []int64
	for _, requests := range []int64{20_000, 100_000} {
		load := telling(1 << 10)
		load.Pipeline, load.Warmup, load.Measure = 16, bench.Span{Requests: 1_000}, bench.Span{Requests: requests}
		report := measure(t, serverUnder(t, binary, everything), load)
		fmt.Printf("everything on, resident after %d calls: %.1f MB, %.1f MB at most, %v of processor time a call\n",
			requests, float64(report.Resident)/1e6, float64(report.Peak)/1e6, report.CPU)
		resident = append(resident, report.Resident)
	}
	if bound := int64(60e6); resident[1] > bound {
		t.Errorf("resident after 100,000 calls with everything on: %d bytes, the bound is %d", resident[1], bound)
	}
	if growth := resident[1] - resident[0]; growth > 5e6 {
		t.Errorf("memory grew by %d bytes between 20,000 and 100,000 calls", growth)
	}
}
