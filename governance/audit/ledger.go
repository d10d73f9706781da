package audit

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// A window of a counter. Times are milliseconds; a window of 0 never ends and starts at 0.
type window struct {
	shard, name   string
	length, start int64
}

// An account is what is known of one window: what entries say, and what this process took and has not written yet.
type account struct{ folded, pending int64 }

// A ledger is the fold of all charges in the journal, with this process's pending ones on top. Fixed windows are
// aligned to the epoch. Counters are never negative.
type ledger struct {
	most int

	mu       sync.Mutex
	accounts map[window]*account
}

// bounded reports whether a claim of n units asks for something that may be refused. What gives back, and what is
// charged without a bound because it has been used already, counts when an entry carries it.
func bounded(n, limit int64) bool { return n > 0 && limit != math.MaxInt64 }

// take makes all bounded claims pending, or none. at is never earlier than the newest entry.
func (l *ledger) take(at time.Time, shard string, claims []state.Claim) ([]state.Taken, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := make([]state.Taken, len(claims))
	all := true
	for i := range claims {
		c := &claims[i]
		w, a, err := l.known(at, shard, c)
		if err == nil && bounded(c.N, c.Limit) {
			err = l.reserve(w, a, c, &taken[i], at)
		} else if err == nil {
			taken[i] = l.standing(w, *c)
		}
		if err != nil {
			l.undo(at, shard, claims[:i], taken)
			return nil, false, err
		}
		all = all && taken[i].OK
	}
	if !all {
		l.undo(at, shard, claims, taken)
	}
	return taken, all, nil
}

// known returns the window of a claim, and its account when there is one. What an account is kept under was found to be
// valid, so that only the others have to be checked.
func (l *ledger) known(at time.Time, shard string, c *state.Claim) (window, *account, error) {
	if c.N <= maxInt && c.N >= -maxInt && c.Window >= 0 && c.Window%time.Millisecond == 0 {
		w := windowOf(at, shard, c)
		if a := l.accounts[w]; a != nil {
			return w, a, nil
		}
	}
	w, err := windowAt(at, shard, *c)
	return w, nil, err
}

// reserve makes one claim pending when it fits in its account, which is made when there is none yet.
func (l *ledger) reserve(w window, a *account, c *state.Claim, taken *state.Taken, at time.Time) (err error) {
	if a == nil {
		if a, err = l.account(w, at); err != nil {
			return err
		}
	}
	used := a.folded + a.pending
	*taken = state.Taken{Name: c.Name, Used: used, Limit: c.Limit, Ends: w.ends()}
	if c.N <= c.Limit && used <= c.Limit-c.N {
		a.pending += c.N
		taken.OK, taken.Used = true, used+c.N
	}
	return nil
}

// undo takes back what take made pending, and says so in the answers.
func (l *ledger) undo(at time.Time, shard string, claims []state.Claim, taken []state.Taken) {
	for i, c := range claims {
		if w, err := windowAt(at, shard, c); err == nil && bounded(c.N, c.Limit) && taken[i].OK {
			l.accounts[w].pending -= c.N
		}
	}
	for i, c := range claims {
		if w, err := windowAt(at, shard, c); err == nil && bounded(c.N, c.Limit) {
			taken[i].Used = l.used(w)
		}
	}
}

// standing is the answer to a claim that takes nothing.
func (l *ledger) standing(w window, c state.Claim) state.Taken {
	return state.Taken{Name: c.Name, OK: true, Used: l.used(w), Limit: c.Limit, Ends: w.ends()}
}

func (l *ledger) used(w window) int64 {
	if a := l.accounts[w]; a != nil {
		return a.folded + a.pending
	}
	return 0
}

// peek answers as take would, without taking.
func (l *ledger) peek(at time.Time, shard string, claims []state.Claim) ([]state.Taken, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := make([]state.Taken, len(claims))
	for i, c := range claims {
		w, err := windowAt(at, shard, c)
		if err != nil {
			return nil, err
		}
		taken[i] = l.standing(w, c)
		taken[i].OK = c.N <= 0 || c.N <= c.Limit && taken[i].Used <= c.Limit-c.N
	}
	return taken, nil
}

