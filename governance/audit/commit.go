package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit/merkle"
)

// Append writes entries that follow one another, all or none, and returns when they are as durable as Options say. It
// sets Version, Seq, Prev, Hash, At and Process. Errors: ErrUnwritable, ErrNoRoom, ErrTooLarge, ErrClosed, a FrozenError
// for a decision that lets a call run, an OverLimitError. A context that ends while the entries wait does not take them
// back: they are written, or fail, at once in any case. The entries must not be used by others meanwhile.
func (j *Journal) Append(ctx context.Context, entries ...*Entry) error {
	return j.append(ctx, false, entries...)
}

func (j *Journal) append(ctx context.Context, reserved bool, entries ...*Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return j.record(nil, reserved, entries...)
}

// record is append for what must be recorded, whoever stopped waiting for it.
func (j *Journal) record(counters []Charge, reserved bool, entries ...*Entry) error {
	if j.closed.Load() {
		return ErrClosed
	}
	r := j.queue.get()
	defer j.queue.put(r)
	r.counters, r.reserved = counters, reserved
	if err := j.prepare(r, entries); err != nil || len(entries) == 0 {
		return err
	}
	j.queue.do(r, j.commit)
	if j.o.OnAppend != nil {
		j.o.OnAppend(r.ended.Sub(r.began))
	}
	return r.err
}

// prepare encodes the entries, before any lock is taken.
func (j *Journal) prepare(r *request, entries []*Entry) error {
	r.began = j.o.Now()
	now := j.notBefore(r.began)
	for _, e := range entries {
		e.Version, e.At, e.Process = Format, now, j.process
		r.entries = append(r.entries, e)
		if len(r.drafts) < cap(r.drafts) {
			r.drafts = r.drafts[:len(r.drafts)+1]
		} else {
			r.drafts = append(r.drafts, draft{})
		}
		if err := j.ledger.resolve(now, e.Charges); err != nil {
			return err
		}
		if err := fit(&r.drafts[len(r.drafts)-1], e); err != nil {
			return err
		}
	}
	return nil
}

// fit encodes an entry, and leaves out what is only for show when it would be too long otherwise.
func fit(d *draft, e *Entry) error {
	if err := checkEntry(e); err != nil {
		return err
	}
	const counters = 2 << 10 // what an outcome's counters usually need at most
	d.encode(e)
	switch {
	case d.strange:
		return fmt.Errorf("entry of call %q: a target, status, event or effect that has no name", e.Call)
	case d.lineLen(counters)-sealedLen(e) <= MaxLine:
		return nil
	}
	e.Args.Preview, e.Result.Preview, e.Policies, e.Labels = "", "", nil, nil
	if d.encode(e); d.lineLen(0)-sealedLen(e) > MaxLine {
		return fmt.Errorf("%w: %d bytes without sealed payloads, at most %d", ErrTooLarge, d.lineLen(0)-sealedLen(e), MaxLine)
	}
	return nil
}

func sealedLen(e *Entry) int { return (len(e.Args.Sealed)+2)/3*4 + (len(e.Result.Sealed)+2)/3*4 }

// checkEntry reports what cannot be an entry.
func checkEntry(e *Entry) error {
	switch {
	case e.Kind == KindInvalid || e.Kind > KindControl:
		return fmt.Errorf("entry of call %q: kind %v", e.Call, e.Kind)
	case (e.Kind == KindControl) != (e.Control != nil):
		return fmt.Errorf("entry of call %q: a control entry, and no other, has Control", e.Call)
	case len(e.Charges) > MaxCharges || len(e.Usage) > MaxUsage:
		return fmt.Errorf("%w: %d charges and %d usages, at most %d and %d",
			ErrTooLarge, len(e.Charges), len(e.Usage), MaxCharges, MaxUsage)
	}
	return nil
}

// commit writes requests as one group, and leaves in each what became of it.
func (j *Journal) commit(all []*request) {
	if j.o.OnCommit == nil && j.o.OnAppend == nil {
		j.commitGroup(all)
		return
	}
	began := j.o.Now()
	j.commitGroup(all)
	ended := j.o.Now()
	for _, r := range all {
		r.ended = ended
	}
	if j.o.OnCommit != nil {
		j.o.OnCommit(ended.Sub(began))
	}
}

