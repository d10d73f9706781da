// Package redistest starts real Redis servers for tests, on free ports of the loopback interface: one, a cluster, or one
// with a replica that a Sentinel watches. They keep their data in folders of the test and end with it. Where redis-server is
// not installed the test is skipped; where CI=true it fails.
package redistest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// binary is Redis as the Makefile's target redis installs it.
const binary = "redis-server"

// attempts is how often a server is started anew when somebody else has taken its port.
const attempts = 5

// A Server is a process of Redis. Its methods fail the test when they fail.
type Server struct {
	Address string // 127.0.0.1:port

	tb   testing.TB
	port int
	args []string

	mu      sync.Mutex
	process *exec.Cmd
	ended   chan struct{} // closed when process has ended
}

// Start starts a server with settings in the form of its command line, "--appendonly", "yes" for instance, and waits until it
// takes connections. Its data is gone with the test; without settings it is not even written.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return launch(tb, func(port string) []string {
		return append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", tb.TempDir(), "--save", "", "--daemonize", "no"}, args...)
	})
}

// StartTLS is Start for a server that only speaks TLS. Do and Try do not reach it.
func StartTLS(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return launch(tb, func(port string) []string {
		return append([]string{"--port", "0", "--tls-port", port, "--bind", "127.0.0.1", "--dir", tb.TempDir(), "--save", ""}, args...)
	})
}

// launch starts a process on a port that is free.
func launch(tb testing.TB, args func(port string) []string) *Server {
	tb.Helper()
	if _, err := exec.LookPath(binary); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("%s is not installed, and CI=true", binary)
		}
		tb.Skipf("%s is not installed: this test is SKIPPED; make redis installs it", binary)
	}
	var err error
	for range attempts {
		s := &Server{tb: tb, port: freePort(tb)}
		s.Address = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
		s.args = args(strconv.Itoa(s.port))
		if err = s.start(); err == nil {
			tb.Cleanup(s.Kill)
			return s
		}
	}
	tb.Fatalf("%s does not start: %v", binary, err)
	return nil
}

// freePort returns a port that nobody has listened on a moment ago.
func freePort(tb testing.TB) int {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of a TCP listener
}

// start runs the process and reads what it says until it is ready.
func (s *Server) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	process := exec.CommandContext(context.Background(), binary, s.args...) //nolint:gosec // a test's
	out, err := process.StdoutPipe()
	if err != nil {
		return err
	}
	process.Stderr = process.Stdout
	if err := process.Start(); err != nil {
		return err
	}
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fmt.Fprintln(&said, lines.Text())
		if strings.Contains(lines.Text(), "eady to accept connections") || strings.Contains(lines.Text(), "# +monitor") {
			s.process, s.ended = process, make(chan struct{})
			go drain(process, out, s.ended)
			return nil
		}
	}
	return errors.Join(process.Wait(), errors.New(said.String()))
}

// drain lets the process talk on, so that it is not held up, and waits for its end.
func drain(process *exec.Cmd, out io.Reader, ended chan<- struct{}) {
	defer close(ended)
	_, _ = io.Copy(io.Discard, out)
	_ = process.Wait() // it was killed
}

// Kill ends the process as a loss of power would, with what it holds in memory, and waits until it is gone.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill() // or it has ended
	<-s.ended
	s.process = nil
}

// Restart starts a killed server again, on its port and with its data.
func (s *Server) Restart() {
	s.tb.Helper()
	if err := s.start(); err != nil {
		s.tb.Fatalf("%s does not start again: %v", binary, err)
	}
}

// Do sends a command and returns the answer as redis-cli prints it.
func (s *Server) Do(args ...string) string {
	s.tb.Helper()
	answer, err := s.Try(args...)
	if err != nil {
		s.tb.Fatalf("redis-cli %s: %v\n%s", strings.Join(args, " "), err, answer)
	}
	return answer
}

// Try is Do that returns the error.
func (s *Server) Try(args ...string) (string, error) {
	all := append([]string{"-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-e"}, args...)
	out, err := exec.CommandContext(context.Background(), "redis-cli", all...).CombinedOutput() //nolint:gosec // a test's
	return strings.TrimSpace(string(out)), err
}

// Cluster starts a cluster of so many servers, without replicas, and waits until it serves all slots.
func Cluster(tb testing.TB, n int, args ...string) []*Server {
	tb.Helper()
	servers := make([]*Server, n)
	for i := range n {
		bus := freePort(tb)
		servers[i] = Start(tb, append([]string{
			"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus), "--cluster-node-timeout", "2000",
			"--cluster-config-file", filepath.Join(tb.TempDir(), "nodes.conf"),
		}, args...)...)
		first, last := i*16384/n, (i+1)*16384/n-1
		servers[i].Do("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(first), strconv.Itoa(last))
		servers[i].Do("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		if i > 0 {
			servers[0].Do("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(servers[i].port), strconv.Itoa(bus))
		}
	}
	for _, s := range servers {
		s.await("cluster_state:ok", "CLUSTER", "INFO")
		s.await("cluster_known_nodes:"+strconv.Itoa(n), "CLUSTER", "INFO")
	}
	return servers
}

// await asks until an answer has a text. It ends with the test's deadline.
func (s *Server) await(text string, command ...string) {
	s.tb.Helper()
	for !strings.Contains(s.Do(command...), text) { // a process each time: that is pause enough
		if err := s.tb.Context().Err(); err != nil {
			s.tb.Fatalf("%s never says %q: %v", strings.Join(command, " "), text, err)
		}
	}
}

// A Watched is a server with a replica, and a Sentinel that makes the replica the master when the server is gone.
type Watched struct {
	Name                      string // what the Sentinel calls them
	Master, Replica, Sentinel *Server
}

// Sentinel starts three processes that know each other.
func Sentinel(tb testing.TB) Watched {
	tb.Helper()
	w := Watched{Name: "main", Master: Start(tb)}
	w.Replica = Start(tb, "--replicaof", "127.0.0.1 "+strconv.Itoa(w.Master.port), "--repl-diskless-sync-delay", "0")
	w.Replica.await("master_link_status:up", "INFO", "replication")
	config := filepath.Join(tb.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor %[1]s 127.0.0.1 %[2]d 1\nsentinel down-after-milliseconds %[1]s 500\n"+
		"sentinel failover-timeout %[1]s 3000\n", w.Name, w.Master.port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	w.Sentinel = launch(tb, func(port string) []string {
		return []string{config, "--sentinel", "--port", port, "--bind", "127.0.0.1"}
	})
	w.Sentinel.await("num-slaves\n1", "SENTINEL", "master", w.Name)
	return w
}
