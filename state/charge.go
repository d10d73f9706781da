package state

import (
	"slices"
	"time"
)

// A Cell is a counter as a driver stores it. The zero Cell is a counter that was never charged.
type Cell struct {
	Used int64 // never negative
	Ends int64 // Unix milliseconds at which its window ends; 0 when it never does
}

// Charge decides a Take, for drivers: cells holds, for each claim, the stored cell of its counter, twice for one that is
// claimed twice. It reports whether all claims have room. If so, cells are as they are to be stored, in the order of the
// claims, so that the later of two for one counter is the one that stays; otherwise none is to be stored. Both slices
// have the same length; claims have passed CheckTake.
func Charge(now time.Time, cells []Cell, claims []Claim) ([]Taken, bool) {
	taken := make([]Taken, len(claims))
	admitted := true
	for i, c := range claims {
		cell := &cells[i]
		if twin := earlier(claims[:i], c); twin >= 0 {
			*cell = cells[twin]
		} else {
			*cell = cell.at(now.UnixMilli(), c.Window.Milliseconds())
		}
		taken[i] = Taken{Name: c.Name, OK: c.fits(cell.Used), Used: cell.Used, Limit: c.Limit, Ends: millis(cell.Ends)}
		if taken[i].OK {
			cell.Used = max(0, cell.Used+c.N)
		}
		admitted = admitted && taken[i].OK
	}
	if admitted {
		for i := range taken {
			taken[i].Used = cells[i].Used
		}
		return taken, true
	}
	for i, c := range claims {
		if twin := earlier(claims[:i], c); twin >= 0 {
			taken[i].Used = taken[twin].Used
		}
	}
	return taken, false
}

// earlier returns the place of the last claim of the same counter, or -1.
func earlier(claims []Claim, c Claim) int {
	for i, before := range slices.Backward(claims) {
		if before.Name == c.Name && before.Window == c.Window {
			return i
		}
	}
	return -1
}

// at returns the cell as it stands now: empty when its window has ended. A window that the clock has stepped back from
// stays the current one, so that none is counted twice.
func (c Cell) at(now, window int64) Cell {
	switch {
	case window == 0:
		return Cell{Used: c.Used}
	case c.Ends > now:
		return c
	}
	start := now - (now%window+window)%window
	return Cell{Ends: start + window}
}

// fits reports whether a claim has room when so much is used. used + N does not overflow: both are below MaxUnits.
func (c Claim) fits(used int64) bool {
	return c.N <= 0 || c.Limit > 0 && used+c.N <= min(c.Limit, MaxUnits)
}

// millis is the time of a cell's end.
func millis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Expiry returns the moment at which an item that is written now expires, for drivers: in UTC, rounded up to the whole
// millisecond, so that no item lives shorter than its ttl. A ttl of 0 gives the zero time.
func Expiry(now time.Time, ttl time.Duration) time.Time {
	if ttl <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(now.Add(ttl + time.Millisecond - 1).UnixMilli()).UTC()
}
