package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A connection sends requests to a server.
type connection interface {
	// run sends what the phase hands out until there is no more, and counts what comes of it.
	run(ctx context.Context, p *phase)
	// usable reports why no further request can be sent.
	usable() error
	// close ends the connection.
	close(ctx context.Context)
}

// A bench is a server under load: its processes, where they are ours, and the connections to it.
type bench struct {
	target      *Target
	load        *Load
	mix         *mix
	processes   []*process
	connections []connection
	who         string        // what the server calls itself
	first       time.Duration // from the start of the process to its first answer
}

// Run starts the server if it is a command, sends it the load, ends it, and reports. Answers that are errors and
// connections that break are part of the report; an error means that there is nothing to report: the options are wrong,
// the server does not start, or does not take part in the handshake.
func Run(ctx context.Context, t Target, l Load) (r Report, err error) {
	if err := errors.Join(t.validate(), l.fill(t.overHTTP())); err != nil {
		return Report{}, err
	}
	b := &bench{target: &t, load: &l}
	defer func() { err = errors.Join(err, b.close(ctx)) }()
	if b.mix, err = newMix(l.Calls, l.Era, l.Seed); err != nil {
		return Report{}, err
	}
	if err := b.open(ctx); err != nil {
		return Report{}, fmt.Errorf("%s: %w", t.name(), err)
	}
	return b.measure(ctx)
}

// open starts the server and connects to it.
func (b *bench) open(ctx context.Context) error {
	if b.target.overHTTP() {
		return b.openHTTP(ctx)
	}
	for range b.load.Connections {
		if err := b.openStdio(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) openStdio(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, b.load.Timeout)
	defer cancel()
	began := time.Now()
	var w wire
	if b.target.Dial != nil {
		dialled, err := b.target.Dial(ctx)
		if err != nil {
			return err
		}
		w = dialled
	} else {
		p, err := startProcess(b.target)
		if err != nil {
			return err
		}
		b.processes = append(b.processes, p)
		began, w = p.began, p
	}
	s, who, err := openWire(ctx, b.load, w)
	if err != nil {
		return err
	}
	b.opened(s, who, began)
	return nil
}

// opened notes a connection that has been greeted.
func (b *bench) opened(c connection, who string, began time.Time) {
	if len(b.connections) == 0 {
		b.who, b.first = who, time.Since(began)
	}
	b.connections = append(b.connections, c)
}

func (b *bench) openHTTP(ctx context.Context) error {
	began := time.Now()
	endpoint, err := b.endpoint(ctx)
	if err != nil {
		return err
	}
	client, err := newWebClient(b.target, b.load, b.mix, endpoint)
	if err != nil {
		return err
	}
	if err := b.ready(ctx, client); err != nil {
		return err
	}
	for range b.load.Connections {
		w, who, err := openWeb(ctx, client)
		if err != nil {
			return err
		}
		b.opened(w, who, began)
	}
	return nil
}

// endpoint starts the server if it is a command and returns where it is.
func (b *bench) endpoint(ctx context.Context) (string, error) {
	if len(b.target.Command) == 0 {
		return b.target.URL, nil
	}
	p, err := startProcess(b.target)
	if err != nil {
		return "", err
	}
	b.processes = append(b.processes, p)
	if b.target.ReadyURL == nil {
		return b.target.URL, nil
	}
	return p.url(ctx, b.load.Timeout)
}

// ready waits until the server that was started accepts connections.
func (b *bench) ready(ctx context.Context, c *webClient) error {
	if len(b.processes) == 0 {
		return nil
	}
	p := b.processes[0]
	ctx, cancel := context.WithTimeout(ctx, b.load.Timeout)
	defer cancel()
	for {
		wire, err := c.dial(ctx)
		if err == nil {
			return wire.Close()
		}
		select {
		case <-p.exited:
			return fmt.Errorf("the server ended before it accepted a connection%s", p.printed)
		default:
		}
		if !sleep(ctx, 2*time.Millisecond) {
			return fmt.Errorf("the server accepted no connection: %w%s", err, p.printed)
		}
	}
}

// measure warms the server up and measures it.
func (b *bench) measure(ctx context.Context) (Report, error) {
	if b.load.Warmup != (Span{}) {
		b.run(ctx, b.load.Warmup)
	}
	for _, c := range b.connections {
		if err := c.usable(); err != nil {
			return Report{}, fmt.Errorf("%s: during the warm-up: %w", b.target.name(), err)
		}
	}
	before, own := readUsage(b.pids()), ownCPU()
	p := b.run(ctx, b.load.Measure)
	own = ownCPU() - own
	u := readUsage(b.pids())
	u.CPU = max(0, u.CPU-before.CPU)
	return b.report(p, u, own), ctx.Err()
}

// run carries a phase out on all connections.
func (b *bench) run(ctx context.Context, span Span) *phase {
	p := &phase{mix: b.mix, span: span, rate: b.load.Rate, sleep: b.load.Sleep, turn: make(chan struct{}, 1), began: time.Now()}
	var all sync.WaitGroup
	for _, c := range b.connections {
		all.Go(func() { c.run(ctx, p) })
	}
	all.Wait()
	return p
}

// pids are the processes that serve, as far as they are known.
func (b *bench) pids() []int {
	var pids []int
	for _, p := range b.processes {
		pids = append(pids, p.cmd.Process.Pid)
	}
	if b.target.PID != 0 {
		pids = append(pids, b.target.PID)
	}
	return pids
}

// close ends connections and processes, all at once: each may take its time.
func (b *bench) close(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var all sync.WaitGroup
	for _, c := range b.connections {
		all.Go(func() { c.close(ctx) })
	}
	all.Wait()
	faults := make([]error, len(b.processes))
	for i, p := range b.processes {
		all.Go(func() { faults[i] = p.end() })
	}
	all.Wait()
	return errors.Join(faults...)
}