// account returns the account of a window, made when there is none yet and there may be one more.
func (l *ledger) account(w window, at time.Time) (*account, error) {
	if a := l.accounts[w]; a != nil {
		return a, nil
	}
	if len(l.accounts) >= l.most {
		if l.sweep(at); len(l.accounts) >= l.most {
			return nil, fmt.Errorf("%w: %d", ErrTooManyCounters, l.most)
		}
	}
	return l.at(w), nil
}

// at returns the account of a window, made when there is none yet.
func (l *ledger) at(w window) *account {
	a := l.accounts[w]
	if a == nil {
		a = &account{}
		l.accounts[w] = a
	}
	return a
}

// rebase forgets what entries said, to fold them again, and keeps what is pending.
func (l *ledger) rebase() {
	for w, a := range l.accounts {
		if a.folded = 0; a.pending == 0 {
			delete(l.accounts, w)
		}
	}
}

// sweep forgets windows that ended so long ago that nothing can be taken from them or given back to them any more, and those
// without an end from which nothing is taken.
func (l *ledger) sweep(at time.Time) {
	const grace = 60_000
	for w, a := range l.accounts {
		if w.length > 0 && w.start+2*w.length+grace < at.UnixMilli() || w.length == 0 && *a == (account{}) {
			delete(l.accounts, w)
		}
	}
}

// resolve fills in the windows of charges that were taken from this ledger: the older one where two could be meant.
func (l *ledger) resolve(at time.Time, charges []Charge) error {
	if len(charges) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range charges {
		c := &charges[i]
		w, err := windowAt(at, c.Shard, c.Claim())
		if err != nil {
			return err
		}
		switch {
		case w.length == 0 || !c.Start.IsZero():
			continue
		case c.N < 0:
			return fmt.Errorf("give-back of %s: Start does not say to which window", c.Name)
		}
		before := w
		before.start -= w.length
		if a := l.accounts[before]; a != nil && a.pending >= c.N {
			w = before
		}
		c.Start = time.UnixMilli(w.start).UTC()
	}
	return nil
}

// A move is what settling one charge changed.
type move struct {
	account         *account
	folded, pending int64
}

// settle counts the charges of an entry of this process that is about to be written, and appends what that changed. When
// the entries of all processes leave no room for one of them, nothing changes except that none is pending any more, and
// the counters without room are returned.
func (l *ledger) settle(moves []move, charges []Charge) ([]move, []Counter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if over := l.over(charges); len(over) > 0 {
		l.drop(charges)
		return moves, over
	}
	for i := range charges {
		c := &charges[i]
		if m := l.fold(c); m.account != nil {
			if bounded(c.N, c.Limit) {
				m.pending = -max(0, min(c.N, m.account.pending))
			}
			m.account.pending += m.pending
			moves = append(moves, m)
		}
	}
	return moves, nil
}

// unsettle reverses moves whose entries could not be written.
func (l *ledger) unsettle(moves []move) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range moves {
		m.account.folded -= m.folded
		m.account.pending -= m.pending
	}
}

// adopt counts the charges of an entry that was read. Others' entries count, whatever the bound on counters.
func (l *ledger) adopt(charges []Charge) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range charges {
		l.fold(&charges[i])
	}
}

// fold applies one charge; the move has no account when it belongs to a window that was forgotten.
func (l *ledger) fold(c *Charge) move {
	w := c.window()
	a := l.accounts[w]
	if a == nil {
		if c.N < 0 {
			return move{}
		}
		a = l.at(w)
	}
	change := max(c.N, -a.folded)
	a.folded += change
	return move{account: a, folded: change}
}

// over returns the counters in which the entries of all processes leave no room for the charges.
func (l *ledger) over(charges []Charge) (over []Counter) {
	for i := range charges {
		c := &charges[i]
		if !bounded(c.N, c.Limit) {
			continue
		}
		w, used := c.window(), int64(0)
		if a := l.accounts[w]; a != nil {
			used = a.folded
		}
		for n := range charges[:i] {
			if earlier := &charges[n]; earlier.window() == w {
				used += earlier.N
			}
		}
		if c.N > c.Limit || used > c.Limit-c.N {
			over = append(over, w.counter(used))
		}
	}
	return over
}

