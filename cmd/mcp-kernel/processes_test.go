package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestProcessesShareADirectory runs three servers and a loop of command lines on one data directory and kills one server
// while it works: one chain verifies, and of the calls exactly as many ran as the limit says.
func TestProcessesShareADirectory(t *testing.T) {
	t.Parallel()
	const limit = 120
	dir, config := home(t)
	write(t, filepath.Join(dir, "policies.yaml"), fmt.Sprintf(
		"- {name: few, allowed_tools: [\"*\"], max_tool_calls_per_request: %d}\n", limit))
	write(t, config, read(t, config)+fmt.Sprintf(
		"governance: {policy_files: [%q], policies: [few], window: 1000000h}\n", filepath.Join(dir, "policies.yaml")))
	servers := make([]*child, 3)
	for i := range servers {
		servers[i] = start(t, "serve", "--stdio", "--config", config)
		servers[i].hello()
	}
	var working sync.WaitGroup
	for i, c := range servers {
		working.Go(func() { work(c, limit, i == 2) })
	}
	working.Go(func() {
		for range 10 {
			if o, err := exec.CommandContext(t.Context(), built(t), "tools", "call", "file_list", `{"path":"work:."}`, "--agent", "--config", config).CombinedOutput(); err != nil &&
				!bytes.Contains(o, []byte("max_tool_calls")) && !bytes.Contains(o, []byte("calls are used")) {
				t.Errorf("command line: %v\n%s", err, o)
			}
		}
	})
	working.Wait()
	for _, c := range servers[:2] {
		_ = c.in.Close()
		for c.next() != "" { // the refusals of what was asked for together
			continue
		}
		c.end()
	}
	ok(t, "audit", "verify", "--config", config)
	allowed, ended := tally(t, config)
	lost := allowed - ended // by the server that was killed
	if allowed != limit || lost < 0 || lost > 8 {
		t.Errorf("%d calls were allowed, %d of them have an outcome; the limit is %d", allowed, ended, limit)
	}
}

// work makes calls until one is refused, eight at a time. The one that is killed is so in the middle of it.
func work(c *child, limit int, killed bool) {
	const window = 8
	for id := 1; id <= window; id++ {
		c.sendCall(id)
	}
	for id := window + 1; id <= limit+window; id++ {
		line, open := <-c.lines
		if !open || strings.Contains(line, `"isError":true`) {
			return
		}
		if killed && id == 2*window {
			_ = c.cmd.Process.Signal(syscall.SIGKILL)
			return
		}
		c.sendCall(id)
	}
}

// sendCall sends one call. The server may be gone.
func (c *child) sendCall(id int) {
	_, _ = fmt.Fprintf(c.in, `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"file_list","arguments":{"path":"work:."}}}`+"\n", id)
}

// tally counts the calls that were allowed, and those among them that have an outcome.
func tally(t *testing.T, config string) (allowed, ended int) {
	t.Helper()
	ran := map[string]bool{}
	for line := range strings.Lines(ok(t, "audit", "export", "--config", config)) {
		e := decoded[struct {
			Entry struct {
				Kind, Call, Name string
				Decision         struct{ Effect string }
			}
		}](t, line).Entry
		switch {
		case e.Name != "file_list":
		case e.Kind == "decision" && e.Decision.Effect == "allow":
			allowed++
			ran[e.Call] = true
		case e.Kind == "outcome" && ran[e.Call]:
			ended++
		}
	}
	return allowed, ended
}

// TestFreezeReachesServers freezes from the command line and looks at a server that runs.
func TestFreezeReachesServers(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	c := start(t, "serve", "--stdio", "--config", config)
	c.hello()
	c.sendCall(1)
	if line := c.next(); strings.Contains(line, "isError") {
		t.Fatal(line)
	}
	ok(t, "freeze", "--config", config)
	c.sendCall(2)
	if line := c.next(); !strings.Contains(line, `"frozen"`) {
		t.Errorf("while frozen: %s", line)
	}
	ok(t, "resume", "--config", config)
	for id, late := 3, time.After(patience); ; id++ { // a server that idles looks every so often
		c.sendCall(id)
		if line := c.next(); !strings.Contains(line, "isError") {
			break
		}
		select {
		case <-late:
			t.Fatal("calls are refused long after resume")
		default:
		}
	}
	c.close()
}

