package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// Policies between which a server is made to change. The closed one does not allow what the load calls.
const (
	openPolicy   = "- name: default\n  allowed_tools: [\"*\"]\n  max_tool_calls_per_request: 1000000\n  max_tokens_per_request: 100000000\n"
	closedPolicy = "- name: default\n  allowed_tools: [execution_usage]\n  max_tool_calls_per_request: 1000000\n  max_tokens_per_request: 100000000\n"
)

// A load keeps a number of calls of a server under way, and counts what comes back.
type load struct {
	*child

	sent, answered            int
	allowed, refused, changed int
}

// until goes on calling until something is true of what came back.
func (l *load) until(what string, done func() bool) {
	l.t.Helper()
	const window = 8
	for before := l.answered; !done(); {
		for l.sent-l.answered < window {
			l.sent++
			l.sendCall(l.sent)
		}
		l.take()
		if l.answered-before > 200_000 {
			l.t.Fatalf("%s: not after 200,000 calls\n%s", what, l.log)
		}
	}
}

// take looks at one line.
func (l *load) take() {
	l.t.Helper()
	switch line := l.next(); {
	case strings.Contains(line, `"method":"notifications/tools/list_changed"`):
		l.changed++
	case strings.Contains(line, `"method":`):
	case strings.Contains(line, "TOOL_CALL_BLOCKED"):
		l.refused++
		l.answered++
	case strings.Contains(line, `"result":`) && !strings.Contains(line, `"isError":true`):
		l.allowed++
		l.answered++
	default:
		l.t.Fatalf("neither allowed nor refused by the allowlist: %q\n%s", line, l.log)
	}
}

// allows goes on until a call is allowed, or refused, and the client was told that the listing is another.
func (l *load) allows(is bool) {
	l.t.Helper()
	changed, allowed, refused := l.changed, l.allowed, l.refused
	l.until(fmt.Sprintf("allowed: %v", is), func() bool {
		return l.changed > changed && (is && l.allowed > allowed || !is && l.refused > refused)
	})
}

// TestServerFollowsItsPolicies changes the policy of a server that works, in all the ways in which files are replaced:
// decisions change, clients are told, what is half written changes nothing, and no call is lost or fails otherwise.
func TestServerFollowsItsPolicies(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	policies := filepath.Join(dir, "policies")
	file := filepath.Join(policies, "p.yaml")
	write(t, file, openPolicy)
	write(t, config, read(t, config)+fmt.Sprintf("governance: {policy_files: [%q]}\n", policies))
	l := &load{child: start(t, "serve", "--stdio", "--config", config)}
	l.hello()
	l.until("the first call", func() bool { return l.allowed > 0 })

	write(t, file, closedPolicy) // in place
	l.allows(false)
	replace(t, file, openPolicy) // by a rename, as editors do
	l.allows(true)
	replace(t, file, closedPolicy)
	l.allows(false)

	write(t, file, openPolicy[:30]) // half written
	l.until("the fault is logged", func() bool { return strings.Contains(l.log.String(), "policies not reloaded") })
	if log := l.log.String(); !strings.Contains(log, "p.yaml:2:") {
		t.Errorf("the log does not say where:\n%s", log)
	}
	allowed := l.allowed
	l.until("more calls", func() bool { return l.answered%1000 == 0 })
	if l.allowed != allowed {
		t.Error("the last good policy did not go on to hold")
	}
	write(t, file, openPolicy)
	l.allows(true)
	if runtime.GOOS != "windows" {
		l.swapsLinks(policies)
		l.survivesHangup()
	}
	for l.answered < l.sent {
		l.take()
	}
	l.close()
	ok(t, "audit", "verify", "--config", config)
	decided, ended := tally(t, config)
	if decided != l.allowed || ended != l.allowed {
		t.Errorf("the journal has %d allowed calls and %d outcomes of them, the client %d answers", decided, ended, l.allowed)
	}
	notes := decoded[answerPage](t, ok(t, "audit", "query", "--kind", "control", "--limit", "100", "--config", config, "-o", "json"))
	reloads := 0
	for _, e := range notes.Entries {
		if e.Control.Action == "policies" && strings.HasPrefix(e.Control.Subject, "sha256:") && strings.HasPrefix(e.Control.By, "sha256:") && e.Control.Reason == "changed default" {
			reloads++
		}
	}
	if reloads < l.changed {
		t.Errorf("the journal has %d reloads, the client was told of %d", reloads, l.changed)
	}
}

// swapsLinks changes policies as a mounted Kubernetes ConfigMap does: the file is a link through a link to a directory,
// and that link is replaced.
func (l *load) swapsLinks(policies string) {
	l.t.Helper()
	write(l.t, filepath.Join(policies, "..1", "p.yaml"), openPolicy)
	write(l.t, filepath.Join(policies, "..2", "p.yaml"), closedPolicy)
	for link, target := range map[string]string{"..data": "..1", "p.yaml~": filepath.Join("..data", "p.yaml"), "..next": "..2"} {
		if err := os.Symlink(target, filepath.Join(policies, link)); err != nil {
			l.t.Fatal(err)
		}
	}
	rename(l.t, filepath.Join(policies, "p.yaml~"), filepath.Join(policies, "p.yaml"))
	allowed := l.allowed
	l.until("calls under the link", func() bool { return l.allowed > allowed })
	rename(l.t, filepath.Join(policies, "..next"), filepath.Join(policies, "..data"))
	l.allows(false)
}

// survivesHangup asks for a reload by the signal.
func (l *load) survivesHangup() {
	l.t.Helper()
	if err := l.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		l.t.Fatal(err)
	}
	l.until("the signal is logged", func() bool { return strings.Contains(l.log.String(), "SIGHUP") })
	answered := l.answered
	l.until("calls after the signal", func() bool { return l.answered > answered+100 })
}

// replace writes a file beside another and renames it over that.
func replace(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+"~", text)
	rename(t, path+"~", path)
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
