//go:build !unix

package controlplane

// openNonblocking does nothing where files cannot become pipes.
const openNonblocking = 0
