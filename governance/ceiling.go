package governance

import "time"

// CeilingName is what stands in the place of a policy's name where the kernel's own ceiling gave a value.
const CeilingName = "kernel ceiling"

// The ceiling's values where it says nothing itself.
const (
	DefaultMaxTokens = 1_000_000
	DefaultMaxCalls  = 10_000
	DefaultTimeout   = 5 * time.Minute
)

// A Ceiling bounds what any policy can allow, and is what holds where no policy sets a number. A field that is zero or
// negative has its default, so that the zero Ceiling is the default one.
type Ceiling struct {
	MaxTokens int64         // tokens per execution; DefaultMaxTokens
	MaxCalls  int64         // calls per execution; DefaultMaxCalls
	Timeout   time.Duration // of one handler; DefaultTimeout
}

// withDefaults returns the ceiling with every field set.
func (c Ceiling) withDefaults() Ceiling {
	if c.MaxTokens <= 0 {
		c.MaxTokens = DefaultMaxTokens
	}
	if c.MaxCalls <= 0 {
		c.MaxCalls = DefaultMaxCalls
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	return c
}
