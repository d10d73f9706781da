//go:build linux && !amd64

package sandbox_test

import "errors"

// oldNumbers says that there are none.
func oldNumbers() error { return errors.New("there are no other numbers here") }
