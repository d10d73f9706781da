//go:build !linux

package bench

// describe adds what can be read on Linux only.
func (*Machine) describe() {}