func (j *Journal) commitGroup(all []*request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.hold()
	if err == nil {
		defer j.letGo()
		err = j.adopt()
	}
	if err == nil {
		j.write(all)
		return
	}
	for _, r := range all {
		r.err = err
	}
}

// write writes requests; when the disk is full, those for which room was reserved alone.
func (j *Journal) write(all []*request) {
	err := j.attempt(all)
	if err != nil && noSpace(err) {
		for _, r := range all {
			if !r.reserved && r.err == nil {
				r.err = fmt.Errorf("%w: %w", ErrNoRoom, err)
			}
		}
		err = j.useRoom(all, err)
	}
	for _, r := range all {
		if r.err == nil && err != nil {
			r.err = fmt.Errorf("%w: %w", ErrUnwritable, err)
		}
	}
	if err == nil && j.at.seq-j.signed >= uint64(j.o.CheckpointEvery) {
		if err := j.sign(false); err != nil {
			j.o.OnError(err)
		}
	}
}

// useRoom writes what room was reserved for, giving back of it as much as that takes. Sealed payloads, for which nothing
// was reserved, are left out.
func (j *Journal) useRoom(all []*request, err error) error {
	need := int64(0)
	for _, r := range all {
		for i := range r.entries {
			if r.reserved && r.err == nil {
				r.entries[i].Args.Sealed, r.entries[i].Result.Sealed = nil, nil
				r.drafts[i].encode(r.entries[i])
				need += MaxLine
			}
		}
	}
	for need > 0 && err != nil && noSpace(err) && j.room.give(need) {
		err = j.attempt(all)
	}
	return err
}

// A staged entry has its place in the group that is being written.
type staged struct {
	entry    *Entry
	hash     Hash
	counters []Counter
	line     int64 // where in the group it begins
}

// attempt writes the requests that have not failed yet, and any notes before them. With an error nothing was written and
// nothing has changed.
func (j *Journal) attempt(all []*request) error {
	if err := j.rotateIfFull(); err != nil {
		j.turn.disturbed()
		return err
	}
	g := &j.group
	g.begin(j)
	defer g.clear()
	g.addNotes(j.notes)
	for _, r := range all {
		if r.err == nil {
			r.err = g.add(r)
		}
	}
	if len(g.staged) == 0 {
		return nil
	}
	if err := j.put(g.buf); err != nil {
		j.ledger.unsettle(g.moves)
		return err
	}
	j.notes = nil
	g.finish()
	j.removeDoomed()
	return nil
}

// put appends bytes to the segment, whole or not at all, by way of the slate while the lock is kept.
func (j *Journal) put(b []byte) error {
	if j.turn.row >= keepAfter && j.o.Durability == Process && len(b) < slateRoom/4 {
		if done, err := j.jot(b); done || err != nil {
			return err
		}
	}
	err := j.flush()
	if err != nil {
		j.turn.disturbed()
		return err
	}
	err = j.writeAt(b, j.seg.end)
	if err == nil && j.o.Durability == Disk {
		err = j.o.Files.Sync(j.seg.file)
	}
	if err != nil {
		j.turn.disturbed()
		// Where this fails too, the next commit finds the rest, and cuts it as it would a dead process's.
		return errors.Join(err, j.seg.file.Truncate(j.seg.end))
	}
	return nil
}

// writeAt writes bytes of the segment.
func (j *Journal) writeAt(b []byte, at int64) error {
	n, err := j.o.Files.WriteAt(j.seg.file, b, at)
	if err == nil && n < len(b) {
		err = errors.New("short write")
	}
	return err
}

// A group is what one write appends. Its memory is used again for the next one.
type group struct {
	j      *Journal
	at     place
	buf    []byte
	staged []staged
	moves  []move
}

