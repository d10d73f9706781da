package sandbox

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// landlockABI is the version of Landlock that the system has, 0 where there is none.
func landlockABI() int {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(abi)
}

// What is granted, as the system's documentation of Landlock has it (Documentation/userspace-api/landlock.rst).
const (
	accessRead = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	accessRun  = unix.LANDLOCK_ACCESS_FS_EXECUTE | accessRead
	// No devices are made, and their controls stay out of reach.
	accessWrite = accessRead | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
		unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SYM | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_REFER | unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX
	// accessFile are the rights that a file can have which is no folder.
	accessFile = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX
)

// handled is what a version of Landlock can refuse.
func handled(abi int) (files, ports, scopes uint64) {
	const first = 13 // rights of version 1
	bits := first
	for _, since := range []int{2, 3, 5, 9} { // one right more each: refer, truncate, controls of devices, sockets
		if abi >= since {
			bits++
		}
	}
	files = 1<<bits - 1
	if abi >= 4 {
		ports = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if abi >= 10 {
		ports |= unix.LANDLOCK_ACCESS_NET_BIND_UDP | unix.LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP
	}
	if abi >= 6 {
		scopes = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	return files, ports, scopes
}

// A ruleset is one of Landlock's, while it is made.
type ruleset struct {
	profile      *Profile
	fd           int
	files, ports uint64 // what it refuses unless a rule grants it
	absent       []string
}

// landlock refuses all that the profile does not grant, and returns the paths of it that are not there.
func landlock(p *Profile, abi int) (absent []string, err error) {
	files, ports, scopes := handled(abi)
	if p.Net.All {
		ports = 0
	}
	if p.Net.Unix {
		scopes &^= unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: files, Handled_access_net: ports, Scoped: scopes}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0) //nolint:gosec // the call reads it and keeps nothing
	if errno != 0 {
		return nil, fmt.Errorf("a Landlock ruleset: %w", errno)
	}
	s := &ruleset{profile: p, fd: int(fd), files: files, ports: ports}
	defer func() { err = errors.Join(err, unix.Close(s.fd)) }()
	if err := errors.Join(s.paths(p.Read, accessRead), s.paths(p.Write, accessWrite), s.paths(p.Run, accessRun), s.net(p.Net)); err != nil {
		return nil, err
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(s.fd), 0, 0); errno != 0 {
		return nil, fmt.Errorf("a Landlock ruleset is not taken: %w", errno)
	}
	return s.absent, nil
}

// paths grants rights below paths.
func (s *ruleset) paths(paths []string, access uint64) error {
	var faults []error
	for _, path := range paths {
		if planted(path, s.profile.writable(path)) {
			s.absent = append(s.absent, path+" (by a link that it could change)")
			continue
		}
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
			s.absent = append(s.absent, path)
			continue
		}
		if err == nil {
			err = errors.Join(s.beneath(fd, access), unix.Close(fd))
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", path, err))
		}
	}
	return errors.Join(faults...)
}

// beneath grants rights to what is open, and to all below it.
func (s *ruleset) beneath(fd int, access uint64) error {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &= accessFile
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access & s.files, Parent_fd: int32(fd)}
	return s.add(unix.LANDLOCK_RULE_PATH_BENEATH, unsafe.Pointer(&rule)) //nolint:gosec // as above
}

// net grants ports.
func (s *ruleset) net(n Net) error {
	const port = 2 // LANDLOCK_RULE_NET_PORT
	if s.ports == 0 {
		return nil
	}
	rights := map[uint16]uint64{}
	for _, number := range n.Connect {
		rights[number] |= unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	for _, number := range n.Listen {
		rights[number] |= unix.LANDLOCK_ACCESS_NET_BIND_TCP
	}
	if n.udp() {
		rights[DNS] |= unix.LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP
		rights[0] |= unix.LANDLOCK_ACCESS_NET_BIND_UDP // who sends is bound to a port that the system chooses
	}
	var faults []error
	for number, access := range rights {
		rule := struct{ access, port uint64 }{access & s.ports, uint64(number)}
		if rule.access != 0 {
			faults = append(faults, s.add(port, unsafe.Pointer(&rule))) //nolint:gosec // as above
		}
	}
	return errors.Join(faults...)
}

func (s *ruleset) add(kind uintptr, rule unsafe.Pointer) error {
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(s.fd), kind, uintptr(rule), 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}
