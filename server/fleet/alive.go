package fleet

import (
	"slices"
	"strconv"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// The kinds of this package's own notes.
const (
	kindBeat = ".beat"
	kindBye  = ".bye"
)

// alive is what a member knows of who lives. It is guarded by the member's mu.
type alive struct {
	beats   uint64               // signs of life given
	given   map[uint64]time.Time // when each was that has not come back; bounded by dropping the oldest
	current time.Time            // when the newest was given that has come back
	since   time.Time            // from when on every one came back in time; zero while this member is behind
	era     uint64
	history state.Seq // notes up to here were told before this member joined
	seen    map[string]sign
}

// A sign is the newest sign of life of another member.
type sign struct {
	at   time.Time // when it was heard
	left bool      // it was a good-bye
}

// beat gives a sign of life, at once and then again and again, until the member leaves.
func (m *Member) beat() {
	ticker := time.NewTicker(m.opts.Beat)
	defer ticker.Stop()
	for {
		m.mu.Lock()
		m.alive.beats++
		number := m.alive.beats
		m.mu.Unlock()
		n := Note{Kind: kindBeat, From: m.opts.ID, Tag: strconv.FormatUint(number, 10)}
		if record, err := n.encode(); err == nil {
			_ = m.put(outgoing{record: record, beat: number}) // without room there is life enough in what waits
		}
		select {
		case <-ticker.C:
		case <-m.leave:
			return
		}
	}
}

// sent notes when a sign of life was given.
func (m *Member) sent(beat uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.alive.given == nil || len(m.alive.given) > keepNotes {
		m.alive.given = map[uint64]time.Time{}
	}
	m.alive.given[beat] = m.opts.Now()
}

// began notes where the stream ended when this member came.
func (m *Member) began(last state.Seq) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.alive.history = last
}

// heard takes what a note says of who tells it.
func (m *Member) heard(n *Note) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, now := &m.alive, m.opts.Now()
	if n.From == m.opts.ID {
		m.came(n, now)
		return
	}
	if n.Seq <= a.history && n.Kind != kindBye {
		return // it may be long ago
	}
	a.seen[n.From] = sign{at: now, left: n.Kind == kindBye}
	if len(a.seen) > keepNotes {
		for id, s := range a.seen {
			if now.Sub(s.at) > m.opts.Dead {
				delete(a.seen, id)
			}
		}
	}
}

// came takes a sign of life of this member's own.
func (m *Member) came(n *Note, now time.Time) {
	a := &m.alive
	number, err := strconv.ParseUint(n.Tag, 10, 64)
	given, ok := a.given[number]
	if n.Kind != kindBeat || err != nil || !ok {
		return
	}
	for older := range a.given {
		if older <= number {
			delete(a.given, older)
		}
	}
	if !m.fresh(now) {
		a.since = time.Time{}
	}
	a.current = given
	if m.fresh(now) && a.since.IsZero() {
		a.since = now
	}
}

// fresh reports whether the newest sign of life that came back was given so lately that one more is not missing. It is called
// with mu held.
func (m *Member) fresh(now time.Time) bool {
	return !m.alive.current.IsZero() && now.Sub(m.alive.current) < 2*m.opts.Beat
}

// Current reports whether this member has seen every note that was told two beats ago or earlier.
func (m *Member) Current() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fresh(m.opts.Now())
}

// Era is another number whenever this member has missed notes.
func (m *Member) Era() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.alive.era
}

func (m *Member) missed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.alive.era++
}

// Lives reports whether a process is a member that has not died. It is false only for who has said good-bye, and for who gave
// no sign of life for as long as Options.Dead while this member saw everything that was told: a member that is behind takes
// nobody for dead.
func (m *Member) Lives(id string) bool {
	if id == m.opts.ID {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now, s := m.opts.Now(), m.alive.seen[id]
	if s.left {
		return false
	}
	if !m.fresh(now) || m.alive.since.IsZero() {
		return true
	}
	heard := s.at
	if m.alive.since.After(heard) {
		heard = m.alive.since
	}
	return now.Sub(heard) < m.opts.Dead
}

// Members are the processes that live, this one too, in the order of their ids. Who has not been heard of yet is not among
// them.
func (m *Member) Members() []string {
	m.mu.Lock()
	ids := []string{m.opts.ID}
	for id := range m.alive.seen {
		ids = append(ids, id)
	}
	m.mu.Unlock()
	ids = slices.DeleteFunc(ids, func(id string) bool { return !m.Lives(id) })
	slices.Sort(ids)
	return ids
}
