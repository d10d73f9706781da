//go:build !linux

package sandbox

import "runtime"

// Foresee returns what could be enforced of a profile here, which is nothing.
func Foresee(p *Profile) Report {
	all := *p
	all.Required = false
	r, _ := Enforce(&all) // that it is faulty is told when it is used
	return r
}

// Enforce says what cannot be enforced here, which is all of it. The error wraps ErrLacking where the profile requires it.
func Enforce(p *Profile) (Report, error) {
	if err := p.Validate(); err != nil {
		return Report{}, err
	}
	r := Report{System: runtime.GOOS}
	if !p.Open {
		r.lacking("sandbox", "there is none on %s", runtime.GOOS)
	}
	if !p.Limits.Zero() {
		r.lacking("limits", "there are none on %s", runtime.GOOS)
	}
	return r, r.required(p)
}