// TestUnusableDirectories starts where it cannot work, and looks for words that say what to do.
func TestUnusableDirectories(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 || runtime.GOOS == "windows" {
		t.Log("the permissions of files mean nothing to this user")
	}
	dir, config := home(t)
	file := filepath.Join(dir, "file")
	write(t, file, "")
	locked := filepath.Join(dir, "locked")
	if err := os.Mkdir(locked, 0o500); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		args []string
		says string
	}{
		{"a data directory that is a file", []string{"--data-dir", file}, "data directory"},
		{"a policy file that is not there", []string{"--policy-file", filepath.Join(dir, "none.yaml")}, "none.yaml"},
		{"a policy that is not there", []string{"--policy", "nope"}, `"nope"`},
		{"a configuration that is not there", []string{"--config", filepath.Join(dir, "none")}, "none"},
	}
	if os.Getuid() != 0 {
		cases = append(cases, struct {
			name string
			args []string
			says string
		}{"a read-only data directory", []string{"--data-dir", filepath.Join(locked, "data")}, "make it writable"})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := cli(t, append([]string{"serve", "--stdio", "--config", config}, c.args...)...)
			if o.code != exitFault || !strings.Contains(o.err, c.says) || !strings.HasPrefix(o.err, "mcp-kernel: ") {
				t.Errorf("exit %d, err %q; want 1 and %q", o.code, o.err, c.says)
			}
		})
	}
}

// TestUnreadablePolicy starts with a policy file that is full of faults: all of them are named.
func TestUnreadablePolicy(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	bad := filepath.Join(dir, "bad.yaml")
	write(t, bad, "- name: default\n  alow: x\n  timeout: soon\n")
	o := cli(t, "serve", "--stdio", "--config", config, "--policy-file", bad)
	if o.code != exitFault || !strings.Contains(o.err, bad+":2:") || !strings.Contains(o.err, bad+":3:") {
		t.Errorf("exit %d, err %q", o.code, o.err)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "journal")); !os.IsNotExist(err) {
		t.Errorf("a journal was begun before the policies were read: %v", err)
	}
}

// TestStreamsAreRestored sees that the pipes are as they were once the server has ended.
func TestStreamsAreRestored(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, out, restore, err := parkStreams(r, w)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if n, err := in.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Error(n, err)
	}
	restore()
	if _, err := w.Write([]byte("y")); err != nil {
		t.Errorf("the pipe was closed: %v", err)
	}
	if err := errors.Join(r.Close(), w.Close()); err != nil {
		t.Error(err)
	}
}

// TestStart reads how long the packages of the built program take to initialise: the least of five runs, because the
// machine has other things to do.
func TestStart(t *testing.T) {
	t.Parallel()
	const most = 3.0 // milliseconds
	least := 1e9
	for range 5 {
		cmd := exec.CommandContext(t.Context(), built(t), "version")
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		var trace bytes.Buffer
		cmd.Stderr = &trace
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		least = min(least, initialised(t, trace.String()))
	}
	if least > most {
		t.Errorf("initialising packages took %.2f ms at least, want at most %.0f ms", least, most)
	}
	t.Logf("%.2f ms", least)
}

// initialised adds up the milliseconds of a trace of initialisation.
func initialised(t *testing.T, trace string) float64 {
	t.Helper()
	sum, seen := 0.0, false
	for line := range strings.Lines(trace) {
		words := strings.Fields(line) // init NAME @N ms, M ms clock, …
		if len(words) < 6 || words[0] != "init" {
			continue
		}
		ms, err := strconv.ParseFloat(words[4], 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		sum, seen = sum+ms, true
	}
	if !seen {
		t.Fatalf("no trace:\n%s", trace)
	}
	return sum
}

// TestDemo runs the demo of the built program.
func TestDemo(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), built(t), "demo").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"TOOL_CALL_BLOCKED", "POLICY_VIOLATION", "POLICY_CHECK", "DRIFT_DETECTED", "CHECKPOINT_CREATED",
		"note.txt is still there", "Journal: verified",
	} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("the demo does not show %q:\n%s", want, out)
		}
	}
}

// TestDataDirectoryIsPrivate looks at the permissions of everything in a data directory.
func TestDataDirectoryIsPrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("permissions are those of Unix")
	}
	dir, config := home(t)
	ok(t, "tools", "call", "execution_usage", "--config", config)
	err := filepath.WalkDir(filepath.Join(dir, "data"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
