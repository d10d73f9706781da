//go:build !unix

package wasi

const openNonblocking = 0
