package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// TestMain is also the launcher, and the programs that are launched: one attack each, whose name is the first argument. It
// succeeds if the attack does.
func TestMain(m *testing.M) {
	sandbox.Launch(os.Args)
	if os.Getenv("SANDBOX_TEST") == "" {
		os.Exit(m.Run())
	}
	if err := attack(os.Args[1], os.Args[2:]); err != nil {
		fmt.Println(err)
		os.Exit(7)
	}
	fmt.Println("done")
}

// attack tries what its name says.
func attack(name string, args []string) error {
	for _, all := range []map[string]func(args []string) error{fileAttacks(), socketAttacks(), processAttacks(), systemAttacks()} {
		if try, ok := all[name]; ok {
			return try(args)
		}
	}
	return errors.New("no such attack: " + name)
}

func fileAttacks() map[string]func([]string) error {
	return map[string]func([]string) error{
		"nothing": func([]string) error { return nil },
		"read":    func(args []string) error { _, err := os.ReadFile(args[0]); return err },
		"list":    func(args []string) error { _, err := os.ReadDir(args[0]); return err },
		"write":   func(args []string) error { return os.WriteFile(args[0], []byte("x"), 0o600) },
		"truncate": func(args []string) error {
			return os.Truncate(args[0], 0)
		},
		"remove": func(args []string) error { return os.Remove(args[0]) },
		"through a link": func(args []string) error { // args: what is outside, a folder that is ours
			link := filepath.Join(args[1], "link")
			if err := os.Symlink(args[0], link); err != nil {
				return fmt.Errorf("not even the link: %w", err)
			}
			_, err := os.ReadFile(link)
			return err
		},
		"by a hard link": func(args []string) error {
			link := filepath.Join(args[1], "hard")
			if err := os.Link(args[0], link); err != nil {
				return err
			}
			_, err := os.ReadFile(link)
			return err
		},
		"by the root of a process": func(args []string) error { _, err := os.ReadFile("/proc/self/root" + args[0]); return err },
		"by dots": func(args []string) error {
			_, err := os.ReadFile(args[1] + "/../" + filepath.Base(args[0]))
			return err
		},
		"move away": func(args []string) error { return os.Rename(args[0], filepath.Join(args[1], "moved")) },
		"work": func(args []string) error { // an ordinary program's life in its folder
			deep := filepath.Join(args[0], "a", "b")
			if err := os.MkdirAll(deep, 0o700); err != nil {
				return err
			}
			one, two := filepath.Join(deep, "one"), filepath.Join(args[0], "two")
			if err := errors.Join(os.WriteFile(one, []byte("text"), 0o600), os.Chmod(one, 0o640), os.Rename(one, two)); err != nil {
				return err
			}
			if text, err := os.ReadFile(two); err != nil || string(text) != "text" {
				return fmt.Errorf("%q, %w", text, err)
			}
			return errors.Join(os.Remove(two), os.RemoveAll(filepath.Join(args[0], "a")))
		},
		"opens": func(args []string) error { // costs, as do the next two
			return many(func() error { return os.WriteFile(filepath.Join(args[0], "file"), nil, 0o600) })
		},
		"writes": func([]string) error {
			fd, err := unix.Open(os.DevNull, unix.O_WRONLY, 0)
			if err != nil {
				return err
			}
			return many(func() error { _, err := unix.Write(fd, []byte("x")); return err })
		},
		"sends": func([]string) error {
			pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			if err != nil {
				return err
			}
			return many(func() error {
				err := unix.Sendto(pair[0], []byte("x"), 0, nil)
				if err == nil {
					_, _, err = unix.Recvfrom(pair[1], make([]byte, 1), 0)
				}
				return err
			})
		},
		"big file": func(args []string) error { return os.WriteFile(args[0], make([]byte, 1<<20), 0o600) },
		"inherited": func(args []string) error {
			fd, err := strconv.Atoi(args[0])
			if err != nil {
				return err
			}
			text, err := io.ReadAll(os.NewFile(uintptr(fd), "inherited"))
			if err == nil && len(text) == 0 {
				err = errors.New("there is nothing")
			}
			return err
		},
		"many files": func([]string) error {
			var all []*os.File
			for range 100 {
				f, err := os.Open(os.DevNull)
				if err != nil {
					return err
				}
				all = append(all, f)
			}
			_ = all
			return nil
		},
		"set-id":  func(args []string) error { return unix.Chmod(args[0], unix.S_ISUID|0o700) },
		"give it": func(args []string) error { return os.Lchown(args[0], os.Getuid(), os.Getgid()) },
	}
}

