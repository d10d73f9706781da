//go:build linux && (amd64 || arm64)

package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A test is of the low half of one argument, which is all of it that the calls here look at.
type test struct {
	arg         int
	mask, value uint32 // of the argument and what is to be left of it; mask 0 is all of it
	not         bool   // it must be another
}

// A rule refuses a call unless one of the alternatives holds, each a list of tests.
type rule struct {
	call   uint32
	unless [][]test
	errno  unix.Errno // 0 is EPERM
}

// rules are what the profile refuses.
func rules(p *Profile) ([]rule, error) {
	if p.Open {
		return processRules(p), nil
	}
	known := numbers()
	var all []rule
	for _, name := range p.refused() {
		if number, ok := known[name]; ok { // else it is not on this architecture
			all = append(all, rule{call: number})
		}
	}
	if p.Refuse != nil && len(all) != len(p.Refuse) {
		return nil, fmt.Errorf("of the %d system calls to be refused %d are not on this architecture", len(p.Refuse), len(p.Refuse)-len(all))
	}
	// Those first that are made often: the system remembers which calls are let through by their number, and goes through the
	// filter for the others each time.
	return slices.Concat(memoryRules(p.Limits), socketRules(p.Net), fileRules(), processRules(p), otherRules(), all), nil
}

// processRules are about what a program starts: nothing in a world of its own, in which it had all privileges, and where it
// may be one process only, nothing but threads.
func processRules(p *Profile) []rule {
	const worlds = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC |
		unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP
	all := []rule{{call: unix.SYS_CLONE3, errno: unix.ENOSYS}}
	same := test{arg: 0, mask: worlds, value: 0}
	if p.Limits.Processes != 1 {
		return append(all, rule{call: unix.SYS_CLONE, unless: [][]test{{same}}})
	}
	for _, number := range forks() {
		all = append(all, rule{call: number, errno: unix.EAGAIN})
	}
	thread := test{arg: 0, mask: unix.CLONE_THREAD, value: unix.CLONE_THREAD}
	return append(all, rule{call: unix.SYS_CLONE, unless: [][]test{{same, thread}}, errno: unix.EAGAIN})
}

// memoryRules refuse what memory there is besides that which the limit counts: mappings that are shared though no file is
// behind them, and those that grow as stacks do.
func memoryRules(l Limits) []rule {
	if l.Memory == 0 {
		return nil
	}
	none := func(bit uint32) test { return test{arg: 3, mask: bit, value: 0} }
	return []rule{{call: unix.SYS_MMAP, errno: unix.ENOMEM, unless: [][]test{
		{none(unix.MAP_SHARED), none(unix.MAP_GROWSDOWN)}, {none(unix.MAP_ANONYMOUS), none(unix.MAP_GROWSDOWN)},
	}}}
}

// otherRules are about other processes of the user, whose limits and turns are its own to set: 0 is whoever calls.
func otherRules() []rule {
	own := func(arg int) [][]test { return [][]test{{{arg: arg, value: 0}}} }
	return []rule{
		{call: unix.SYS_PRLIMIT64, unless: own(0)},
		{call: unix.SYS_SCHED_SETSCHEDULER, unless: own(0)},
		{call: unix.SYS_SCHED_SETPARAM, unless: own(0)},
		{call: unix.SYS_SCHED_SETATTR, unless: own(0)},
		{call: unix.SYS_SETPRIORITY, unless: [][]test{{{arg: 0, value: unix.PRIO_PROCESS}, {arg: 1, value: 0}}}},
		{call: unix.SYS_IOPRIO_SET, unless: own(1)},
	}
}

// fileRules are about modes that give rights to others, terminals that are typed into, and programs that find themselves at
// the same addresses each time.
func fileRules() []rule {
	const query = math.MaxUint32 // personality(2) only asks
	all := []rule{               //nolint:prealloc // it reads as a list
		{call: unix.SYS_IOCTL, unless: [][]test{{{arg: 1, value: unix.TIOCSTI, not: true}, {arg: 1, value: unix.TIOCLINUX, not: true}}}},
		{call: unix.SYS_PERSONALITY, unless: [][]test{{{arg: 0, value: 0}}, {{arg: 0, value: query}}}},
	}
	calls := modes()
	for _, number := range slices.Sorted(maps.Keys(calls)) {
		all = append(all, rule{call: number, unless: [][]test{{{arg: calls[number], mask: unix.S_ISUID | unix.S_ISGID, value: 0}}}})
	}
	return all
}

// socketRules let only those sockets be made whose use is governed: what Landlock knows as TCP, and datagrams where they
// are granted. Others, such as multipath TCP, would pass it by. A pair of sockets is what programs use as pipes, but one
// for datagrams can send to any name.
func socketRules(n Net) []rule {
	const (
		family, kind, protocol = 0, 1, 2
		kinds                  = 0xf // without the flags
	)
	is := func(arg int, value uint32) test { return test{arg: arg, value: value} }
	of := func(value uint32) test { return test{arg: kind, mask: kinds, value: value} }
	var sockets [][]test
	for _, f := range []uint32{unix.AF_INET, unix.AF_INET6} {
		if n.tcp() {
			sockets = append(sockets, []test{is(family, f), of(unix.SOCK_STREAM), is(protocol, 0)},
				[]test{is(family, f), of(unix.SOCK_STREAM), is(protocol, unix.IPPROTO_TCP)})
		}
		if n.udp() {
			sockets = append(sockets, []test{is(family, f), of(unix.SOCK_DGRAM), is(protocol, 0)},
				[]test{is(family, f), of(unix.SOCK_DGRAM), is(protocol, unix.IPPROTO_UDP)})
		}
	}
	if n.tcp() {
		sockets = append(sockets, []test{is(family, unix.AF_NETLINK), is(protocol, unix.NETLINK_ROUTE)}) // which addresses there are
	}
	pairs := [][]test{{is(family, unix.AF_UNIX), of(unix.SOCK_STREAM)}, {is(family, unix.AF_UNIX), of(unix.SOCK_SEQPACKET)}}
	if n.Unix {
		sockets = append(sockets, []test{is(family, unix.AF_UNIX)})
		pairs = [][]test{{is(family, unix.AF_UNIX)}}
	}
	return append(passedBy(n), rule{call: unix.SYS_SOCKET, unless: sockets}, rule{call: unix.SYS_SOCKETPAIR, unless: pairs})
}

