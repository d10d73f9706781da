package otlp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
)

// tellEvery is how often faults and drops are told at most.
const tellEvery = time.Minute

// An Exporter sends what it is given, in a goroutine of its own. It is safe for concurrent use. Make it with New and end it
// with Close.
type Exporter struct {
	o     Options
	stop  context.CancelFunc
	ended chan struct{} // closed when the goroutine has ended
	last  chan context.Context
	full  chan struct{} // of one: a batch is there

	mu      sync.Mutex
	spans   []trace.Data
	records []Record
	counts  Counts
	closed  bool

	failing bool      // the last request could not be sent; the goroutine's
	fault   error     // the newest that was not told; the goroutine's
	told    time.Time // the goroutine's
	begun   time.Time
	since   uint64 // drops that were told
}

// Counts are what has become of spans and records since the beginning.
type Counts struct {
	Sent    uint64
	Dropped uint64 // there was no room, or the collector did not take them
	Waiting int
}

// New returns an exporter that runs, or every fault of the options.
func New(o Options) (*Exporter, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	e := &Exporter{
		o: o, stop: stop, ended: make(chan struct{}), last: make(chan context.Context, 1), full: make(chan struct{}, 1), begun: o.Now(),
	}
	go e.run(ctx)
	return e, nil
}

// Spans takes spans to be sent.
func (e *Exporter) Spans(all []trace.Data) {
	e.mu.Lock()
	room := e.room(len(e.spans))
	e.spans = append(e.spans, all[:min(room, len(all))]...)
	e.counts.Dropped += uint64(max(0, len(all)-room))
	enough := len(e.spans) >= maxBatch
	e.mu.Unlock()
	e.wake(enough)
}

// Log takes a record to be sent.
func (e *Exporter) Log(r Record) {
	e.mu.Lock()
	if e.room(len(e.records)) > 0 {
		e.records = append(e.records, r)
	} else {
		e.counts.Dropped++
	}
	enough := len(e.records) >= maxBatch
	e.mu.Unlock()
	e.wake(enough)
}

// room is for how many more there is room where so many wait. The lock is held.
func (e *Exporter) room(waiting int) int {
	if e.closed {
		return 0
	}
	return e.o.Queue - waiting
}

func (e *Exporter) wake(enough bool) {
	if !enough {
		return
	}
	select {
	case e.full <- struct{}{}:
	default:
	}
}

// Counts returns what has become of spans and records.
func (e *Exporter) Counts() Counts {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.counts
	c.Waiting = len(e.spans) + len(e.records)
	return c
}

// Close sends what there is, until ctx ends, and ends. What is handed over later is dropped. The error says how much was lost
// meanwhile. It may be called more than once.
func (e *Exporter) Close(ctx context.Context) error {
	e.mu.Lock()
	again := e.closed
	e.closed = true
	e.mu.Unlock()
	if !again {
		e.last <- ctx
		release := context.AfterFunc(ctx, e.stop) // a request that is under way ends too
		defer release()
	}
	<-e.ended
	e.stop()
	if left := e.Counts().Waiting; left > 0 && !again {
		return fmt.Errorf("%d spans and records could not be sent before the end: %w", left, errors.Join(ctx.Err(), e.fault))
	}
	return nil
}

func (e *Exporter) run(ctx context.Context) {
	defer close(e.ended)
	tick, meter := time.NewTicker(e.o.Every), time.NewTicker(e.o.Metering)
	defer tick.Stop()
	defer meter.Stop()
	for {
		select {
		case last := <-e.last:
			e.flush(ctx, last)
			return
		case <-ctx.Done():
			return
		case <-e.full:
			if e.failing { // it is asked again at the next tick, not with every batch
				continue
			}
		case <-tick.C:
		case <-meter.C:
			e.note(e.meter(ctx))
		}
		e.drain(ctx)
		e.tell()
	}
}

// flush sends all there is, once.
func (e *Exporter) flush(ctx, last context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(last, cancel)()
	e.note(e.meter(ctx))
	e.drain(ctx)
}

// drain sends batches until nothing is left or one cannot be sent. What cannot be sent now waits, as long as there is room.
func (e *Exporter) drain(ctx context.Context) {
	for ctx.Err() == nil {
		spans, records := e.batch()
		if len(spans)+len(records) == 0 {
			return
		}
		var done [2]bool
		done[0] = len(spans) == 0 || e.sent(ctx, "/v1/traces", e.traces(spans), len(spans))
		done[1] = len(records) == 0 || e.sent(ctx, "/v1/logs", e.logs(records), len(records))
		e.mu.Lock()
		if done[0] {
			e.spans = append(e.spans[:0:0], e.spans[len(spans):]...)
		}
		if done[1] {
			e.records = append(e.records[:0:0], e.records[len(records):]...)
		}
		e.mu.Unlock()
		if e.failing = !done[0] || !done[1]; e.failing {
			return
		}
	}
}

// batch are the oldest that wait. They stay where they are until they were sent; nobody else takes any away.
func (e *Exporter) batch() ([]trace.Data, []Record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.spans[:min(len(e.spans), maxBatch)], e.records[:min(len(e.records), maxBatch)]
}

// sent sends a request of so many spans or records, and reports whether they are done with: taken, or refused for good.
func (e *Exporter) sent(ctx context.Context, path string, body []byte, n int) bool {
	rejected, err := e.post(ctx, path, body)
	e.note(err)
	if _, later := errors.AsType[*laterError](err); later {
		return false
	}
	if err != nil {
		rejected = n
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	rejected = min(rejected, n)
	e.counts.Dropped += uint64(rejected)
	e.counts.Sent += uint64(n - rejected)
	return true
}

func (e *Exporter) note(err error) {
	if err != nil {
		e.fault = err
	}
}

// tell says what went wrong, unless it has been said a moment ago.
func (e *Exporter) tell() {
	dropped := e.Counts().Dropped
	now := e.o.Now()
	if e.fault == nil && dropped == e.since || !e.told.IsZero() && now.Sub(e.told) < tellEvery {
		return
	}
	err := e.fault
	if lost := dropped - e.since; lost > 0 {
		err = errors.Join(err, fmt.Errorf("%d spans and records were dropped", lost))
	}
	e.fault, e.told, e.since = nil, now, dropped
	e.o.OnFault(fmt.Errorf("OTLP: %w", err))
}
