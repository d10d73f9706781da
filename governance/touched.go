package governance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Bounds of what is remembered of one principal.
const (
	maxTouches  = 256 // of agents and executions together; beyond that they are kept for the whole principal
	maxRetries  = 32  // of a write that others were faster with
	labelPrefix = "labels/"
)

// ErrLabelsBusy is returned when so many processes add labels of one principal at once that none could be added. It
// denies.
var ErrLabelsBusy = errors.New("labels: too many writers at once")

// Labels remember in a state.Backend what executions have touched. Nothing that a caller does takes a label away: not
// another session or process, not a restart, not giving up its agent's key or proving one. A label ends when it was not
// touched for a window, and one of an explicit execution not before that ends.
//
// What an agent touched is known to it and to its principal without an agent; what a principal touched without one, to
// all its agents. So no agent can leave its labels behind by being another.
type Labels struct {
	store  state.Backend
	window time.Duration
	now    func() time.Time
}

// NewLabels returns the labels that a backend holds. The window is how long a label stays at least, and not much longer
// than twice that; 0 is DefaultWindow. A nil now is time.Now.
func NewLabels(store state.Backend, window time.Duration, now func() time.Time) (*Labels, error) {
	switch {
	case store == nil:
		return nil, errors.New("labels: no backend to keep them in")
	case window < 0:
		return nil, errors.New("labels: the window must not be negative")
	case window == 0:
		window = DefaultWindow
	}
	if now == nil {
		now = time.Now
	}
	return &Labels{store: store, window: window, now: now}, nil
}

// A touch is one label, whose it is, and until when.
type touch struct {
	Label     string `json:"label"`
	Agent     string `json:"agent,omitempty"`     // empty for the principal itself
	Execution string `json:"execution,omitempty"` // empty for the implicit execution
	Until     int64  `json:"until"`               // Unix milliseconds
}

// same reports whether two touches are of one label in one place.
func (t touch) same(o touch) bool {
	return t.Label == o.Label && t.Agent == o.Agent && t.Execution == o.Execution
}

// labelKey is where the labels of a principal lie. The name of a principal may be anything, so it is digested.
func labelKey(c Caller) string {
	sum := sha256.Sum256([]byte(c.Principal))
	return labelPrefix + hex.EncodeToString(sum[:])
}

// Of implements LabelStore.
func (l *Labels) Of(ctx context.Context, c Caller, execution string) ([]string, error) {
	touches, _, err := l.read(ctx, c)
	return l.known(touches, c, execution), err
}

// read returns what is remembered of a principal, and its version.
func (l *Labels) read(ctx context.Context, c Caller) ([]touch, state.Version, error) {
	item, err := l.store.Get(ctx, labelKey(c))
	if errors.Is(err, state.ErrNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("labels: %w", err)
	}
	var touches []touch
	if err := json.Unmarshal(item.Value, &touches); err != nil {
		return nil, 0, fmt.Errorf("labels: what is stored cannot be read: %w", err)
	}
	return touches, item.Version, nil
}

// known returns the labels that hold for a caller in an execution, sorted.
func (l *Labels) known(touches []touch, c Caller, execution string) []string {
	var labels []string
	now := l.now().UnixMilli()
	for _, t := range touches {
		mine := t.Agent == "" || c.Agent == "" || t.Agent == c.Agent
		here := t.Execution == "" || t.Execution == execution
		if mine && here && t.Until > now {
			labels = append(labels, t.Label)
		}
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}

// Add implements LabelStore. What is there already is not written again before half of its time is over.
func (l *Labels) Add(ctx context.Context, c Caller, execution Execution, labels ...string) ([]string, error) {
	for range maxRetries {
		touches, version, err := l.read(ctx, c)
		if err != nil {
			return nil, err
		}
		added, changed := l.add(touches, c, execution, labels)
		if !changed {
			return l.known(touches, c, execution.Handle), nil
		}
		value, err := json.Marshal(added)
		if err != nil {
			return nil, fmt.Errorf("labels: %w", err)
		}
		_, err = l.store.CompareAndSwap(ctx, labelKey(c), version, value, l.ttl(added))
		switch {
		case err == nil:
			return l.known(added, c, execution.Handle), nil
		case !errors.Is(err, state.ErrConflict):
			return nil, fmt.Errorf("labels: %w", err)
		}
	}
	return nil, ErrLabelsBusy
}

// add returns the touches with the labels among them, those that are over left out, and whether that is a change.
func (l *Labels) add(touches []touch, c Caller, execution Execution, labels []string) ([]touch, bool) {
	now := l.now()
	kept := slices.DeleteFunc(slices.Clone(touches), func(t touch) bool { return t.Until <= now.UnixMilli() })
	changed := false
	for _, label := range labels {
		t := touch{Label: label, Agent: c.Agent, Until: now.Add(2 * l.window).UnixMilli()}
		kept, changed = put(kept, t, now.Add(l.window).UnixMilli(), changed)
		if execution.Handle == "" {
			continue
		}
		t.Execution = execution.Handle
		if end := execution.Expires.UnixMilli(); execution.Expires.IsZero() {
			t.Until = now.Add(state.MaxTTL / 2).UnixMilli()
		} else if end > t.Until {
			t.Until = end
		}
		kept, changed = put(kept, t, now.Add(l.window).UnixMilli(), changed)
	}
	return bounded(kept), changed
}

// put adds a touch, or makes the one that is there last longer when it would end before a time.
func put(touches []touch, t touch, before int64, changed bool) ([]touch, bool) {
	i := slices.IndexFunc(touches, t.same)
	switch {
	case i < 0:
		return append(touches, t), true
	case touches[i].Until < before && touches[i].Until < t.Until:
		touches[i].Until = t.Until
		return touches, true
	default:
		return touches, changed
	}
}

// bounded makes too many touches fewer: each label once, for the whole principal, as long as the longest of them. That
// narrows and never widens.
func bounded(touches []touch) []touch {
	if len(touches) <= maxTouches {
		return touches
	}
	var few []touch
	for _, t := range touches {
		t.Agent, t.Execution = "", ""
		if i := slices.IndexFunc(few, t.same); i >= 0 {
			few[i].Until = max(few[i].Until, t.Until)
		} else {
			few = append(few, t)
		}
	}
	return few
}

// ttl is how long the last of the touches holds.
func (l *Labels) ttl(touches []touch) time.Duration {
	last := int64(0)
	for _, t := range touches {
		last = max(last, t.Until)
	}
	return min(max(time.Second, time.UnixMilli(last).Sub(l.now())), state.MaxTTL)
}
