// Package wasi makes tools of WebAssembly modules that want nothing of a system but WASI preview 1. Each call runs in an
// instance of its own, which has the arguments as standard input, bounded memory, bounded output and bounded time, and of
// files what is mounted: no network, no environment, no other program. Nothing is compiled before it is first called.
package wasi
