package audit

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A Report is what Verify found. It is good when Bad is nil.
type Report struct {
	First       uint64        // number of the oldest entry that is kept; 0 when there is none
	Last        uint64        // number of the newest entry that was checked
	Entries     uint64        // how many were checked
	Bad         *Fault        // the first thing that is wrong, or nil
	SignedUpTo  uint64        // entries up to this one are covered by a signed head
	ChainedFrom uint64        // entries from here to Last are chained but not signed yet; 0 when there are none
	Heads       int           // signed heads that were checked
	Segments    int           // that are kept
	Removed     uint64        // entries that retention removed
	Torn        int64         // bytes of an unfinished line at the end, left by a writer that died
	HeadGiven   bool          // a head that was kept elsewhere was given, and the journal contains it
	Duration    time.Duration // how long it took
}

// A Fault is the first thing that is wrong with a journal.
type Fault struct {
	Seq  uint64 // number of the first entry that is bad or missing
	To   uint64 // the last entry that could be the bad one; equal to Seq when it is known
	Why  string // what is wrong with it
	File string // where
}

// String says which entry is bad, and why.
func (f *Fault) String() string {
	which := "entry " + strconv.FormatUint(f.Seq, 10)
	if f.To > f.Seq {
		which = fmt.Sprintf("one of the entries %d to %d", f.Seq, f.To)
	}
	if f.File == "" {
		return which + ": " + f.Why
	}
	return which + " (" + filepath.Base(f.File) + "): " + f.Why
}

// String tells the result in plain sentences.
func (r Report) String() string {
	var b strings.Builder
	if r.Bad != nil {
		fmt.Fprintf(&b, "BAD: %v\n", r.Bad)
	}
	fmt.Fprintf(&b, "%d entries checked, %d to %d, in %d segments, with %d signed heads.\n",
		r.Entries, r.First, r.Last, r.Segments, r.Heads)
	switch {
	case r.ChainedFrom > 0:
		fmt.Fprintf(&b, "Signed up to %d, %d to %d only chained.\n", r.SignedUpTo, r.ChainedFrom, r.Last)
	case r.Entries > 0:
		fmt.Fprintf(&b, "Signed up to %d.\n", r.SignedUpTo)
	}
	if r.Removed > 0 {
		fmt.Fprintf(&b, "Retention removed %d entries before them; their hashes are kept.\n", r.Removed)
	}
	if r.Torn > 0 {
		fmt.Fprintf(&b, "%d bytes of an unfinished line at the end belong to no entry.\n", r.Torn)
	}
	if !r.HeadGiven {
		b.WriteString("No head kept elsewhere was given: that the newest entries were cut off cannot be excluded.\n")
	}
	return b.String()
}
