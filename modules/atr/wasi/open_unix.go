//go:build unix

package wasi

import "syscall"

// openNonblocking keeps an open from waiting for the other end, should a file have become a pipe since it was looked at.
const openNonblocking = syscall.O_NONBLOCK
