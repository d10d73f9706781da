//go:build !race

package detect_test

// raced says that the race detector runs, which allocates on its own.
const raced = false
