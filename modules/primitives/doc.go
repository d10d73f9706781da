// Package primitives holds what every other package would otherwise invent for itself: one canonical form of JSON
// (RFC 8785), one kind of id (UUIDv7, RFC 9562), one clock, one signer (Ed25519, C2SP signed notes) and one taxonomy of
// failures. It is layer 1 of the architecture, a plain library with no surface of its own, and imports nothing of this
// module.
package primitives
