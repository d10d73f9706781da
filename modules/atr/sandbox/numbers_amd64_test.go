//go:build linux

package sandbox_test

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// oldNumbers makes a system call as a 32 bit program does: mov $20 (getpid), %eax; int $0x80; ret.
func oldNumbers() error {
	code, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	copy(code, []byte{0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3})
	entry := unsafe.Pointer(&code[0])
	function := unsafe.Pointer(&entry)
	(*(*func())(unsafe.Pointer(&function)))()
	return nil
}
