package sandbox

import "golang.org/x/sys/unix"

const (
	auditArch = unix.AUDIT_ARCH_X86_64
	// otherABI is the bit of the calls with 32 bit pointers, whose numbers are others.
	otherABI = 0x40000000
)

// ownNumbers are the calls of this architecture that others do not have.
func ownNumbers() map[string]uint32 {
	return map[string]uint32{
		"chown": unix.SYS_CHOWN, "lchown": unix.SYS_LCHOWN, "create_module": unix.SYS_CREATE_MODULE,
		"query_module": unix.SYS_QUERY_MODULE, "get_kernel_syms": unix.SYS_GET_KERNEL_SYMS, "iopl": unix.SYS_IOPL,
		"ioperm": unix.SYS_IOPERM, "modify_ldt": unix.SYS_MODIFY_LDT, "uselib": unix.SYS_USELIB, "sysfs": unix.SYS_SYSFS,
		"_sysctl": unix.SYS__SYSCTL,
	}
}

// forks are the calls that only make processes.
func forks() []uint32 { return []uint32{unix.SYS_FORK, unix.SYS_VFORK} }

// modes are the calls that set the mode of a file, and which argument that is.
func modes() map[uint32]int {
	return map[uint32]int{unix.SYS_CHMOD: 1, unix.SYS_FCHMOD: 1, unix.SYS_FCHMODAT: 2, unix.SYS_FCHMODAT2: 2}
}
