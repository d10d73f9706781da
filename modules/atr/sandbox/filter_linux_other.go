//go:build linux && !amd64 && !arm64

package sandbox

import (
	"errors"
	"runtime"
)

// filterable says that there is no filter.
func filterable() error { return filter(nil) }

// filter says that there is none.
func filter(*Profile) error {
	return errors.New("system calls are not filtered on " + runtime.GOARCH)
}
