package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Why a note was not told.
var (
	ErrTooLong = errors.New("longer than a note can be")
	ErrBusy    = errors.New("too many notes wait to be told")
	ErrClosed  = errors.New("this member has left")
)

// A Store is the state that members share.
type Store interface {
	state.Backend
	state.Log
}

// Options configure a Member. Store and ID are required; the rest has a default.
type Options struct {
	Store   Store            // belongs to the caller
	ID      string           // of this process and no other one, ever; at most 64 bytes of ASCII
	Now     func() time.Time // nil is time.Now
	OnFault func(error)      // told of what no caller is, once until all is well again; nil drops it

	Beat time.Duration // between two signs of life; default 1 second
	Dead time.Duration // without a sign of life after which a member has died; default five beats
}

// What members agree on.
const (
	stream    = "fleet/notes"
	keepNotes = 4096     // notes that the stream holds
	keepBytes = 64 << 20 // bytes that it holds, about
	keepOwn   = 8 << 20  // bytes of notes that a member remembers
	queue     = 1024     // notes that wait to be appended
	patience  = 5 * time.Second
	again     = 250 * time.Millisecond // after which a stream that broke is followed again
)

func (o *Options) fill() error {
	var faults []error
	if o.Store == nil {
		faults = append(faults, errors.New("fleet: options need a Store"))
	}
	if o.ID == "" || len(o.ID) > 64 {
		faults = append(faults, errors.New("fleet: options need an ID of at most 64 bytes"))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnFault == nil {
		o.OnFault = func(error) {}
	}
	if o.Beat == 0 {
		o.Beat = time.Second
	}
	if o.Dead == 0 {
		o.Dead = 5 * o.Beat
	}
	if o.Beat < 0 || o.Dead < 2*o.Beat {
		faults = append(faults, fmt.Errorf("fleet: dead after %v, with signs of life every %v", o.Dead, o.Beat))
	}
	return errors.Join(faults...)
}

// A Member is this process among those that share its state. It is safe for concurrent use. A nil Member is alone: nobody
// hears it.
type Member struct {
	opts   Options
	stop   context.CancelFunc // ends following
	out    chan outgoing
	leave  chan struct{} // closed when nothing more is taken
	group  sync.WaitGroup
	wrote  sync.WaitGroup // the writer alone
	lost   error          // the writer's own: why nothing is told any more
	recent recent         // the follower's own
	kept   window         // the follower's own

	mu      sync.Mutex
	closed  bool
	handle  func(Note)
	alive   alive
	faulty  bool
	secrets map[string]*secret // by name
}

// An outgoing note waits to be appended.
type outgoing struct {
	record []byte
	done   chan<- error // nil where nobody waits
	beat   uint64       // of a sign of life; 0 for other notes
}

// Join makes this process a member. It waits for nothing; until the stream has been read a member is not Current.
func Join(o Options) (*Member, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	m := &Member{opts: o, stop: stop, out: make(chan outgoing, queue), leave: make(chan struct{}), secrets: map[string]*secret{}}
	m.alive.seen = map[string]sign{}
	m.group.Go(func() { m.follow(ctx) })
	m.group.Go(m.beat)
	m.group.Go(func() { m.renewSecrets(ctx) })
	m.wrote.Go(m.write)
	return m, nil
}

// ID is by what other members know this one.
func (m *Member) ID() string {
	if m == nil {
		return ""
	}
	return m.opts.ID
}

// Store is the state that the members share.
func (m *Member) Store() Store { return m.opts.Store }

// Handle has every note that is for this member handed to f, one after the other, in their order, from a goroutine that the
// member owns. f replaces the one before, must not block, and is called no more once Close has returned.
func (m *Member) Handle(f func(Note)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.handle = f
}

// Post gives a note that nobody will miss, and reports whether it was taken. It does not block.
func (m *Member) Post(n Note) bool {
	n.From = m.opts.ID
	record, err := n.encode()
	return err == nil && m.put(outgoing{record: record}) == nil
}

// Tell gives a note, and returns when it stands in the stream: after all that this member gave before it.
func (m *Member) Tell(ctx context.Context, n Note) error {
	n.From = m.opts.ID
	record, err := n.encode()
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	if err := m.put(outgoing{record: record, done: done}); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (m *Member) put(o outgoing) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	select {
	case m.out <- o:
		return nil
	default:
		return ErrBusy
	}
}

// Close says good-bye to the others, and waits for what this member does.
func (m *Member) Close() error {
	m.mu.Lock()
	first := !m.closed
	m.closed = true
	m.mu.Unlock()
	if first {
		close(m.leave)
		n := Note{Kind: kindBye, From: m.opts.ID}
		if record, err := n.encode(); err == nil {
			m.out <- outgoing{record: record} // the writer takes it, whoever was before
		}
		close(m.out)
	}
	m.wrote.Wait()
	m.stop() // the follower, and who renews secrets
	m.group.Wait()
	return nil
}

// write appends what waits, as much at once as there is.
func (m *Member) write() {
	for first := range m.out {
		batch := []outgoing{first}
		size := len(first.record)
		for len(batch) < state.MaxBatch && size <= state.MaxBatchBytes-state.MaxValue {
			next, more := m.more()
			if !more {
				break
			}
			batch = append(batch, next)
			size += len(next.record)
		}
		m.append(batch)
	}
}

// more takes one more note, if one waits.
func (m *Member) more() (outgoing, bool) {
	select {
	case next, open := <-m.out:
		return next, open
	default:
		return outgoing{}, false
	}
}

func (m *Member) append(batch []outgoing) {
	records := make([][]byte, len(batch))
	for i, o := range batch {
		records[i] = o.record
		if o.beat > 0 {
			m.sent(o.beat)
		}
	}
	err := m.lost
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_, err = m.opts.Store.Append(ctx, stream, state.Tail, records...)
		m.fault(err, "tell")
	}
	select {
	case <-m.leave:
		m.lost = err // at the end one try is enough
	default:
	}
	for _, o := range batch {
		if o.done != nil {
			o.done <- err
		}
	}
}

// fault tells of the first of several faults in a row.
func (m *Member) fault(err error, what string) {
	m.mu.Lock()
	fresh := err != nil && !m.faulty && !m.closed
	m.faulty = err != nil
	m.mu.Unlock()
	if fresh {
		m.opts.OnFault(fmt.Errorf("%s other kernels that share the state: %w", what, err))
	}
}
