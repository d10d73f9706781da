package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/mcp-kernel/mcp-kernel/governance/audit/merkle"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// receiptVersion is the version of the form of receipts.
const receiptVersion = 1

// maxReceipt bounds the length of a receipt in bytes.
const maxReceipt = 2 * maxSealedLine

// A Receipt proves that an entry is in the journal, to somebody who has nothing but the public key. As JSON it is one
// document; VerifyReceipt checks it.
type Receipt struct {
	Version    int             `json:"version"`
	Entry      json.RawMessage `json:"entry"`          // the canonical bytes that are hashed
	Index      uint64          `json:"index"`          // of the leaf in the tree: the entry's number less one
	Proof      []Hash          `json:"proof"`          // audit path of RFC 6962, from the leaf to the root
	Checkpoint string          `json:"checkpoint"`     // the signed head
	Salt       []byte          `json:"salt,omitempty"` // of the call's payloads, when it was asked for
}

// ReceiptOptions say what a receipt discloses.
type ReceiptOptions struct {
	Disclose bool // the call's salt, with which whoever holds arguments or result can show that they are the recorded ones
}

// Receipt makes the receipt of an entry, signing the head first when no signed one covers it.
func (j *Journal) Receipt(ctx context.Context, seq uint64, o ReceiptOptions) (Receipt, error) {
	e, body, err := j.entryAt(ctx, seq)
	if err != nil {
		return Receipt{}, err
	}
	head, err := j.SignedHead(j.keys...)
	if errors.Is(err, ErrNotFound) || head.Size < seq {
		head, err = j.Sign(ctx)
	}
	if err != nil {
		return Receipt{}, err
	}
	r, err := j.receipt(seq, body, head)
	if err == nil && o.Disclose && e.Call != "" {
		r.Salt = j.salt(e.Call)
	}
	return r, err
}

// receipt proves that an entry is under a head.
func (r *Reader) receipt(seq uint64, body []byte, head Checkpoint) (Receipt, error) {
	proof, err := merkle.Inclusion(readTile(r.dir), seq-1, head.Size)
	if err != nil {
		return Receipt{}, fmt.Errorf("receipt of entry %d: %w", seq, err)
	}
	return Receipt{Version: receiptVersion, Entry: body, Index: seq - 1, Proof: proof, Checkpoint: string(head.Note)}, nil
}

// VerifyReceipt checks a receipt with public keys alone and returns its entry. The receipt may have been formatted anew:
// the entry is brought into its canonical form before it is hashed.
func VerifyReceipt(receipt []byte, keys ...*primitives.Verifier) (Entry, Receipt, error) {
	if len(receipt) > maxReceipt {
		return Entry{}, Receipt{}, fmt.Errorf("receipt: more than %d bytes", maxReceipt)
	}
	var r Receipt
	if err := json.Unmarshal(receipt, &r); err != nil {
		return Entry{}, Receipt{}, fmt.Errorf("receipt: %w", err)
	}
	if r.Version != receiptVersion {
		return Entry{}, r, fmt.Errorf("receipt: version %d, this program reads version %d", r.Version, receiptVersion)
	}
	body, err := primitives.Canonical(r.Entry)
	if err != nil {
		return Entry{}, r, fmt.Errorf("receipt: entry: %w", err)
	}
	e, err := decodeEntry(body)
	if err != nil {
		return Entry{}, r, fmt.Errorf("receipt: %w", err)
	}
	e.Hash = sum(body)
	head, err := OpenCheckpoint([]byte(r.Checkpoint), keys...)
	if err != nil {
		return Entry{}, r, fmt.Errorf("receipt: %w", err)
	}
	if e.Seq != r.Index+1 {
		return Entry{}, r, fmt.Errorf("receipt: entry %d is said to be leaf %d", e.Seq, r.Index)
	}
	if err := merkle.VerifyInclusion(r.Proof, r.Index, head.Size, merkle.Leaf(e.Hash), head.Root); err != nil {
		return Entry{}, r, fmt.Errorf("receipt: %w", err)
	}
	return e, r, nil
}

// ConsistencyProof proves that the tree of size to begins with the tree of size from. Both must be covered by a signed
// head; from is usually the size of a head that was kept elsewhere.
func (r *Reader) ConsistencyProof(from, to uint64) ([]Hash, error) {
	return merkle.Consistency(readTile(r.dir), from, to)
}

// VerifyConsistency checks that one head's tree begins with another's.
func VerifyConsistency(proof []Hash, from, to Checkpoint) error {
	if from.Origin != to.Origin {
		return fmt.Errorf("%w: heads of %q and %q", merkle.ErrProof, from.Origin, to.Origin)
	}
	return merkle.VerifyConsistency(proof, from.Size, to.Size, from.Root, to.Root)
}

// Entry returns one entry, or ErrNotFound.
func (r *Reader) Entry(ctx context.Context, seq uint64) (Entry, error) {
	e, _, err := r.entryAt(ctx, seq)
	return e, err
}

// entryAt returns one entry and its canonical bytes.
func (r *Reader) entryAt(ctx context.Context, seq uint64) (Entry, []byte, error) {
	v, err := r.view(ctx)
	if err != nil {
		return Entry{}, nil, err
	}
	n := v.segmentOf(seq)
	if n < 0 {
		return Entry{}, nil, fmt.Errorf("%w: %d", ErrNotFound, seq)
	}
	f, err := r.open(v, n)
	if err != nil {
		return Entry{}, nil, err
	}
	defer f.Close()
	at, err := find(f, f.size, seq)
	if err != nil {
		return Entry{}, nil, err
	}
	in := newLines(io.NewSectionReader(f, at, f.size-at))
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return Entry{}, nil, fmt.Errorf("%w: %d", ErrNotFound, seq)
		}
		if err != nil {
			return Entry{}, nil, err
		}
		if got, ok := lineSeq(line); ok && got < seq {
			continue
		}
		return exactly(line, seq)
	}
}

// exactly parses the line of an entry.
func exactly(line []byte, seq uint64) (Entry, []byte, error) {
	e, err := ParseLine(line)
	if err != nil {
		return Entry{}, nil, fmt.Errorf("%w: entry %d: %w", ErrDamaged, seq, err)
	}
	if e.Seq != seq {
		return Entry{}, nil, fmt.Errorf("%w: %d", ErrNotFound, seq)
	}
	body, _, err := unframe(line)
	return e, append([]byte(nil), body...), err
}

// segmentOf returns which segment holds an entry, or -1.
func (v view) segmentOf(seq uint64) int {
	n := -1
	for i, first := range v.firsts {
		if first <= seq {
			n = i
		}
	}
	if seq == 0 {
		return -1
	}
	return n
}
