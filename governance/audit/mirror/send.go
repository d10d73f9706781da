package mirror

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// How a journal is sent.
const (
	pace     = 250 * time.Millisecond // between two looks at the journal
	speak    = silence / 4            // between two signs of life
	patience = 10 * time.Second       // for one piece of work, and for the last one at Close
	batch    = 1 << 20                // bytes of lines sent at once
)

// A Journal is what a Sender reads. *audit.Journal is one.
type Journal interface {
	Lines(ctx context.Context, from uint64) iter.Seq2[audit.Line, error]
	Head() audit.Checkpoint
	Sign(ctx context.Context) (audit.Checkpoint, error)
	SignedHead(keys ...*primitives.Verifier) (audit.Checkpoint, error)
}

// Options say what is sent. Store, Journal and Signer are required.
type Options struct {
	Store   Store
	Journal Journal
	Signer  *primitives.Signer // of the journal's heads

	Name    string           // of the replica, for people
	Version string           // of the program
	Keep    uint64           // lines that stay in the stream; 0 keeps all
	Now     func() time.Time // the clock: time.Now
	Fault   func(error)      // told that sending fails, once until it works again; may be nil
}

// A Sender brings a journal to the stream of its replica. Several processes of one data directory may each have one: they take
// turns without knowing of each other.
type Sender struct {
	o    Options
	stop context.CancelFunc
	done sync.WaitGroup

	// The goroutine's own, and Close's after it.
	self    Replica
	at      state.Seq // of the stream's end, as far as it is known
	known   bool
	next    uint64 // line to be sent
	spoke   time.Time
	faulty  bool
	trimmed uint64
}

// Start begins to send, until Close.
func Start(o Options) (*Sender, error) {
	var faults []error
	if o.Store == nil {
		faults = append(faults, errors.New("mirror: no Store: say where journals are sent"))
	}
	if o.Journal == nil || o.Signer == nil {
		faults = append(faults, errors.New("mirror: no Journal or Signer: say what is sent"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Fault == nil {
		o.Fault = func(error) {}
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Sender{o: o, stop: stop}
	s.self = Replica{ID: ID(o.Signer), Name: o.Name, Version: o.Version, Began: o.Now().UTC()}
	s.done.Go(func() { s.run(ctx) })
	return s, nil
}

// Close sends what is left, with the head signed over all of it, and takes leave. It must come before the journal and the state
// are closed, and takes ten seconds at most.
func (s *Sender) Close() error {
	s.stop()
	s.done.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s.self.Ended = true
	_, err := s.o.Journal.Sign(ctx)
	for err == nil {
		if err = s.send(ctx); errors.Is(err, state.ErrConflict) {
			err = nil // what the other process did not send
			continue
		}
		break
	}
	if err == nil {
		err = s.announce(ctx)
	}
	if err != nil {
		return fmt.Errorf("mirror: the last entries were not sent: %w", err)
	}
	return nil
}

func (s *Sender) run(ctx context.Context) {
	ticks := time.NewTicker(pace)
	defer ticks.Stop()
	for {
		s.tell(ctx, s.work(ctx))
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// tell tells of a fault that was not told yet.
func (s *Sender) tell(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	if err != nil && !s.faulty {
		s.o.Fault(fmt.Errorf("mirror: %w", err))
	}
	s.faulty = err != nil
}

// work sends what there is, and says so.
func (s *Sender) work(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sent := s.self.Entries
	if err := s.send(ctx); err != nil && !errors.Is(err, state.ErrConflict) { // another process was faster, and may do it
		return err
	}
	if now := s.o.Now(); s.self.Entries != sent || now.Sub(s.spoke) >= speak || now.Before(s.spoke) {
		return s.announce(ctx)
	}
	return nil
}

// send brings the lines that are new to the stream.
func (s *Sender) send(ctx context.Context) error {
	if err := s.orient(ctx); err != nil {
		return err
	}
	var records [][]byte
	size := 0
	flush := func() error {
		err := s.append(ctx, records)
		records, size = records[:0], 0
		return err
	}
	if s.o.Journal.Head().Size < s.next {
		return nil
	}
	for line, err := range s.o.Journal.Lines(ctx, s.next) {
		if err != nil {
			return err
		}
		if line.Seq != s.next {
			return fmt.Errorf("entry %d is to be sent next, and the journal begins with %d: without it nobody can check what comes after", s.next, line.Seq)
		}
		for _, r := range frame(line.Seq, line.Raw) {
			if len(records) == state.MaxBatch || size+len(r) > max(batch, len(r)) {
				if err := flush(); err != nil {
					return err
				}
			}
			records, size = append(records, r), size+len(r)
		}
		s.next = line.Seq + 1
	}
	if err := flush(); err != nil {
		return err
	}
	s.self.Entries = s.next - 1
	return s.trim(ctx)
}

// orient finds out where the stream ends and which line comes next, when that is not known: at first, and after another
// process of the same data directory has sent some.
func (s *Sender) orient(ctx context.Context) error {
	if s.known {
		return nil
	}
	stream := streams + s.self.ID
	last, err := s.o.Store.Last(ctx, stream)
	if err != nil {
		return err
	}
	s.at, s.next = last, 1
	if last > 0 {
		for r, err := range s.o.Store.Read(ctx, stream, last) {
			if err != nil {
				return err
			}
			if len(r.Value) < header {
				return errFrame
			}
			if s.next = binary.BigEndian.Uint64(r.Value[1:]); r.Value[0]&ends != 0 {
				s.next++
			}
			s.at = r.Seq
		}
		if s.next == 1 {
			return errors.New("the stream was emptied: name the replica anew by a new data directory, or restore the stream")
		}
	}
	s.known, s.self.Entries = true, s.next-1
	return nil
}

func (s *Sender) append(ctx context.Context, records [][]byte) error {
	if len(records) == 0 {
		return nil
	}
	at, err := s.o.Store.Append(ctx, streams+s.self.ID, s.at, records...)
	if err != nil {
		s.known = false // nor is it known whether they are there
		return err
	}
	s.at = at
	return nil
}

// trim removes the lines that are not to stay, some thousands at a time.
func (s *Sender) trim(ctx context.Context) error {
	const atOnce = 4096
	if s.o.Keep == 0 || uint64(s.at) < s.o.Keep+s.trimmed+atOnce {
		return nil
	}
	before := uint64(s.at) - s.o.Keep
	if err := s.o.Store.Trim(ctx, streams+s.self.ID, state.Seq(before)); err != nil {
		return err
	}
	s.trimmed = before
	return nil
}

// announce says who the replica is and how far it has come.
func (s *Sender) announce(ctx context.Context) error {
	signer := s.o.Signer
	s.self.Key, s.self.Retired = signer.VerifierKey(), signer.Retired()
	s.self.Seen = s.o.Now().UTC()
	s.self.Behind = 0
	if size := s.o.Journal.Head().Size; size > s.self.Entries {
		s.self.Behind = size - s.self.Entries
	}
	if head, err := s.o.Journal.SignedHead(audit.KeysOf(signer)...); err == nil && head.Size <= s.self.Entries {
		s.self.Head = head.Note
	}
	value, err := json.Marshal(s.self)
	if err == nil {
		err = s.o.Store.Set(ctx, collection+"/"+s.self.ID, value, 0)
	}
	if err == nil {
		s.spoke = s.o.Now()
	}
	return err
}