// begin makes the group empty.
func (g *group) begin(j *Journal) {
	g.j, g.at = j, j.at
	g.buf, g.staged, g.moves = g.buf[:0], g.staged[:0], g.moves[:0]
}

// clear lets go of what is others'.
func (g *group) clear() {
	clear(g.staged)
	clear(g.moves)
	if cap(g.buf) > maxKept {
		g.buf = nil
	}
}

// add gives the entries of a request their places, unless it must be refused.
func (g *group) add(r *request) error {
	moves, bytes, count, at := len(g.moves), len(g.buf), len(g.staged), g.at
	for i, e := range r.entries {
		if err := g.admit(e); err != nil {
			g.j.ledger.unsettle(g.moves[moves:])
			g.moves, g.buf, g.staged, g.at = g.moves[:moves], g.buf[:bytes], g.staged[:count], at
			return err
		}
		g.place(&r.drafts[i], e, r.counters)
	}
	return nil
}

// admit refuses what the adopted state does not allow any more, and settles the entry's charges.
func (g *group) admit(e *Entry) error {
	if f := g.j.frozen.Load(); f != nil && e.Kind == KindDecision && e.Decision.Effect == governance.Allow {
		return f
	}
	if len(e.Charges) == 0 {
		return nil
	}
	var over []Counter
	if g.moves, over = g.j.ledger.settle(g.moves, e.Charges); len(over) > 0 {
		return &OverLimitError{Over: over}
	}
	return nil
}

// place appends the finished line.
func (g *group) place(d *draft, e *Entry, shown []Charge) {
	s := staged{entry: e, line: int64(len(g.buf))}
	if e.Kind == KindOutcome && (len(shown) > 0 || len(e.Charges) > 0) {
		s.counters = g.j.ledger.counters(shown, e.Charges)
	}
	next := link{seq: g.at.seq + 1, prev: g.at.hash, at: later(e.At, g.at.time), counters: s.counters}
	g.buf, s.hash = d.seal(g.buf, e, next)
	g.at = place{seq: next.seq, hash: s.hash, time: next.at}
	e.At = next.at
	g.staged = append(g.staged, s)
}

func (g *group) addNotes(notes []*Entry) {
	for _, e := range notes {
		var d draft
		e.Version, e.At, e.Process = Format, g.j.now(), g.j.process
		d.encode(e)
		g.place(&d, e, nil)
	}
}

// finish makes the written group the journal's state.
func (g *group) finish() {
	prev := g.j.at
	g.j.turn.paced(g.at.time.Sub(prev.time))
	for _, s := range g.staged {
		e := s.entry
		e.Seq, e.Prev, e.Hash, e.Counters = prev.seq+1, prev.hash, s.hash, s.counters
		prev = place{seq: e.Seq, hash: e.Hash, time: e.At, line: g.j.seg.end + s.line}
		g.j.fold(e, prev)
	}
	g.j.seg.end += int64(len(g.buf))
}

// fold applies an entry, except its charges, to the journal's state.
func (j *Journal) fold(e *Entry, at place) {
	j.at = at
	j.newest.Store(at.time.UnixMicro())
	j.edge.Append(merkle.Leaf(at.hash))
	if at.seq%merkle.TileWidth == 0 {
		select {
		case j.tiles <- struct{}{}:
		default: // it has not looked yet, and will find this one too
		}
	}
	switch e.Kind {
	case KindDecision:
		if e.Decision.Effect == governance.Allow && e.Call != "" {
			j.start(e.Process, e.Call)
		}
	case KindOutcome:
		delete(j.running[e.Process], e.Call)
	case KindControl:
		j.obey(e)
	default: // the charges of a usage entry are all there is to it
	}
	for _, f := range j.feeds {
		f.put(e)
	}
}

// start notes that a process runs a call. A process that never writes outcomes is not followed further than it may run.
func (j *Journal) start(process, call string) {
	const most = 4096
	calls := j.running[process]
	if calls == nil {
		calls = make(map[string]struct{})
		j.running[process] = calls
	}
	if len(calls) < most {
		calls[call] = struct{}{}
	}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func sum(b []byte) Hash { return sha256.Sum256(b) }
