package tools

// Governed tells tests whether this build is.
func Governed() bool { return governed }
