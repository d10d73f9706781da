package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// A tail is the fold over the journal up to one entry, cached in a file so that opening needs to read only what follows.
// Its last line is an HMAC under the journal's secret: a file that is damaged or stale is no fault, it is rebuilt.
type tail struct {
	Seq     uint64              `json:"seq"`
	Hash    Hash                `json:"hash"`
	Root    Hash                `json:"root"` // of the tree of size Seq, whose tiles are stored
	At      time.Time           `json:"at"`
	Segment uint64              `json:"segment"` // first entry of the segment that the next entry is appended to
	End     int64               `json:"end"`     // bytes of it that are folded
	Last    int64               `json:"last"`    // where in it the last folded line begins; equals End when there is none
	Frozen  *FrozenError        `json:"frozen,omitempty"`
	Counts  []tailCount         `json:"counters,omitempty"`
	Running map[string][]string `json:"running,omitempty"` // process: calls without an outcome
}

type tailCount struct {
	Shard  string `json:"shard"`
	Name   string `json:"name"`
	Length int64  `json:"window_ms,omitempty"`
	Start  int64  `json:"start_ms,omitempty"`
	Used   int64  `json:"used"`
}

// tail returns the fold as it stands, for the tree that was just stored.
func (j *Journal) tail(root Hash) tail {
	t := tail{
		Seq: j.at.seq, Hash: j.at.hash, Root: root, At: j.at.time, Segment: j.seg.first, End: j.seg.end, Last: j.at.line,
		Frozen: j.frozen.Load(), Running: map[string][]string{},
	}
	for process, calls := range j.running {
		for call := range calls {
			t.Running[process] = append(t.Running[process], call)
		}
	}
	j.ledger.mu.Lock()
	defer j.ledger.mu.Unlock()
	for w, a := range j.ledger.accounts {
		if a.folded > 0 {
			t.Counts = append(t.Counts, tailCount{w.shard, w.name, w.length, w.start, a.folded})
		}
	}
	return t
}

// encode returns the tail with its HMAC.
func (t *tail) encode(secret []byte) ([]byte, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	return hex.AppendEncode(append(body, '\n'), authenticate(secret, body)), nil
}

func authenticate(secret, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("tail\n"))
	mac.Write(body)
	return mac.Sum(nil)
}

// readTail reads a cached tail.
func readTail(name string, secret []byte) (*tail, error) {
	raw, err := os.ReadFile(name) //nolint:gosec // a path within the data directory
	if err != nil {
		return nil, err
	}
	body, mac, _ := bytes.Cut(raw, []byte("\n"))
	want := hex.AppendEncode(nil, authenticate(secret, body))
	if !hmac.Equal(mac, want) {
		return nil, fmt.Errorf("%s: not authentic", name)
	}
	var t tail
	if err := json.Unmarshal(body, &t); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &t, nil
}

// restore makes the tail the journal's state.
func (j *Journal) restore(t *tail) {
	j.at = place{seq: t.Seq, hash: t.Hash, time: t.At, line: t.Last}
	j.running = make(map[string]map[string]struct{})
	for process, calls := range t.Running {
		for _, call := range calls {
			j.start(process, call)
		}
	}
	j.ledger.mu.Lock()
	defer j.ledger.mu.Unlock()
	j.ledger.rebase()
	for _, c := range t.Counts {
		j.ledger.at(window{c.Shard, c.Name, c.Length, c.Start}).folded = c.Used
	}
	j.setFrozen(t.Frozen)
}
