package inspect

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// Bounds of what Filter has in memory at once, beside one batch that is being read: batches for each worker, and bytes of
// input altogether. A single line longer than that is alone.
const (
	batchesPerWorker = 3
	bytesInFlight    = 32 << 20
)

// grace is how long a write that is under way may go on when the filter is told to stop: an output that is taken lets it
// end with a whole line, and one that nobody takes keeps nobody waiting.
const grace = 500 * time.Millisecond

// A Stream says more of one input.
type Stream struct {
	// Name is what Results with an error call the input; it may be empty.
	Name string
	// Bad is told of every line that could not be read or judged, in their order, by one goroutine; nil tells nobody.
	Bad func(line int, problem string)
}

// Filter judges the records of an input, one JSON object a line, and writes a line for each, in order and in whole lines.
// What cannot be read is answered by a line with an error, counted, and does not end it.
//
// It returns when the input ends, when the output fails, with that error, or when the context ends, with its error; what was
// written until then is whole. A Read that blocks is interrupted where the input has SetReadDeadline, as pipes and sockets
// have, and otherwise waited for: no goroutine is left behind.
func (i *Inspector) Filter(ctx context.Context, in io.Reader, out io.Writer, s Stream) (Summary, error) {
	window := batchesPerWorker * i.options.Workers
	f := &filter{
		inspector: i, stream: s, budget: newBudget(bytesInFlight),
		order: make(chan *batch, window), work: make(chan *batch, window), idle: make(chan *batch, window),
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	defer hurrying(ctx, out)()
	var crew sync.WaitGroup
	crew.Go(func() { f.fault = f.read(inner, newLines(in, i.options.MaxLine)) })
	for range i.options.Workers {
		crew.Go(func() { f.judge(inner) })
	}
	err := f.write(inner, out)
	cancel()
	if err != nil {
		defer interrupt(in)()
	}
	crew.Wait()
	if f.total.Classes == nil {
		f.total.Classes = []Class{}
	}
	switch {
	case ctx.Err() != nil:
		return f.total, ctx.Err()
	case err != nil:
		return f.total, fmt.Errorf("write: %w", err)
	case f.fault != nil:
		return f.total, fmt.Errorf("read: %w", f.fault)
	}
	return f.total, nil
}
