package audit

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit/merkle"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// VerifyOptions say what to check a journal against.
type VerifyOptions struct {
	Keys []*primitives.Verifier // that signed heads are checked with; those they were rotated to are found in the journal
	Head []byte                 // a signed head that was kept elsewhere, or nil: only with one can truncation be found
	Now  func() time.Time       // for Duration: time.Now
}

// Verify checks the journal of a data directory from its oldest entry to its newest: the form of every line, its hash,
// the chain, the tree, the tiles, and every signed head. It works while others write. The error is about reading;
// what is wrong with the journal is in the report.
func Verify(ctx context.Context, dataDir string, o VerifyOptions) (Report, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	began := o.Now()
	r, err := OpenReader(dataDir)
	if err != nil {
		return Report{}, err
	}
	c := &check{r: r, keys: slices.Clone(o.Keys)}
	if err := c.prepare(ctx, o.Head); err != nil {
		return c.report, err
	}
	if err := c.run(ctx); err != nil {
		return c.report, fmt.Errorf("verify %s: %w", r.dir, err)
	}
	c.conclude()
	c.report.Duration = o.Now().Sub(began)
	return c.report, nil
}

// A check is a verification under way.
type check struct {
	r      *Reader
	keys   Keys
	v      view
	heads  []head // that lie ahead, the smallest first
	at     place
	edge   *merkle.Edge
	since  []Hash // leaves since the last good head
	good   uint64 // size of the last good head
	kept   uint64 // what the newest retention entry says is kept first
	report Report
}

// A head is a signed head that has not been checked yet.
type head struct {
	size  uint64
	note  []byte
	given bool
}

// prepare takes the extent of the journal and gathers the heads.
func (c *check) prepare(ctx context.Context, given []byte) error {
	// The heads are read first: those that are made meanwhile are of entries outside the extent.
	stored, err := storedHeads(c.r.dir)
	if err != nil {
		return err
	}
	if len(given) > 0 {
		stored = append(stored, head{note: given, given: true})
	}
	for _, h := range stored {
		text, _, _ := strings.Cut(string(h.note), "\n\n")
		parsed, err := parseCheckpoint(text + "\n")
		if err != nil {
			c.fault(&Fault{Seq: 1, Why: "a signed head cannot be read: " + err.Error(), File: headsName})
			continue
		}
		h.size = parsed.Size
		c.heads = append(c.heads, h)
	}
	slices.SortStableFunc(c.heads, func(a, b head) int { return int(a.size) - int(b.size) })
	if c.v, err = c.r.view(ctx); err != nil {
		return err
	}
	c.report.Segments = len(c.v.firsts)
	c.start()
	return nil
}

// storedHeads returns the heads that the journal keeps, and its newest.
func storedHeads(dir string) ([]head, error) {
	raw, err := os.ReadFile(filepath.Join(dir, headsName)) //nolint:gosec // a path within the data directory
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	var heads []head
	for line := range strings.Lines(string(raw)) {
		if note, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(line, "\n")); err == nil && strings.HasSuffix(line, "\n") {
			heads = append(heads, head{note: note})
		}
	}
	newest, err := os.ReadFile(filepath.Join(dir, checkpointName)) //nolint:gosec // a path within the data directory
	if os.IsNotExist(err) {
		return heads, nil
	}
	return append(heads, head{note: newest}), err
}

// start sets the state before the oldest entry that is kept.
func (c *check) start() {
	c.edge = &merkle.Edge{}
	if len(c.v.firsts) == 0 {
		return
	}
	c.report.First = c.v.firsts[0]
	before := c.v.firsts[0] - 1
	if before == 0 {
		return
	}
	c.at.seq, c.good, c.report.Removed = before, before, before
	for len(c.heads) > 0 && c.heads[0].size < before {
		c.heads = c.heads[1:]
	}
	edge, err := merkle.LoadEdge(before, readTile(c.r.dir))
	if err == nil {
		c.edge = edge
		c.passHeads()
	} else {
		c.fault(&Fault{Seq: 1, To: before, Why: "the entries are gone, and so are their hashes: " + err.Error()})
	}
}

