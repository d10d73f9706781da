package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// limit sets what the program may use.
func limit(p *Profile, r *Report) {
	l := p.Limits
	if !p.Open {
		_ = lower(unix.RLIMIT_CORE, 0) // a dump would be written by the system, where the program may not
	}
	if l.FileSize > 0 {
		r.done(lower(unix.RLIMIT_FSIZE, uint64(l.FileSize)), "file size", "%d bytes", l.FileSize)
	}
	if l.CPU > 0 {
		seconds := uint64((l.CPU + time.Second - 1) / time.Second)
		r.done(lower(unix.RLIMIT_CPU, seconds), "cpu", "%d s for each process", seconds)
	}
	if l.Files > 0 {
		r.done(lower(unix.RLIMIT_NOFILE, uint64(l.Files)), "open files", "%d", l.Files)
	}
	if l.Memory > 0 { // last: we are a program, too
		_ = lower(unix.RLIMIT_STACK, maxStack) // which the limit on data does not count
		r.done(lower(unix.RLIMIT_DATA, uint64(l.Memory)), "memory", "%d bytes for each process", l.Memory)
	}
}

// maxStack is what the stack of a program can grow to where its memory is limited, in bytes: 8 times what is usual.
const maxStack = 64 << 20

// limitProcesses sets how many there may be besides those that the user has. err is why they could not be counted or, where
// there is to be one alone, why calls are not filtered.
func limitProcesses(n, have int, err error, r *Report) {
	switch {
	case n == 0:
	case n > 1 && os.Getuid() == 0:
		r.lacking("processes", "the system does not count those of root")
	case err != nil:
		r.lacking("processes", "%v", err)
	case n == 1:
		r.enforced("processes", "none but the program itself")
	default:
		r.done(lower(unix.RLIMIT_NPROC, uint64(have+n)), "processes", "%d more than the user has", n)
	}
}

// tasks counts what the user has, where a limit is to be that and some more.
func tasks(limit int) (int, error) {
	if limit <= 1 || os.Getuid() == 0 {
		return 0, nil
	}
	return tasksOfUser()
}

// lower sets a limit that cannot be raised again. One that is lower already stays.
func lower(resource int, to uint64) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(resource, &now); err != nil {
		return err
	}
	to = min(to, now.Max)
	return unix.Setrlimit(resource, &unix.Rlimit{Cur: min(to, now.Cur), Max: to})
}

// tasksOfUser counts the processes and threads of our user, as the system does for its limit.
func tasksOfUser() (int, error) {
	all, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		return 0, err
	}
	uid, tasks := strconv.Itoa(os.Getuid()), 0
	for _, path := range all {
		text, err := os.ReadFile(path) //nolint:gosec // of the system
		if err != nil {
			continue // it has ended
		}
		owner, threads := "", 0
		for line := range strings.Lines(string(text)) {
			switch f := strings.Fields(line); {
			case len(f) > 1 && f[0] == "Uid:":
				owner = f[1]
			case len(f) > 1 && f[0] == "Threads:":
				threads, _ = strconv.Atoi(f[1]) // the system wrote it
			}
		}
		if owner == uid {
			tasks += threads
		}
	}
	if tasks == 0 {
		return 0, errors.New("/proc shows none")
	}
	return tasks, nil
}

// keptCapability is the one that root keeps: to use the files of others, within what is granted. In containers the user is
// often root, and the files are somebody else's.
const keptCapability = unix.CAP_DAC_OVERRIDE

// dropCapabilities takes from the program what root could do besides: it will have what is in the bounding set.
func dropCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	data[0].Inheritable, data[1].Inheritable = 0, 0
	if os.Getuid() != 0 && os.Geteuid() != 0 {
		return unix.Capset(&header, &data[0]) // nobody but root is given new ones by becoming a program
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return err
	}
	for number := uintptr(0); number <= unix.CAP_LAST_CAP; number++ {
		if number == keptCapability {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, number, 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) { // this system does not know it
			return err
		}
	}
	return unix.Capset(&header, &data[0])
}
