package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// ticks is the unit of processor times in /proc: USER_HZ, which is 100 on every Linux that Go runs on.
const ticks = time.Second / 100

// cpuTime is the processor time that a process has used, user and system.
func cpuTime(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const user, system = 11, 12 // fields 14 and 15 of the file
	if len(fields) <= system {
		return 0
	}
	u, userErr := strconv.ParseInt(string(fields[user]), 10, 64)
	s, systemErr := strconv.ParseInt(string(fields[system]), 10, 64)
	if userErr != nil || systemErr != nil {
		return 0
	}
	return time.Duration(u+s) * ticks
}

// resident is a process's resident memory in bytes.
func resident(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(status)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
