package bench_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// A kept server is one process that several loads meet one after the other.
type kept struct {
	target bench.Target
	data   string // its data directory
	end    func() error
}

// keep starts a kernel over HTTP that runs until it is ended.
func keep(t *testing.T, binary string) kept {
	t.Helper()
	target := server(t, binary)
	data := filepath.Join(t.TempDir(), "data")
	args := []string{"serve", "--http", "127.0.0.1:0", "--data-dir", data, "--policy-file", target.Command[6], "--log-level", "info"}
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append(os.Environ(), target.Env...)
	logged, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(logged)
	address := regexp.MustCompile(`"url":"([^"]+)"`)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if found := address.FindStringSubmatch(line); found != nil {
			target.URL = found[1]
			break
		}
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, lines) // a full pipe would stop the server
	}()
	target.Command, target.PID = nil, cmd.Process.Pid
	return kept{target, data, func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		<-drained
		return cmd.Wait()
	}}
}

// goroutines asks the process how many it has.
func (k *kept) goroutines(t *testing.T) int {
	t.Helper()
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"goroutines","arguments":{},"_meta":{` +
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.target.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "goroutines",
	} {
		request.Header.Set(key, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Result struct{ Content []struct{ Text string } }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || len(answer.Result.Content) != 1 {
		t.Fatalf("%s: %+v, %v", response.Status, answer, err)
	}
	n, err := strconv.Atoi(answer.Result.Content[0].Text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestProveMillion sends a million calls to one process: what it holds then is what it held after the first hundred
// thousand, and the two million entries that it wrote verify in time.
func TestProveMillion(t *testing.T) {
	prove(t)
	if runtime.GOOS != "linux" {
		t.Skip("memory is read from /proc")
	}
	binary := build(t, "-tags", "echo")
	k := keep(t, binary)
	var peak [2]int64
	var routines [2]int
	for i, requests := range []int64{100_000, 900_000} {
		load := sixteen(echoing(5), bench.Era2025)
		load.Measure = bench.Span{Requests: requests}
		report := measure(t, k.target, load)
		peak[i], routines[i] = report.Peak, k.goroutines(t)
		fmt.Printf("%d calls more: peak %.1f MB, %d goroutines, %.0f/s\n", requests, float64(report.Peak)/1e6, routines[i], report.Rate)
	}
	if growth := peak[1] - peak[0]; growth > 5e6 {
		t.Errorf("the peak grew by %d bytes between 100,000 and 1,000,000 calls", growth)
	}
	if routines[1] > routines[0] {
		t.Errorf("%d goroutines after 100,000 calls, %d after 1,000,000", routines[0], routines[1])
	}
	if err := k.end(); err != nil {
		t.Fatal(err)
	}
	verifies(t, binary, k.data)
}

// verifies holds the verification of a journal to its bound. The first reading may wait for the disk, which has just been
// written 1.8 GB, so the second counts.
func verifies(t *testing.T, binary, data string) {
	t.Helper()
	var each time.Duration
	for range 2 {
		began := time.Now()
		out, err := exec.CommandContext(t.Context(), binary, "audit", "verify", "--data-dir", data, "--output", "json").Output()
		took := time.Since(began)
		var report struct{ Entries int64 }
		if err != nil || json.Unmarshal(out, &report) != nil || report.Entries < 2_000_000 {
			t.Fatalf("%v\n%s", err, out)
		}
		each = took * 1_000_000 / time.Duration(report.Entries)
		fmt.Printf("%d entries verified in %v, %v a million\n", report.Entries, took, each)
	}
	if bound := 8 * time.Second; each > bound {
		t.Errorf("a million entries take %v, the bound is %v", each, bound)
	}
}
