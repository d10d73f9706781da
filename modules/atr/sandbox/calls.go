package sandbox

import "strings"

// dangerous are the system calls that are refused. What they have in common: they look into other processes, change what
// others see of the system, reach files past their paths, take part in the kernel's own work, or have been a way into it
// again and again, or share memory and messages with whatever else the user runs; and an ordinary program needs none of them. clone3 is answered as a call that does not exist, so that
// programs use clone, whose flags a filter can see.
const dangerous = `
	ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp move_pages migrate_pages
	mount umount2 pivot_root chroot open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick mount_setattr
	unshare setns
	name_to_handle_at open_by_handle_at memfd_create memfd_secret fanotify_init quotactl quotactl_fd acct swapon swapoff
	chown lchown fchown fchownat setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat file_setattr
	kexec_load kexec_file_load init_module finit_module delete_module create_module query_module get_kernel_syms
	bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register
	keyctl add_key request_key
	shmget shmat shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl
	mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
	reboot sethostname setdomainname settimeofday clock_settime clock_adjtime adjtimex vhangup syslog lookup_dcookie nfsservctl
	iopl ioperm modify_ldt uselib sysfs _sysctl
`

// Dangerous returns the names of the system calls that are refused where a profile names none. Some are not on every
// architecture.
func Dangerous() []string { return strings.Fields(dangerous) }

// refused are the system calls that the profile refuses.
func (p *Profile) refused() []string {
	switch {
	case p.Refuse != nil:
		return p.Refuse
	case p.Open:
		return nil
	default:
		return Dangerous()
	}
}
