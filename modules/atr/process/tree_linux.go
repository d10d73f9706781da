package process

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes has a program begin a group, and be killed when the thread ends that has started it, which is when we do.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
}

// kin are what a program has started, in whatever group or session, noted while the line of parents led to it.
type kin struct {
	mu    sync.Mutex
	known map[int]string // when each began, by its id
}

// note remembers all descendants of a process that are alive.
func (k *kin) note(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	children := map[int][]int{}
	began := map[int]string{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return // the group is known without
	}
	for _, entry := range entries {
		id, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if parent, start, ok := stat(id); ok {
			children[parent] = append(children[parent], id)
			began[id] = start
		}
	}
	if k.known == nil {
		k.known = map[int]string{}
	}
	for todo := children[pid]; len(todo) > 0; {
		id := todo[0]
		todo = append(todo[1:], children[id]...)
		k.known[id] = began[id]
	}
}

// kill kills all that were noted and are still the same.
func (k *kin) kill() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var faults []error
	for id, began := range k.known {
		if _, now, ok := stat(id); !ok || now != began {
			continue
		}
		if err := unix.Kill(id, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
			faults = append(faults, err)
		}
	}
	clear(k.known)
	return errors.Join(faults...)
}

// stat reads a process's parent and when it began (proc_pid_stat(5)); the name before them may hold anything.
func stat(pid int) (parent int, began string, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, "", false
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const state, ppid, starttime = 0, 1, 19
	if len(fields) <= starttime || fields[state][0] == 'Z' {
		return 0, "", false
	}
	parent, err = strconv.Atoi(string(fields[ppid]))
	return parent, string(fields[starttime]), err == nil
}