func socketAttacks() map[string]func([]string) error {
	open := func(family, kind, protocol int) error {
		fd, err := unix.Socket(family, kind, protocol)
		if err == nil {
			err = unix.Close(fd)
		}
		return err
	}
	return map[string]func([]string) error{
		"connect": func(args []string) error {
			c, err := (&net.Dialer{Timeout: 10 * time.Second}).Dial("tcp", args[0])
			if err == nil {
				err = c.Close()
			}
			return err
		},
		"bind": func(args []string) error {
			l, err := net.Listen("tcp", args[0]) //nolint:noctx // one attempt
			if err == nil {
				err = l.Close()
			}
			return err
		},
		"datagram": func(args []string) error {
			c, err := net.Dial("udp", args[0]) //nolint:noctx // one attempt
			if err == nil {
				_, err = c.Write([]byte("x"))
			}
			return err
		},
		"local socket": func(args []string) error {
			c, err := net.Dial("unix", args[0]) //nolint:noctx // one attempt
			if err == nil {
				err = c.Close()
			}
			return err
		},
		"pair that sends": func(args []string) error { // half of a pair for datagrams reaches any name
			pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_RAW, 0) // which for this family is the same
			if err != nil {
				return err
			}
			return unix.Sendto(pair[0], []byte("x"), 0, &unix.SockaddrUnix{Name: args[0]})
		},
		"pipe of sockets": func([]string) error {
			_, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			return err
		},
		"multipath tcp": func([]string) error { return open(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP) },
		"fast open": func(args []string) error { // connects by sending
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
			if err != nil {
				return err
			}
			to, err := net.ResolveTCPAddr("tcp4", args[0])
			if err != nil {
				return err
			}
			return unix.Sendto(fd, []byte("x"), unix.MSG_FASTOPEN, &unix.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())})
		},
		"listen anywhere": func([]string) error { // at a port that the system chooses
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
			if err == nil {
				err = unix.Listen(fd, 1)
			}
			return err
		},
		"raw packets":   func([]string) error { return open(unix.AF_PACKET, unix.SOCK_RAW, 0) },
		"to the kernel": func([]string) error { return open(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_AUDIT) },
	}
}

func processAttacks() map[string]func([]string) error {
	pid := func(text string) int { n, _ := strconv.Atoi(text); return n }
	return map[string]func([]string) error{
		"execute": func(args []string) error { return exec.Command(args[0], args[1:]...).Run() }, //nolint:noctx // it ends
		"execute from memory": func(args []string) error {
			fd, err := unix.MemfdCreate("program", 0)
			if err != nil {
				return err
			}
			text, err := os.ReadFile(args[0])
			if err == nil {
				_, err = unix.Write(fd, text)
			}
			if err != nil {
				return err
			}
			cmd := exec.Command(fmt.Sprintf("/proc/self/fd/%d", fd), args[1:]...) //nolint:noctx // it ends
			return cmd.Run()
		},
		"trace": func(args []string) error {
			if err := unix.PtraceSeize(pid(args[0])); err != nil {
				return err
			}
			return nil // the trace ends with this process
		},
		"read memory": func([]string) error {
			here := make([]byte, 1)
			var there byte
			local := []unix.Iovec{{Base: &here[0], Len: 1}}
			_, err := unix.ProcessVMReadv(os.Getpid(), local, []unix.RemoteIovec{{Base: uintptr(unsafe.Pointer(&there)), Len: 1}}, 0)
			return err
		},
		"environment": func(args []string) error { _, err := os.ReadFile("/proc/" + args[0] + "/environ"); return err },
		"signal":      func(args []string) error { return unix.Kill(pid(args[0]), unix.SIGCONT) },
		"fork": func(args []string) error { // args: how many processes at once
			for range pid(args[0]) {
				cmd := exec.Command(os.Args[0], "wait") //nolint:noctx // it ends with its input
				in, err := cmd.StdinPipe()
				if err == nil {
					err = cmd.Start()
				}
				if err != nil {
					return err
				}
				defer func() { _ = errors.Join(in.Close(), cmd.Wait()) }()
			}
			return nil
		},
		"their limits": func(args []string) error {
			var now unix.Rlimit
			if err := unix.Prlimit(pid(args[0]), unix.RLIMIT_CORE, nil, &now); err != nil {
				return err
			}
			return unix.Prlimit(pid(args[0]), unix.RLIMIT_CORE, &now, nil)
		},
		"their turn": func(args []string) error {
			return unix.Setpriority(unix.PRIO_PROCESS, pid(args[0]), 0)
		},
		"map": func(args []string) error { // args: how, and how many MiB
			flags := map[string]int{"private": unix.MAP_PRIVATE, "shared": unix.MAP_SHARED, "growing": unix.MAP_PRIVATE | unix.MAP_GROWSDOWN}[args[0]]
			memory, err := unix.Mmap(-1, 0, pid(args[1])<<20, unix.PROT_READ|unix.PROT_WRITE, flags|unix.MAP_ANON)
			if err == nil {
				err = unix.Munmap(memory)
			}
			return err
		},
		"memory of a file": func([]string) error { _, err := unix.MemfdCreate("x", unix.MFD_NOEXEC_SEAL); return err },
		"shared memory": func([]string) error {
			id, err := unix.SysvShmGet(unix.IPC_PRIVATE, 4096, unix.IPC_CREAT|0o600)
			if err == nil {
				_, err = unix.SysvShmCtl(id, unix.IPC_RMID, nil)
			}
			return err
		},
		"wait":       func([]string) error { _, err := io.Copy(io.Discard, os.Stdin); return err },
		"other user": func([]string) error { return unix.Setuid(65533) },
	}
}

