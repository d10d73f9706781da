package controlplane_test

import (
	"context"
	"testing"
)

// contextWithCancel is a context of the test's that can end before it.
func contextWithCancel(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}
