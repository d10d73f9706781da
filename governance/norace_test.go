//go:build !race

package governance_test

// raced says that the race detector runs, which allocates on its own.
const raced = false