func systemAttacks() map[string]func([]string) error {
	call := func(number, a, b, c uintptr) error {
		if _, _, errno := unix.Syscall(number, a, b, c); errno != 0 {
			return errno
		}
		return nil
	}
	var params [120]byte // struct io_uring_params
	return map[string]func([]string) error{
		"mount": func(args []string) error {
			if err := unix.Mount("none", args[0], "tmpfs", 0, ""); err != nil {
				return err
			}
			return unix.Unmount(args[0], 0)
		},
		"unshare":        func([]string) error { return unix.Unshare(unix.CLONE_NEWNS) },
		"user namespace": func([]string) error { return newUser() },
		"io_uring":       func([]string) error { return call(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params)), 0) },
		"bpf": func([]string) error {
			return ignored(call(unix.SYS_BPF, 0, 0, 0), unix.EINVAL, unix.EFAULT, unix.E2BIG)
		},
		"keys": func([]string) error {
			_, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_SESSION_KEYRING, true)
			return err
		},
		"chroot":      func(args []string) error { return unix.Chroot(args[0]) },
		"by handle":   func(args []string) error { _, _, err := unix.NameToHandleAt(unix.AT_FDCWD, args[0], 0); return err },
		"old numbers": func([]string) error { return oldNumbers() },
		"host name": func([]string) error {
			var name unix.Utsname
			if err := unix.Uname(&name); err != nil {
				return err
			}
			return unix.Sethostname([]byte(unix.ByteSliceToString(name.Nodename[:])))
		},
		"new clone": func([]string) error { return ignored(call(unix.SYS_CLONE3, 0, 0, 0), unix.EINVAL, unix.EFAULT) },
		"more files": func([]string) error { // raises its own limit
			var now unix.Rlimit
			if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &now); err != nil {
				return err
			}
			return unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1000, Max: max(now.Max, 1000)})
		},
		"privileges": func([]string) error { // fails if it has none, and can get none
			header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			var data [2]unix.CapUserData
			if err := unix.Capget(&header, &data[0]); err != nil {
				return err
			}
			if data[0].Effective&^(1<<unix.CAP_DAC_OVERRIDE)|data[1].Effective == 0 {
				return errors.New("it has none")
			}
			return nil
		},
	}
}

// many does something many times.
func many(do func() error) error {
	for range 100_000 {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// newUser starts a process in a world in which it would be root.
func newUser() error {
	cmd := exec.Command(os.Args[0], "nothing") //nolint:noctx // it ends
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
	return cmd.Run()
}

// ignored is no error for one of those that a call ends with when it is let through to look at what it was given.
func ignored(err error, those ...unix.Errno) error {
	for _, one := range those {
		if errors.Is(err, one) {
			return nil
		}
	}
	return err
}
