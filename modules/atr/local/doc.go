// Package local is what the tools have in common that the kernel runs itself, instead of another server: programs, operations
// of HTTP services, modules of WebAssembly. Each says what it is, what effects its operator says it has, and what lies
// behind it, down to the digests of files, so that it can be pinned; and each answers in one form.
package local
