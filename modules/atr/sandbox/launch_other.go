//go:build !linux

package sandbox

import (
	"fmt"
	"os/exec"
)

// Launch returns: there are no launchers here.
func Launch([]string) {}

// A Launcher is none: there is nothing that it could enforce.
type Launcher struct{ report Report }

// Prepare leaves the command as it is. The error wraps ErrLacking where the profile requires anything.
func Prepare(_ *exec.Cmd, p *Profile) (*Launcher, error) {
	r, err := Enforce(p)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return &Launcher{r}, nil
}

// Report returns what was not enforced.
func (l *Launcher) Report() (Report, error) { return l.report, nil }

// Close does nothing.
func (*Launcher) Close() {}