// release drops pending charges that no entry will carry.
func (l *ledger) release(at time.Time, charges []Charge) {
	if l.resolve(at, charges) == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.drop(charges)
	}
}

func (l *ledger) drop(charges []Charge) {
	for i := range charges {
		c := &charges[i]
		if a := l.accounts[c.window()]; a != nil && bounded(c.N, c.Limit) {
			a.pending = max(0, a.pending-c.N)
		}
	}
}

// counters returns the counters of the charges as entries have them, each once, MaxCharges at most.
func (l *ledger) counters(shown, own []Charge) []Counter {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Counter, 0, min(len(shown)+len(own), MaxCharges))
	for _, charges := range [...][]Charge{shown, own} {
		for i := range charges {
			w := charges[i].window()
			a := l.accounts[w]
			if a == nil || len(out) == cap(out) || slices.ContainsFunc(out, w.shownBy) {
				continue
			}
			out = append(out, w.counter(a.folded))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// shownBy reports whether a counter is the window's.
func (w window) shownBy(c Counter) bool {
	return w.name == c.Name && w.shard == c.Shard && w.length == c.Window.Milliseconds() &&
		(w.length == 0 || w.start == c.Start.UnixMilli())
}

// list returns the counters of a shard whose window is not over, or of all shards when it is empty, sorted.
func (l *ledger) list(at time.Time, shard string) []Counter {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Counter
	for w, a := range l.accounts {
		over := w.length > 0 && w.start+w.length <= at.UnixMilli()
		if (shard == "" || w.shard == shard) && !over {
			out = append(out, w.counter(a.folded+a.pending))
		}
	}
	slices.SortFunc(out, func(a, b Counter) int {
		return cmp.Or(cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Window, b.Window))
	})
	return out
}

// windowAt returns the window that a claim made now belongs to.
func windowAt(at time.Time, shard string, c state.Claim) (window, error) {
	switch {
	case shard == "" || c.Name == "":
		return window{}, fmt.Errorf("claim %q of shard %q: both need a name", c.Name, shard)
	case !plain(shard, maxShard/2, true) || !plain(c.Name, maxWord, false):
		return window{}, fmt.Errorf("claim %.96q of shard %.96q: at most %d and %d bytes of text are counted by",
			c.Name, shard, maxWord, maxShard/2)
	case c.Window < 0 || c.Window%time.Millisecond != 0:
		return window{}, fmt.Errorf("claim %q: window %v is not a whole number of milliseconds", c.Name, c.Window)
	case c.N > maxInt || c.N < -maxInt:
		return window{}, fmt.Errorf("claim %q: %d units are more than a counter holds", c.Name, c.N)
	}
	return windowOf(at, shard, &c), nil
}

// windowOf returns the window of a claim that is valid.
func windowOf(at time.Time, shard string, c *state.Claim) window {
	w := window{shard: shard, name: c.Name, length: c.Window.Milliseconds()}
	if w.length > 0 {
		now := at.UnixMilli()
		since := now % w.length
		if since < 0 {
			since += w.length
		}
		w.start = now - since
	}
	return w
}

// plain reports whether a text can be the name of a counter: it is written into entries as it is, never cut.
func plain(s string, most int, backslash bool) bool {
	if len(s) > most || !utf8.ValidString(s) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c < 0x20 || (c == '\\' || c == '"') && !backslash {
			return false
		}
	}
	return true
}

// window returns the window that the charge says it belongs to.
func (c *Charge) window() window {
	w := window{shard: c.Shard, name: c.Name, length: c.Window.Milliseconds()}
	if w.length > 0 {
		w.start = c.Start.UnixMilli()
	}
	return w
}

func (w window) counter(used int64) Counter {
	c := Counter{Shard: w.shard, Name: w.name, Used: used, Window: time.Duration(w.length) * time.Millisecond}
	if w.length > 0 {
		c.Start = time.UnixMilli(w.start).UTC()
	}
	return c
}

func (w window) ends() time.Time {
	if w.length == 0 {
		return time.Time{}
	}
	return time.UnixMilli(w.start + w.length).UTC()
}
