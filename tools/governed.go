//go:build !twin

package tools

import "context"

// governed says that in this build there is no way to a handler but through the gate and the journal.
const governed = true

// guard decides about the call and records the decision. Only after a nil return may anything run.
func (c *call) guard(ctx context.Context) *Error { return c.decide(ctx) }

// conclude reviews, settles and records the outcome. Only after a nil return may the answer leave.
func (c *call) conclude(ctx context.Context, e ending) (Result, *Error) { return c.close(ctx, e) }
