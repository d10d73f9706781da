package process

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// markName is the variable by which what a program has started is recognised after it has left the program's group and its
// own parent has ended.
const markName = "MCP_KERNEL_CHILD"

// attributes has a program begin a group, and be killed when the thread ends that has started it, which is when we do.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
}

// kin are what a program has started: what is in its group or its session, what the line of parents leads to, and what has
// inherited its mark. What was seen once is remembered.
type kin struct {
	mark string // name=value, as it stands in an environment

	mu    sync.Mutex
	known map[int]string // when each began, by its id
}

// marked returns an environment with a mark that only this program's kin have.
func (k *kin) marked(env []string) []string {
	k.mark = markName + "=" + rand.Text()
	return append(slices.Clip(env), k.mark)
}

// note remembers all kin of a process that are alive.
func (k *kin) note(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return // the group is known without
	}
	children, began := map[int][]int{}, map[int]string{}
	var found []int
	for _, entry := range entries {
		id, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		s, ok := stat(id)
		if !ok {
			continue
		}
		children[s.parent] = append(children[s.parent], id)
		began[id] = s.began
		if s.group == pid || s.session == pid || k.bears(id) {
			found = append(found, id)
		}
	}
	if k.known == nil {
		k.known = map[int]string{}
	}
	seen := map[int]bool{pid: true} // the program itself is its owner's to wait for
	for todo := slices.Concat(found, children[pid]); len(todo) > 0; {
		id := todo[0]
		todo = todo[1:]
		if !seen[id] {
			seen[id], k.known[id] = true, began[id]
			todo = append(todo, children[id]...)
		}
	}
}

// bears reports whether a process was started with the mark.
func (k *kin) bears(pid int) bool {
	env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil || k.mark == "" {
		return false // another user's, which no child of ours becomes
	}
	for pair := range bytes.SplitSeq(env, []byte{0}) {
		if string(pair) == k.mark {
			return true
		}
	}
	return false
}

// kill kills all that were noted and are still the same, and waits for their end until patience is over: a process that is
// killed while it is in the kernel ends when it comes back.
func (k *kin) kill(patience time.Duration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var faults []error
	var ends []unix.PollFd
	for id, began := range k.known {
		fd, err := unix.PidfdOpen(id, 0)
		if err != nil {
			if !errors.Is(err, unix.ESRCH) {
				faults = append(faults, err)
			}
			continue
		}
		defer unix.Close(fd) //nolint:errcheck // it was open
		if s, ok := stat(id); !ok || s.began != began {
			continue
		}
		if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
			faults = append(faults, err)
			continue
		}
		ends = append(ends, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	clear(k.known)
	return errors.Join(append(faults, await(ends, patience))...)
}

// await waits until all processes have ended.
func await(ends []unix.PollFd, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for len(ends) > 0 {
		left := time.Until(deadline)
		if left <= 0 {
			return errors.New("a process that was killed has not ended")
		}
		_, err := unix.Poll(ends[:1], int(left/time.Millisecond)+1)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case ends[0].Revents != 0:
			ends = ends[1:]
		}
	}
	return nil
}

// A status is what the system tells of a process.
type status struct {
	parent, group, session int
	began                  string // in ticks since the system started
}

// stat reads a process's status (proc_pid_stat(5)); the name that stands first may hold anything. One that has ended and is
// not yet waited for is none.
func stat(pid int) (s status, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return status{}, false
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const state, starttime = 0, 19
	if len(fields) <= starttime || fields[state][0] == 'Z' || fields[state][0] == 'X' {
		return status{}, false
	}
	s.began = string(fields[starttime])
	for i, to := range []*int{&s.parent, &s.group, &s.session} {
		if *to, err = strconv.Atoi(string(fields[1+i])); err != nil {
			return status{}, false
		}
	}
	return s, true
}
