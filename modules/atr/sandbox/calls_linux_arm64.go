package sandbox

import "golang.org/x/sys/unix"

const (
	auditArch = unix.AUDIT_ARCH_AARCH64
	otherABI  = 0 // there is none
)

// ownNumbers are the calls of this architecture that others do not have.
func ownNumbers() map[string]uint32 { return map[string]uint32{} }

// forks are the calls that only make processes.
func forks() []uint32 { return nil }

// modes are the calls that set the mode of a file, and which argument that is.
func modes() map[uint32]int {
	return map[uint32]int{unix.SYS_FCHMOD: 1, unix.SYS_FCHMODAT: 2, unix.SYS_FCHMODAT2: 2}
}
