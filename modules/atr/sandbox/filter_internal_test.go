//go:build linux && (amd64 || arm64)

package sandbox

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// A call is what a filter is asked about.
type call struct {
	arch, number uint32
	args         [6]uint64
}

// answer runs a program as the system would (networking/filter, for the instructions that are used here).
func answer(t *rapid.T, code []unix.SockFilter, c call) uint32 {
	word := func(at uint32) uint32 {
		switch at {
		case numberAt:
			return c.number
		case archAt:
			return c.arch
		default:
			return uint32(c.args[(at-argsAt)/8])
		}
	}
	var a uint32
	for at := 0; at < len(code); at++ {
		i := code[at]
		holds := false
		switch i.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			a = word(i.K)
			continue
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			a &= i.K
			continue
		case unix.BPF_RET | unix.BPF_K:
			return i.K
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			holds = a == i.K
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			holds = a >= i.K
		default:
			t.Fatalf("instruction %d is unknown: %v", at, i)
		}
		if holds {
			at += int(i.Jt)
		} else {
			at += int(i.Jf)
		}
	}
	t.Fatal("it runs off its end")
	return 0
}

// judged is what the rules say, without a program.
func judged(all []rule, c call) uint32 {
	if c.arch != auditArch || otherABI != 0 && c.number >= otherABI {
		return unix.SECCOMP_RET_KILL_PROCESS
	}
	i := slices.IndexFunc(all, func(r rule) bool { return r.call == c.number })
	if i < 0 {
		return unix.SECCOMP_RET_ALLOW
	}
	holds := func(x test) bool {
		value := uint32(c.args[x.arg])
		if x.mask != 0 {
			value &= x.mask
		}
		return (value == x.value) != x.not
	}
	for _, tests := range all[i].unless {
		if !slices.ContainsFunc(tests, func(x test) bool { return !holds(x) }) {
			return unix.SECCOMP_RET_ALLOW
		}
	}
	if all[i].errno != 0 {
		return unix.SECCOMP_RET_ERRNO | uint32(all[i].errno)
	}
	return unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
}

// Whatever a profile asks for, the program that is written for it answers each call as its rules do.
func TestFilter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		yes := rapid.Bool()
		p := &Profile{Open: yes.Draw(t, "open"), Limits: Limits{Processes: rapid.IntRange(0, 2).Draw(t, "processes")}}
		if yes.Draw(t, "memory") {
			p.Limits.Memory = MinMemory
		}
		if !p.Open {
			p.Net = Net{All: yes.Draw(t, "all"), Unix: yes.Draw(t, "unix"), Connect: rapid.SampledFrom([][]uint16{nil, {443}, {53}}).Draw(t, "connect")}
		}
		all, err := rules(p)
		if err != nil {
			t.Fatal(err)
		}
		code, err := assemble(all)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			c := call{arch: auditArch, number: all[rapid.IntRange(0, len(all)-1).Draw(t, "rule")].call}
			if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
				c.arch, c.number = rapid.SampledFrom([]uint32{auditArch, unix.AUDIT_ARCH_I386}).Draw(t, "arch"), rapid.Uint32().Draw(t, "number")
			}
			values := []uint64{0, 1, 2, 5, 6, 10, 16, 17, 31, 33, 34, 0x122, 0x5412, 0o4755, unix.CLONE_THREAD, unix.CLONE_NEWUSER, unix.MSG_FASTOPEN, 1<<32 | 1, 1<<64 - 1}
			for i := range c.args {
				c.args[i] = rapid.SampledFrom(values).Draw(t, "argument")
			}
			if got, want := answer(t, code, c), judged(all, c); got != want {
				t.Fatalf("%+v: %#x, want %#x", c, got, want)
			}
		}
	})
}

// No call stands in two rules, or the second would never be looked at, and what every program does is in none.
func TestRules(t *testing.T) {
	t.Parallel()
	all, err := rules(&Profile{Limits: Limits{Memory: MinMemory, Processes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint32]bool{}
	for _, r := range all {
		if seen[r.call] {
			t.Errorf("call %d stands in two rules", r.call)
		}
		seen[r.call] = true
	}
	for _, number := range []uint32{
		unix.SYS_READ, unix.SYS_WRITE, unix.SYS_OPENAT, unix.SYS_CLOSE, unix.SYS_FUTEX, unix.SYS_EXECVE, unix.SYS_EXIT_GROUP, unix.SYS_MPROTECT,
		unix.SYS_MUNMAP, unix.SYS_RT_SIGACTION, unix.SYS_EPOLL_PWAIT, unix.SYS_GETRANDOM, unix.SYS_STATX, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT,
	} {
		if seen[number] {
			t.Errorf("call %d is needed by everybody", number)
		}
	}
	for _, name := range Dangerous() {
		if _, known := numbers()[name]; !known && !slices.Contains([]string{"chown", "lchown", "create_module", "query_module", "get_kernel_syms", "iopl", "ioperm", "modify_ldt", "uselib", "sysfs", "_sysctl"}, name) {
			t.Errorf("%s has no number", name)
		}
	}
}
