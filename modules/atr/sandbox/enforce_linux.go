package sandbox

import (
	"errors"
	"fmt"
	"math"

	"golang.org/x/sys/unix"
)

// Enforce holds the calling thread to a profile, for good, and with it whatever program it becomes. The caller has the thread
// to itself (runtime.LockOSThread) and does nothing but report and exec after: the process's other threads are as they were.
// The error wraps ErrLacking where a profile requires what is not enforced.
func Enforce(p *Profile) (Report, error) {
	if err := p.Validate(); err != nil {
		return Report{}, err
	}
	abi := landlockABI()
	r := Report{System: system(abi)}
	have, counted := tasks(p.Limits.Processes) // while /proc can be looked at
	r.done(closeOnExec(), "descriptors", "none of ours is inherited")
	if !p.Open {
		abi = confine(p, abi, &r)
	}
	limit(p, &r)
	var unfiltered error
	if !p.Open || p.Limits.Processes == 1 {
		unfiltered = filter(p)
		r.done(unfiltered, "calls", "%d system calls are refused", len(p.refused()))
	}
	if !p.Open {
		network(p, abi, unfiltered, &r)
	}
	if p.Limits.Processes == 1 {
		counted = unfiltered // which is what this one is held to by
	}
	limitProcesses(p.Limits.Processes, have, counted, &r)
	return r, r.required(p)
}

// Foresee returns what could be enforced of a profile here, and enforces nothing: the limits and what a program inherits are
// left out, which every Linux has.
func Foresee(p *Profile) Report {
	abi := landlockABI()
	r := Report{System: system(abi)}
	if p.Open {
		return r
	}
	if abi == 0 {
		r.lacking("files", noLandlock)
	} else {
		r.enforced("files", "only those that are granted")
		partly(p, abi, &r)
	}
	network(p, abi, filterable(), &r)
	return r
}

const noLandlock = "this system has no Landlock"

// confine gives up privileges, files and ports, and returns the version of Landlock that was enforced.
func confine(p *Profile, abi int, r *Report) int {
	err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	r.done(errors.Join(err, dropCapabilities()), "privileges", "none can be gained; of root's only the use of other owners' files")
	if abi == 0 {
		r.lacking("files", noLandlock)
		return 0
	}
	r.Absent, err = landlock(p, abi)
	r.done(err, "files", "only those that are granted")
	if err != nil {
		return 0
	}
	partly(p, abi, r)
	return abi
}

// partly says what this version of Landlock cannot do.
func partly(p *Profile, abi int, r *Report) {
	if abi < 3 {
		r.lacking("truncation", "files that can be written by us can be emptied: Landlock %d, 3 is needed", abi)
	}
	if abi < 6 {
		r.lacking("signals", "other processes of the user can be ended: Landlock %d, 6 is needed", abi)
	} else {
		r.enforced("signals", "only to processes of its own")
	}
	if p.Net.Unix && abi < 9 {
		r.lacking("local sockets", "those in folders that are not granted can be reached too: Landlock %d, 9 is needed", abi)
	}
}

// network says how far the network is closed. Kinds of sockets are the filter's work, whose fault unfiltered is, and ports are
// Landlock's.
func network(p *Profile, abi int, unfiltered error, r *Report) {
	switch n := p.Net; {
	case unfiltered != nil:
		r.lacking("network", "%v", unfiltered)
	case n.All:
		r.enforced("network", "open, for TCP and UDP alone")
	case !n.tcp() && n.Unix:
		r.enforced("network", "none but local sockets")
	case !n.tcp():
		r.enforced("network", "none")
	case abi < 4:
		r.lacking("network", "all TCP ports are open: Landlock %d, 4 is needed", abi)
	case n.udp() && abi < 10:
		r.enforced("network", "TCP ports that are granted")
		r.lacking("datagrams", "not to port %d alone, but to all: Landlock %d, 10 is needed", DNS, abi)
	default:
		r.enforced("network", "ports that are granted")
	}
}

// system names the kernel and its means.
func system(abi int) string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "linux"
	}
	return fmt.Sprintf("linux %s, landlock %d", unix.ByteSliceToString(name.Release[:]), abi)
}

// closeOnExec has no descriptor survive but the standard ones.
func closeOnExec() error {
	const first = 3
	return unix.CloseRange(first, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
}
