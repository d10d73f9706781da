package audit

import (
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// The frame of a line. A line is {"entry":…,"hash":"…"} and a newline, and the whole of it is canonical JSON (RFC 8785):
// keys in order, no spaces, integers as digits.
const (
	frameOpen  = `{"entry":`
	frameHash  = `,"hash":"`
	frameClose = "\"}\n"
	frameTail  = len(frameHash) + 2*len(Hash{}) + len(frameClose)

	timeLayout = "2006-01-02T15:04:05.000000Z" // microseconds, always 27 bytes, so that it can be patched in place
)

// A draft is an entry encoded as far as it can be before the lock is held: what depends on the entry before it (at,
// prev, seq, counters) is filled in by seal.
type draft struct {
	b        []byte
	at       int // offset of the time's first digit
	counters int // offset where the counters go
	prev     int // offset of the previous hash's first digit
	seq      int // offset where the sequence number goes

	strange bool // a word of the entry is none of its vocabulary

	caller   piece[governance.Caller]
	decision piece[Decision]
	standing piece[standing]
	policies []string // of the standing
	prevAt   int      // where in the standing the previous hash goes
}

// encode writes the entry's fields, in the order of their names.
func (d *draft) encode(e *Entry) {
	d.b, d.strange = append(d.b[:0], '{'), false
	d.payload(`,"args":`, e.Args)
	d.key(`,"at":`)
	d.b = append(d.b, '"')
	d.at = len(d.b)
	d.b = append(d.b, timeLayout...)
	d.b = append(d.b, '"')
	d.text(`,"call":`, e.Call, maxID)
	d.writeCaller(&e.Caller)
	d.charges(e)
	if e.Confidence != 0 || e.Kind == KindOutcome {
		d.key(`,"confidence":`)
		d.b = appendRatio(d.b, e.Confidence)
	}
	d.control(e.Control)
	d.counters = len(d.b)
	d.writeDecision(e)
	d.int(`,"depth":`, int64(e.Depth))
	d.int(`,"elapsed_us":`, e.Elapsed.Microseconds())
	if e.Event != governance.EventNone {
		d.word(`,"event":`, e.Event.String())
	}
	d.text(`,"execution":`, e.Execution, maxID)
	d.text(`,"failure":`, e.Failure, maxWord)
	d.findings(e.Findings)
	d.int(`,"handler_us":`, e.Handler.Microseconds())
	d.word(`,"kind":`, e.Kind.String())
	d.list(`,"labels":`, e.Labels, maxLabels, maxShort)
	d.text(`,"name":`, e.Name, maxName)
	d.text(`,"parent":`, e.Parent, maxID)
	d.writeStanding(e)
	d.payload(`,"result":`, e.Result)
	d.tri(`,"schema_valid":`, e.SchemaValid)
	d.key(`,"seq":`)
	d.seq = len(d.b)
	if e.Status != governance.StatusInvalid {
		d.word(`,"status":`, e.Status.String())
	}
	if e.Target != governance.KindInvalid {
		d.word(`,"target":`, e.Target.String())
	}
	d.int(`,"tokens":`, e.Tokens)
	d.usage(e)
	d.int(`,"v":`, Format)
	d.b = append(d.b, '}')
}

// A link is what an entry's place in the chain gives it.
type link struct {
	seq      uint64
	prev     Hash
	at       time.Time
	counters []Counter
}

// seal appends the finished line to dst and returns it with the entry's hash.
func (d *draft) seal(dst []byte, e *Entry, at link) ([]byte, Hash) {
	dst = append(dst, frameOpen...)
	start := len(dst)
	dst = append(dst, d.b[:d.counters]...)
	putTime(dst[start+d.at:], at.at)
	dst = appendCounters(dst, e, at.counters)
	shift := len(dst) - d.counters
	dst = append(dst, d.b[d.counters:d.seq]...)
	hex.Encode(dst[shift+d.prev:], at.prev[:])
	dst = strconv.AppendUint(dst, at.seq, 10)
	dst = append(dst, d.b[d.seq:]...)
	hash := sum(dst[start:])
	dst = append(dst, frameHash...)
	dst = hex.AppendEncode(dst, hash[:])
	return append(dst, frameClose...), hash
}

// lineLen bounds the length of the sealed line.
func (d *draft) lineLen(counters int) int {
	return len(frameOpen) + len(d.b) + 20 + frameTail + counters
}

// key writes the name of a field, which comes as it stands behind another field: with a comma.
func (d *draft) key(name string) {
	if d.b[len(d.b)-1] == '{' {
		name = name[1:]
	}
	d.b = append(d.b, name...)
}

// word writes a word of a vocabulary, and notes one that is none of it: what cannot be read again must not be written.
func (d *draft) word(name, s string) {
	d.strange = d.strange || s == "unknown"
	d.key(name)
	d.b = append(append(append(d.b, '"'), s...), '"')
}

func (d *draft) text(name, s string, limit int) {
	if s != "" {
		d.key(name)
		d.b = appendText(d.b, s, limit)
	}
}

func (d *draft) int(name string, n int64) {
	if n != 0 {
		d.key(name)
		d.b = appendInt(d.b, n)
	}
}

func (d *draft) yes(name string, b bool) {
	if b {
		d.key(name)
		d.b = append(d.b, "true"...)
	}
}

func (d *draft) tri(name string, t Tri) {
	if t != Unknown {
		d.key(name)
		d.b = strconv.AppendBool(d.b, t == Yes)
	}
}

func (d *draft) list(name string, texts []string, most, limit int) {
	if len(texts) == 0 {
		return
	}
	d.key(name)
	d.b = append(d.b, '[')
	for i, s := range texts[:min(len(texts), most)] {
		if i > 0 {
			d.b = append(d.b, ',')
		}
		d.b = appendText(d.b, s, limit)
	}
	d.b = append(d.b, ']')
}

func (d *draft) payload(name string, p Payload) {
	if p.Digest == (Hash{}) {
		return
	}
	d.key(name)
	d.b = append(d.b, '{')
	d.int(`,"bytes":`, p.Bytes)
	d.key(`,"digest":`)
	d.b = append(d.b, '"')
	d.b = hex.AppendEncode(d.b, p.Digest[:])
	d.b = append(d.b, '"')
	d.text(`,"preview":`, p.Preview, 2*maxPreview)
	if len(p.Sealed) > 0 {
		d.key(`,"sealed":`)
		d.b = append(d.b, '"')
		d.b = base64.StdEncoding.AppendEncode(d.b, p.Sealed)
		d.b = append(d.b, '"')
	}
	d.b = append(d.b, '}')
}

func (d *draft) charges(e *Entry) {
	if len(e.Charges) == 0 {
		return
	}
	d.key(`,"charges":`)
	d.b = append(d.b, '[')
	for i, c := range e.Charges {
		if i > 0 {
			d.b = append(d.b, ',')
		}
		d.b = append(d.b, '{')
		d.int(`,"limit":`, c.Limit)
		d.int(`,"n":`, c.N)
		d.text(`,"name":`, c.Name, maxWord)
		d.shard(c.Shard, e)
		d.window(c.Start, c.Window)
		d.b = append(d.b, '}')
	}
	d.b = append(d.b, ']')
}

// shard writes whose counter it is, unless it is the caller's own, as it almost always is. (A long one is written,
// because the caller's names may have been cut.)
func (d *draft) shard(shard string, e *Entry) {
	if len(shard) > maxCaller/2 || shard != e.Caller.Identity() {
		d.key(`,"shard":`)
		d.b = appendText(d.b, shard, maxShard)
	}
}

func (d *draft) window(start time.Time, window time.Duration) {
	if window > 0 {
		d.int(`,"start_ms":`, start.UnixMilli())
		d.int(`,"window_ms":`, window.Milliseconds())
	}
}

// appendCounters appends the late field: a comma and the counters, or nothing.
func appendCounters(dst []byte, e *Entry, counters []Counter) []byte {
	if len(counters) == 0 {
		return dst
	}
	d := draft{b: dst}
	d.key(`,"counters":`)
	d.b = append(d.b, '[')
	for i, c := range counters {
		if i > 0 {
			d.b = append(d.b, ',')
		}
		d.b = append(d.b, '{')
		d.text(`,"name":`, c.Name, maxWord)
		d.shard(c.Shard, e)
		if c.Window > 0 {
			d.int(`,"start_ms":`, c.Start.UnixMilli())
		}
		d.int(`,"used":`, c.Used)
		d.int(`,"window_ms":`, c.Window.Milliseconds())
		d.b = append(d.b, '}')
	}
	return append(d.b, ']')
}

func (d *draft) usage(e *Entry) {
	if len(e.Usage) == 0 {
		return
	}
	d.key(`,"usage":`)
	d.b = append(d.b, '[')
	for i, u := range e.Usage {
		if i > 0 {
			d.b = append(d.b, ',')
		}
		d.b = append(d.b, '{')
		d.int(`,"bound":`, u.Bound)
		d.text(`,"call":`, u.Call, maxID)
		d.shard(u.Shard, e)
		d.int(`,"tokens":`, u.Tokens)
		d.b = append(d.b, '}')
	}
	d.b = append(d.b, ']')
}

func (d *draft) control(c *Control) {
	if c == nil {
		return
	}
	d.key(`,"control":`)
	d.b = append(d.b, '{')
	d.text(`,"action":`, string(c.Action), maxShort)
	d.text(`,"by":`, c.By, maxCaller)
	d.list(`,"calls":`, c.Calls, maxCalls, maxID)
	d.int(`,"count":`, c.Count)
	d.text(`,"reason":`, c.Reason, maxReason)
	d.text(`,"subject":`, c.Subject, maxReason)
	d.b = append(d.b, '}')
}

// findings writes the counts by kind, sorted.
func (d *draft) findings(found map[string]int) {
	if len(found) == 0 {
		return
	}
	found = foldFindings(found)
	d.key(`,"findings":`)
	d.b = append(d.b, '[')
	for i, kind := range slices.Sorted(maps.Keys(found)) {
		if i > 0 {
			d.b = append(d.b, ',')
		}
		d.finding(kind, int64(found[kind]))
	}
	d.b = append(d.b, ']')
}

// foldFindings sums the kinds beyond the limit as "other".
func foldFindings(found map[string]int) map[string]int {
	if len(found) <= MaxFindings {
		return found
	}
	folded := make(map[string]int, MaxFindings)
	for i, kind := range slices.Sorted(maps.Keys(found)) {
		if i < MaxFindings-1 {
			folded[kind] += found[kind]
		} else {
			folded["other"] += found[kind]
		}
	}
	return folded
}

func (d *draft) finding(kind string, count int64) {
	d.b = append(d.b, '{')
	d.int(`,"count":`, count)
	d.text(`,"kind":`, kind, maxShort)
	d.b = append(d.b, '}')
}
