package observability

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// ticks is how many ticks of a process's times a second has: USER_HZ, which Linux keeps at 100 for programs on every
// architecture that Go runs on (include/asm-generic/param.h).
const ticks = 100

// usageOf reads /proc/self, see proc(5).
func usageOf() usage {
	u := unsaid()
	if stat, err := os.ReadFile("/proc/self/stat"); err == nil {
		u.parse(stat, bootTime())
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		u.files = float64(len(open))
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
		u.most = float64(limit.Cur)
	}
	return u
}

// parse reads the line of stat. The name of the program, in brackets, may hold anything.
func (u *usage) parse(stat []byte, boot float64) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const first = 3 // the field behind the name
	field := func(n int) float64 {
		if n-first >= len(fields) {
			return -1
		}
		v, err := strconv.ParseFloat(string(fields[n-first]), 64)
		if err != nil {
			return -1
		}
		return v
	}
	user, system, start, virtual, resident := field(14), field(15), field(22), field(23), field(24)
	if user >= 0 && system >= 0 {
		u.cpu = (user + system) / ticks
	}
	if start >= 0 && boot > 0 {
		u.start = boot + start/ticks
	}
	u.virtual = virtual
	if resident >= 0 {
		u.resident = resident * float64(os.Getpagesize())
	}
}

// bootTime is when the system began, in seconds since 1970, or 0.
func bootTime() float64 {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(stat, []byte("\nbtime "))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	boot, err := strconv.ParseFloat(string(line), 64)
	if err != nil {
		return 0
	}
	return boot
}
