//go:build !unix

package controlplane_test

import "errors"

func mkfifo(string) error { return errors.ErrUnsupported }
