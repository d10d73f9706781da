package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// ticks is the unit of processor times in /proc: USER_HZ, which is 100 on every Linux that Go runs on.
const ticks = time.Second / 100

// readUsage reads what processes have used, with all that they started and that still run, and of those that have ended
// the processor time.
func readUsage(pids []int) usage {
	var u usage
	for _, pid := range family(pids) {
		u.CPU += cpuTime(pid)
		u.Peak += status(pid, "VmHWM:")
		u.Resident += status(pid, "VmRSS:")
	}
	return u
}

// nap sleeps by the system's clock.
func nap(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&t, nil) // who is woken early looks at the clock again
}

// ownCPU is the processor time that this process has used.
func ownCPU() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// family are the processes and their descendants.
func family(pids []int) []int {
	if len(pids) == 0 {
		return nil
	}
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if parent, ok := statNumber(pid, 4); err == nil && ok {
			children[int(parent)] = append(children[int(parent)], pid)
		}
	}
	all := append([]int(nil), pids...)
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// cpuTime is the processor time that a process has used, threads that have ended included, and the children that it has
// waited for.
func cpuTime(pid int) time.Duration {
	user, _ := statNumber(pid, 16)
	system, _ := statNumber(pid, 17)
	waited := time.Duration(user+system) * ticks
	var t unix.Timespec
	// The processor clock of another process, exact to the nanosecond: clock_getcpuclockid of the C library.
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err == nil {
		return waited + time.Duration(t.Nano())
	}
	user, _ = statNumber(pid, 14)
	system, _ = statNumber(pid, 15)
	return waited + time.Duration(user+system)*ticks
}

// statNumber reads a field of /proc/PID/stat by its number in the manual.
func statNumber(pid, field int) (int64, bool) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, false
	}
	const first = 3 // that follows the name, in which there may be anything
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= field-first {
		return 0, false
	}
	n, err := strconv.ParseInt(string(fields[field-first]), 10, 64)
	return n, err == nil
}

// status reads a size of /proc/PID/status in bytes.
func status(pid int, key string) int64 {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		if value, ok := bytes.CutPrefix(line, []byte(key)); ok {
			if fields := bytes.Fields(value); len(fields) == 2 {
				kib, _ := strconv.ParseInt(string(fields[0]), 10, 64) // the kernel writes numbers here
				return kib << 10
			}
		}
	}
	return 0
}
