// Package sandbox runs programs with no more rights than they were given. A Profile says which files a program may read,
// change and start, which addresses it may reach and how much it may use; on Linux the system holds it to that, by Landlock,
// a filter of system calls, resource limits and the bit that no new privileges are gained. What a system cannot enforce is
// told in a Report, and never passed over: a Profile can require that nothing is missing.
//
// A program that runs cannot be confined from outside, so our own executable is started again, as a launcher: it takes an
// order over a descriptor, gives up what the profile does not grant, reports, and becomes the program. Programs that use
// Run call Launch before anything else.
//
// What is confined is what a program reaches, not what it thinks: the code of whatever it may read can run in it, with the
// same rights as the rest of it. Landlock knows no rules for the mode, the times and the existence of files.
package sandbox