// run reads all segments.
func (c *check) run(ctx context.Context) error {
	for n, first := range c.v.firsts {
		if c.report.Bad == nil && first != c.at.seq+1 {
			c.fault(&Fault{Seq: c.at.seq + 1, Why: fmt.Sprintf("missing: the next segment begins with entry %d", first)})
		}
		if c.report.Bad != nil {
			return nil
		}
		if err := c.segment(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func (c *check) segment(ctx context.Context, n int) error {
	f, err := c.r.open(c.v, n)
	if err != nil {
		return err
	}
	defer f.Close()
	p := newParsing(ctx, io.NewSectionReader(f, 0, f.size))
	defer p.stop()
	for b := range p.batches {
		<-b.done
		for i := range b.entries {
			if c.line(&b.entries[i], b.faults[i], f.Name()); c.report.Bad != nil {
				return nil
			}
		}
		if b.err != nil {
			return b.err
		}
		if len(b.torn) > 0 {
			c.torn(b.torn, n == len(c.v.firsts)-1, f.Name())
		}
	}
	return ctx.Err()
}

// torn judges a line that does not end: what a writer that died left behind the newest entry is no fault.
func (c *check) torn(rest []byte, newest bool, file string) {
	whole := append(slices.Clone(rest[:len(rest)-1]), '\n')
	if _, err := ParseLine(whole); !newest || err == nil {
		c.fault(&Fault{Seq: c.at.seq + 1, Why: "its line does not end", File: file})
		return
	}
	c.report.Torn = int64(len(rest))
}

// line checks one entry, which was parsed, or not.
func (c *check) line(e *Entry, err error, file string) {
	if err == nil {
		err = c.follows(e)
	}
	if err != nil {
		c.fault(&Fault{Seq: c.at.seq + 1, Why: err.Error(), File: file})
		return
	}
	c.at = place{seq: e.Seq, hash: e.Hash, time: e.At}
	leaf := merkle.Leaf(e.Hash)
	c.edge.Append(leaf)
	c.since = append(c.since, leaf)
	c.report.Entries++
	c.report.Last = e.Seq
	if e.Kind == KindControl {
		c.control(e.Control)
	}
	c.passTiles()
	c.passHeads()
}

// follows checks the entry's place in the chain. What came before the oldest entry that is kept is known by its tile.
func (c *check) follows(e *Entry) error {
	if c.report.Entries > 0 || c.at.seq == 0 {
		return follows(e, c.at)
	}
	tile, err := readTile(c.r.dir)(merkle.TileAt(0, c.at.seq-1, c.at.seq))
	if err == nil && tile[(c.at.seq-1)%merkle.TileWidth] != merkle.Leaf(e.Prev) {
		err = errors.New("it does not name the hash of the entry before it, whose tile is kept")
	}
	if err == nil && e.Seq != c.at.seq+1 {
		err = fmt.Errorf("its number is %d, not %d", e.Seq, c.at.seq+1)
	}
	return err
}

func (c *check) control(control *Control) {
	switch control.Action {
	case ActionRetention:
		if kept, err := strconv.ParseUint(control.Subject, 10, 64); err == nil {
			c.kept = max(c.kept, kept)
		}
	case ActionRotation:
		keys, err := c.keys.follow(control)
		if c.keys = keys; err != nil {
			c.fault(&Fault{Seq: c.at.seq, Why: err.Error()})
		}
	default:
	}
}

// passTiles compares the tiles that the newest entry filled with those that are stored. They need to be there only when
// a signed head covers them.
func (c *check) passTiles() {
	for _, t := range c.edge.Full() {
		stored, err := readHashes(c.r.dir, t.Tile)
		switch {
		case os.IsNotExist(err) && !c.covered(c.at.seq):
			continue
		case err != nil:
			c.fault(&Fault{Seq: c.at.seq, Why: "its tile cannot be read: " + err.Error()})
		case t.Tile.Level == 0 && !slices.Equal(stored, t.Hashes):
			first := t.Tile.Index * merkle.TileWidth
			for i := range stored {
				if stored[i] != t.Hashes[i] {
					c.fault(&Fault{Seq: first + uint64(i) + 1, Why: "it is not the entry whose hash " + t.Tile.Path() + " holds"})
				}
			}
		case !slices.Equal(stored, t.Hashes):
			c.fault(&Fault{Seq: c.at.seq, Why: t.Tile.Path() + " does not hold the hashes of the tiles below it"})
		}
	}
	c.edge.Forget(c.at.seq)
}

// covered reports whether a head ahead covers an entry.
func (c *check) covered(seq uint64) bool {
	return len(c.heads) > 0 && c.heads[len(c.heads)-1].size >= seq
}

// passHeads checks the heads of the size that was reached.
func (c *check) passHeads() {
	for len(c.heads) > 0 && c.heads[0].size == c.at.seq && c.report.Bad == nil {
		h := c.heads[0]
		c.heads = c.heads[1:]
		c.head(h)
	}
}

func (c *check) head(h head) {
	signed, err := OpenCheckpoint(h.note, c.keys...)
	switch {
	case err != nil:
		c.fault(&Fault{Seq: h.size, Why: "its signed head is not authentic: " + err.Error()})
		return
	case signed.Root != c.edge.Root():
		c.fault(c.forged(h.size))
		return
	}
	c.report.Heads++
	c.report.HeadGiven = c.report.HeadGiven || h.given
	c.report.SignedUpTo, c.good, c.since = h.size, h.size, c.since[:0]
}

// forged narrows down which entry is not the one that was signed, by the tiles.
func (c *check) forged(size uint64) *Fault {
	why := "the chain holds, but it is not the one whose head was signed at " + strconv.FormatUint(size, 10)
	for i, leaf := range c.since {
		index := c.good + uint64(i)
		tile, err := readTile(c.r.dir)(merkle.TileAt(0, index, size))
		if at := int(index % merkle.TileWidth); err == nil && at < len(tile) && tile[at] != leaf {
			return &Fault{Seq: index + 1, Why: why}
		}
	}
	return &Fault{Seq: c.good + 1, To: size, Why: why}
}

// conclude judges what only the end shows.
func (c *check) conclude() {
	r := &c.report
	if len(c.heads) > 0 && r.Bad == nil {
		h := c.heads[0]
		if _, err := OpenCheckpoint(h.note, c.keys...); err == nil {
			c.fault(&Fault{Seq: r.Last + 1, To: h.size, Why: fmt.Sprintf("missing: a head was signed over %d entries", h.size)})
		} else {
			c.fault(&Fault{Seq: r.Last + 1, To: h.size, Why: fmt.Sprintf("a head over %d entries is not authentic: %v", h.size, err)})
		}
	}
	if r.Removed > 0 && c.kept < r.First {
		c.fault(&Fault{Seq: 1, To: r.Removed, Why: "removed, but no entry says that retention did it"})
	}
	if r.Last > r.SignedUpTo {
		r.ChainedFrom = r.SignedUpTo + 1
	}
}

// fault records the first fault.
func (c *check) fault(f *Fault) {
	if c.report.Bad == nil {
		f.To = max(f.To, f.Seq)
		c.report.Bad = f
	}
}
