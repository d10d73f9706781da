package governance

import (
	"cmp"
	"container/list"
	"errors"
	"hash/maphash"
	"math"
	"sync"
)

// What holds where BaselineOptions say nothing.
const (
	DefaultMaxPairs  = 4096
	DefaultMaxBytes  = 8 << 20
	DefaultMaxSample = 16 << 10
	DefaultDrift     = 8 // calls of a window
)

// Bounds of one pair.
const (
	maxSamples = 16      // questions whose answers are remembered
	rawSample  = 4 << 10 // bytes up to which an answer is kept whole, when Compare or Shape is there to read it
)

// BaselineOptions bound Baselines and say how answers are compared. The zero value is ready.
type BaselineOptions struct {
	// Compare returns how far the contents of two JSON answers to the same question differ, 0 to 1. It is asked about
	// answers up to 4 KiB; larger ones, and those about which it errs, are compared as when it is nil: by their numbers,
	// as relative change, and their words, as a share, key by key, whatever the order of keys and entries.
	Compare func(before, after []byte) (float64, error)
	// Shape returns how far the forms of two JSON answers to different questions differ, 0 to 1, within the same bounds.
	// When it is nil, form is judged by the places at which there were values in answers before.
	Shape func(before, after []byte) (float64, error)

	MaxPairs  int // of agent and tool; the least recently used is forgotten; DefaultMaxPairs
	MaxBytes  int // of all that is remembered, about; DefaultMaxBytes
	MaxSample int // bytes of an answer that are read; DefaultMaxSample
	Window    int // calls after which what persists is normal; DefaultDrift
}

// Baselines know how each tool used to answer each agent, and find out when it does so no longer. They are safe for
// concurrent use and hold no text of an answer unless Compare or Shape needs it. What they know is lost with the
// process: after a start everything is normal at first. The nil pointer finds no drift.
type Baselines struct {
	options BaselineOptions
	seed    maphash.Seed
	readers sync.Pool

	mu    sync.Mutex
	pairs map[pairKey]*list.Element // of *pair
	used  list.List                 // most recently used first
	bytes int
}

type pairKey struct{ identity, tool string }

// NewBaselines returns Baselines that know nothing yet, or every fault of the options, joined.
func NewBaselines(o BaselineOptions) (*Baselines, error) {
	if min(o.MaxPairs, o.MaxBytes, o.MaxSample, o.Window) < 0 {
		return nil, errors.New("baselines: MaxPairs, MaxBytes, MaxSample and Window must not be negative")
	}
	o.MaxPairs = cmp.Or(o.MaxPairs, DefaultMaxPairs)
	o.MaxBytes = cmp.Or(o.MaxBytes, DefaultMaxBytes)
	o.MaxSample = cmp.Or(o.MaxSample, DefaultMaxSample)
	o.Window = cmp.Or(o.Window, DefaultDrift)
	b := &Baselines{options: o, seed: maphash.MakeSeed(), pairs: make(map[pairKey]*list.Element)}
	b.readers.New = func() any { return &reader{profiler: profiler{seed: b.seed}} }
	return b, nil
}

// Confidence returns 1 − drift of an answer, and takes it into the baseline of the identity and the tool. An answer to
// the same arguments as before is compared by content; what it is compared with is the answer before, and an alarm stays
// for a window of calls unless the answer goes back. A place whose value is another one time after time, such as a
// counter, stops counting as content. Every answer is compared in form and size with answers to whatever arguments; every
// call by whether it ended in an error. The first calls have confidence 1. A cancelled call, one that did not run and one
// that ended with a question say nothing of a tool and have confidence 1.
//
// Content says that an answer changed, not that it is wrong: a file that was edited in between has drifted too. That is
// why drift is announced and blocks nothing.
func (b *Baselines) Confidence(identity, tool string, args, result []byte, status Status) float64 {
	if b == nil || !status.Ran() || status == StatusCancelled || status == StatusInputRequired {
		return 1
	}
	r, ok := b.readers.Get().(*reader)
	if !ok {
		return 0
	}
	defer b.readers.Put(r)
	r.profiler.read(result, b.options.MaxSample)
	question := digest(b.seed, args)
	p := b.pair(pairKey{identity, tool})
	p.mu.Lock()
	drift := p.habit.failed(status != StatusOK, b.options.Window)
	if status == StatusOK {
		drift = max(drift, p.answer(&b.options, r, question, result))
	}
	grown := p.size() - p.bytes
	p.bytes += grown
	p.mu.Unlock()
	b.account(p, grown)
	return 1 - min(max(drift, 0), 1)
}

// pair returns what is known of an agent and a tool, as the most recently used.
func (b *Baselines) pair(key pairKey) *pair {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.pairs[key]; ok {
		b.used.MoveToFront(e)
		return e.Value.(*pair)
	}
	p := &pair{key: key}
	b.pairs[key] = b.used.PushFront(p)
	for len(b.pairs) > b.options.MaxPairs {
		b.forget()
	}
	return p
}

// account counts what a pair has grown by, and forgets the least recently used while there is too much.
func (b *Baselines) account(p *pair, grown int) {
	if grown == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.pairs[p.key]; !ok || e.Value != p {
		return // forgotten meanwhile
	}
	p.accounted += grown
	b.bytes += grown
	for b.bytes > b.options.MaxBytes && len(b.pairs) > 1 {
		b.forget()
	}
}

// forget drops the least recently used pair. The lock is held.
func (b *Baselines) forget() {
	e := b.used.Back()
	p := b.used.Remove(e).(*pair)
	delete(b.pairs, p.key)
	b.bytes -= p.accounted
}

// Len returns how many pairs of agent and tool are remembered.
func (b *Baselines) Len() int {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.pairs)
}

// within makes a share of what a foreign comparison returned; what is no number is as different as can be.
func within(drift float64) float64 {
	if math.IsNaN(drift) {
		return 1
	}
	return min(max(drift, 0), 1)
}
