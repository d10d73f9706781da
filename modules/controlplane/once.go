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

// How a request that was sent again waits for the one before it.
const (
	onceWait  = 20 * time.Second       // at most
	onceFirst = 20 * time.Millisecond  // between two looks, doubling
	onceMost  = 500 * time.Millisecond // as far as this
)

// Once remembers what was done under an idempotency key, so that a request that is sent again is not done again, whichever
// of several kernels on the same state it is sent to.
type Once struct {
	store   state.Backend
	keep    time.Duration
	longest time.Duration
	now     func() time.Time
}

// NewOnce returns a memory over a backend, which the caller owns; each key is remembered for keep. longest is how long a call may
// run: after that one that has not ended never will.
func NewOnce(store state.Backend, keep, longest time.Duration, now func() time.Time) *Once {
	return &Once{store: store, keep: keep, longest: longest, now: now}
}

// attempt is what is stored under a key.
type attempt struct {
	Digest string          `json:"digest"`           // of what was asked
	Call   string          `json:"call"`             // the call that does it
	Until  time.Time       `json:"until"`            // by when it has come to an end, or never will
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
// nothing is claimed; if it is being done, Claim waits for it, for 20 seconds at most. A key that was used for something else is
// a Conflict, and so is one whose call is still running then, or whose process ended in the middle, because nobody knows how far
// that came.
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
	wait, cancel := context.WithTimeout(ctx, onceWait)
	defer cancel()
	for pause := onceFirst; ; pause = min(2*pause, onceMost) {
		c.attempt.Until = o.now().Add(o.longest).UTC()
		value, err := json.Marshal(c.attempt)
		if err != nil {
			return nil, nil, err
		}
		c.version, err = o.store.CompareAndSwap(ctx, c.key, 0, value, o.keep)
		switch {
		case err == nil:
			return c, nil, nil
		case !errors.Is(err, state.ErrConflict):
			return nil, nil, err
		}
		answer, running, err := o.recall(ctx, c)
		if running == "" {
			return nil, answer, err
		}
		select {
		case <-wait.Done():
			return nil, nil, faultf(Conflict, "call %s with this idempotency_key is still running: send the same again later for its answer", running)
		case <-time.After(pause):
		}
	}
}

// recall returns the answer that is kept, or why there is none, or the call that is running.
func (o *Once) recall(ctx context.Context, c *Claimed) (answer json.RawMessage, running string, err error) {
	item, err := o.store.Get(ctx, c.key)
	if errors.Is(err, state.ErrNotFound) {
		return nil, "that did nothing", nil // the key is free again
	}
	if err != nil {
		return nil, "", err
	}
	var before attempt
	if err := json.Unmarshal(item.Value, &before); err != nil {
		return nil, "", err
	}
	switch {
	case before.Digest != c.attempt.Digest:
		err = faultf(Conflict, "idempotency_key was used for another request (call %s): choose a new one", before.Call)
	case !before.Done && o.now().Before(before.Until):
		running = before.Call
	case !before.Done:
		err = faultf(Conflict, "call %s with this idempotency_key ended without an answer: look at what it did before you choose a new key", before.Call)
	case before.Answer == nil:
		err = faultf(Conflict, "call %s did this already; its answer was too large to keep", before.Call)
	default:
		answer = before.Answer
	}
	return answer, running, err
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
