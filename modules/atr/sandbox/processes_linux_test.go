package sandbox_test

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// A program that starts others without end is stopped by its own limit, before the machine is. The system does not count
// the processes of root, so where the tests run as root it is somebody else's.
func TestForks(t *testing.T) {
	t.Parallel()
	const bomb = `exec 3<&0; i=0; while [ $i -lt 100 ]; do (read -r line <&3) & i=$((i+1)); done; echo done; wait`
	for _, open := range []bool{true, false} {
		for _, most := range []int{300, 20} {
			p := &sandbox.Profile{Open: open, Limits: sandbox.Limits{Processes: most}}
			if !open {
				p.Grant(sandbox.Program{Path: "/bin/sh"})
			}
			cmd := &exec.Cmd{Path: "/bin/sh", Args: []string{"sh", "-c", bomb}, Env: []string{}, SysProcAttr: &syscall.SysProcAttr{}}
			if os.Getuid() == 0 {
				cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
			}
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd.Stderr = cmd.Stdout
			l, err := sandbox.Prepare(cmd, p)
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			r, err := l.Report()
			if err != nil || !r.Whole() {
				t.Errorf("%v\n%v", err, &r)
			}
			line, err := bufio.NewReader(out).ReadString('\n') // while they all wait
			_ = in.Close()                                     // which ends them
			_ = cmd.Wait()                                     // as it may
			if done := line == "done\n"; done != (most > 100) || !done && !strings.Contains(strings.ToLower(line), "fork") {
				t.Errorf("open %v, %d: %q, %v", open, most, line, err)
			}
		}
	}
}