// passedBy refuses the ways in which ports are used without Landlock being asked: to be reached at a port that the system
// chooses because none was, to connect by sending, and to become another kind of socket (TCP_ULP).
func passedBy(n Net) []rule {
	var all []rule
	if !n.tcp() && !n.Unix {
		all = append(all, rule{call: unix.SYS_CONNECT}, rule{call: unix.SYS_BIND})
	}
	if !n.All && len(n.Listen) == 0 && !n.Unix {
		all = append(all, rule{call: unix.SYS_LISTEN}, rule{call: unix.SYS_ACCEPT}, rule{call: unix.SYS_ACCEPT4})
	}
	if n.All {
		return all
	}
	slow := func(flags int) [][]test { return [][]test{{{arg: flags, mask: unix.MSG_FASTOPEN, value: 0}}} }
	return append(all, rule{call: unix.SYS_SENDTO, unless: slow(3)}, rule{call: unix.SYS_SENDMSG, unless: slow(2)},
		rule{call: unix.SYS_SENDMMSG, unless: slow(3)},
		rule{call: unix.SYS_SETSOCKOPT, unless: [][]test{{{arg: 1, value: unix.IPPROTO_TCP, not: true}}, {{arg: 2, value: unix.TCP_ULP, not: true}}}})
}

// A program is a filter as the system takes it.
type program struct{ code []unix.SockFilter }

func (p *program) add(code uint16, k uint32, yes, no int) {
	p.code = append(p.code, unix.SockFilter{Code: code, K: k, Jt: uint8(yes), Jf: uint8(no)})
}

// Where things lie in struct seccomp_data (seccomp(2)).
const (
	numberAt = 0
	archAt   = 4
	argsAt   = 16
)

func (p *program) load(at uint32)    { p.add(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, at, 0, 0) }
func (p *program) end(answer uint32) { p.add(unix.BPF_RET|unix.BPF_K, answer, 0, 0) }

// assemble writes rules as a program. A call by the numbers of another architecture, which no rule would know, ends the
// process: whoever makes one has no other reason.
func assemble(all []rule) ([]unix.SockFilter, error) {
	const equal, atLeast = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	p := &program{}
	p.load(archAt)
	p.add(equal, auditArch, 1, 0)
	p.end(unix.SECCOMP_RET_KILL_PROCESS)
	p.load(numberAt)
	if otherABI != 0 {
		p.add(atLeast, otherABI, 0, 1)
		p.end(unix.SECCOMP_RET_KILL_PROCESS)
	}
	for _, r := range all {
		body := r.body()
		if len(body) > math.MaxUint8 {
			return nil, fmt.Errorf("the rule for call %d is too long", r.call)
		}
		p.add(equal, r.call, 0, len(body))
		p.code = append(p.code, body...)
	}
	p.end(unix.SECCOMP_RET_ALLOW)
	if len(p.code) > unix.BPF_MAXINSNS {
		return nil, errors.New("the filter is too long")
	}
	return p.code, nil
}

// body is what is done about the rule's call: each alternative that fails leads to the next, and the last to the refusal.
func (r rule) body() []unix.SockFilter {
	p := &program{}
	for _, tests := range r.unless {
		size := 1 // to allow it
		for _, t := range tests {
			size += t.size()
		}
		for _, t := range tests {
			size -= t.size()
			t.write(p, size)
		}
		p.end(unix.SECCOMP_RET_ALLOW)
	}
	errno := r.errno
	if errno == 0 {
		errno = unix.EPERM
	}
	p.end(unix.SECCOMP_RET_ERRNO | uint32(errno))
	return p.code
}

// size is how many instructions write writes.
func (t test) size() int {
	if t.mask != 0 {
		return 3
	}
	return 2
}

// write goes on where the test holds, and steps over so many instructions where it does not.
func (t test) write(p *program, over int) {
	const word = 8
	p.load(uint32(argsAt + word*t.arg))
	if t.mask != 0 {
		p.add(unix.BPF_ALU|unix.BPF_AND|unix.BPF_K, t.mask, 0, 0)
	}
	yes, no := 0, over
	if t.not {
		yes, no = no, yes
	}
	p.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, t.value, yes, no)
}

// filterable says why calls cannot be filtered here.
func filterable() error {
	if _, err := unix.PrctlRetInt(unix.PR_GET_SECCOMP, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("this system does not filter system calls: %w", err)
	}
	return nil
}

// filter has the system refuse calls of this thread, and of all that it starts.
func filter(p *Profile) error {
	all, err := rules(p)
	if err != nil {
		return err
	}
	code, err := assemble(all)
	if err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil { // no filter without
		return err
	}
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]} //nolint:gosec // no more than BPF_MAXINSNS
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0)
}
