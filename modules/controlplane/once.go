package controlplane

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// maxKept is the largest answer that is kept for a repeated idempotency key.
const maxKept = 256 << 10

// Once remembers what was done under an idempotency key, so that a request that is sent again is not done again.
type Once struct {
	store state.Backend
	keep  time.Duration
}

// NewOnce returns a memory over a backend, which the caller owns; each key is remembered for keep.
func NewOnce(store state.Backend, keep time.Duration) *Once { return &Once{store: store, keep: keep} }

// attempt is what is stored under a key.
type attempt struct {
	Digest string          `json:"digest"`           // of what was asked
	Call   string          `json:"call"`             // the call that did it
	Done   bool            `json:"done"`             // it came to an end
	Answer json.RawMessage `json:"answer,omitempty"` // nil when it was too large to keep
}

// A Claimed is a key that was claimed for one call; the call must be ended with Finish.
type Claimed struct {
	once    *Once
	key     string
	version state.Version
	attempt attempt
}

// Claim claims a key for a call. If the same thing was done under it before, the kept answer comes back instead and
// nothing is claimed. A key that was used for something else, or that is being used, is a Conflict: so is one whose
// process ended in the middle, because nobody knows how far it came.
func (o *Once) Claim(ctx context.Context, identity, name, call string, asked []byte) (*Claimed, json.RawMessage, error) {
	if len(name) > 128 {
		return nil, nil, faultf(Invalid, "idempotency_key has more than 128 bytes")
	}
	sum := sha256.Sum256([]byte(name))
	digest := sha256.Sum256(asked)
	c := &Claimed{
		once: o, key: "once-" + treeOf(identity) + "/" + hex.EncodeToString(sum[:]),
		attempt: attempt{Digest: hex.EncodeToString(digest[:]), Call: call},
	}
	value, err := json.Marshal(c.attempt)
	if err != nil {
		return nil, nil, err
	}
	var none state.Version
	c.version, err = o.store.CompareAndSwap(ctx, c.key, none, value, o.keep)
	switch {
	case err == nil:
		return c, nil, nil
	case !errors.Is(err, state.ErrConflict):
		return nil, nil, err
	}
	answer, err := o.recall(ctx, c)
	return nil, answer, err
}

func (o *Once) recall(ctx context.Context, c *Claimed) (json.RawMessage, error) {
	item, err := o.store.Get(ctx, c.key)
	if err != nil {
		return nil, faultf(Conflict, "idempotency_key is being used: try again")
	}
	var before attempt
	if err := json.Unmarshal(item.Value, &before); err != nil {
		return nil, err
	}
	switch {
	case before.Digest != c.attempt.Digest:
		return nil, faultf(Conflict, "idempotency_key was used for another request (call %s): choose a new one", before.Call)
	case !before.Done:
		return nil, faultf(Conflict, "call %s with this idempotency_key is running, or ended without an answer: look at what it did before you choose a new key", before.Call)
	case before.Answer == nil:
		return nil, faultf(Conflict, "call %s did this already; its answer was too large to keep", before.Call)
	default:
		return before.Answer, nil
	}
}

// Finish keeps the answer. When nothing was done, done is false and the key is free again.
func (c *Claimed) Finish(ctx context.Context, done bool, answer json.RawMessage) error {
	ctx = context.WithoutCancel(ctx) // what was done must be remembered even if the caller has gone
	if !done {
		_, err := c.once.store.CompareAndSwap(ctx, c.key, c.version, nil, 0)
		return err
	}
	c.attempt.Done = true
	if len(answer) <= maxKept {
		c.attempt.Answer = answer
	}
	value, err := json.Marshal(c.attempt)
	if err != nil {
		return err
	}
	_, err = c.once.store.CompareAndSwap(ctx, c.key, c.version, value, c.once.keep)
	return err
}
