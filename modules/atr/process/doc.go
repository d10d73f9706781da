// Package process runs programs that are not trusted to end when they are told: each in a group of its own, with an
// environment that has only what it was given, and with its standard error taken as lines. When it is stopped, it and all
// that it has started are gone, and when this process dies, so do they, as far as the system has a means for that.
// On Linux the environment has one variable more, MCP_KERNEL_CHILD, by which what has left the group is found again.
package process
