package approval

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// collection is where books lie in the state.
const collection = "approvals"

// keep is how long a book is kept after it was last written, longer than any of its requests, so that their expiry is
// noticed by whoever looks next.
const keep = governance.MaxApprovalExpiry + 30*24*time.Hour

// A book is all requests of one principal, through whatever agents: one item of the state, so that every change to it is one compare-and-swap, and the
// number of requests is bounded exactly.
type book struct {
	Version  int       `json:"version"`
	Requests []Request `json:"requests"` // the oldest first
}

const bookVersion = 1

// keyOf is where the book of a caller's principal lies: a digest, because keys have bounds.
func keyOf(c governance.Caller) string {
	h := sha256.Sum256([]byte(c.Principal))
	return collection + "/" + hex.EncodeToString(h[:])
}

// errSame says that a change changed nothing.
var errSame = errors.New("nothing changed")

// edit changes a book, as often as it must because somebody else did at the same time: each time somebody has got on. What
// has expired is struck first, whatever becomes of the change. An error of the change is returned, and the book then stays
// as it was otherwise; errSame returns nil.
func (d *Desk) edit(ctx context.Context, key string, change func(*book) error) error {
	for {
		b, version, err := d.load(ctx, key)
		if err != nil {
			return err
		}
		over := b.strike(d.opts.Now())
		before := slices.Clone(b.Requests)
		failed := change(b)
		if failed != nil {
			b.Requests = before
			if len(over) == 0 {
				return unless(failed, errSame)
			}
		}
		switch err := d.save(ctx, key, version, b); {
		case errors.Is(err, state.ErrConflict):
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			continue
		case err != nil:
			return fmt.Errorf("approvals: %w", err)
		}
		d.expired(ctx, over)
		return unless(failed, errSame)
	}
}

func unless(err, is error) error {
	if errors.Is(err, is) {
		return nil
	}
	return err
}

func (d *Desk) load(ctx context.Context, key string) (*book, state.Version, error) {
	item, err := d.opts.Store.Get(ctx, key)
	if errors.Is(err, state.ErrNotFound) {
		return &book{Version: bookVersion}, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("approvals: %w", err)
	}
	b, err := readBook(item.Value)
	return b, item.Version, err
}

func readBook(text []byte) (*book, error) {
	b := &book{}
	if err := json.Unmarshal(text, b); err != nil {
		return nil, fmt.Errorf("approvals: what the state holds cannot be read: %w", err)
	}
	if b.Version != bookVersion {
		return nil, fmt.Errorf("approvals: version %d of what the state holds: this program reads version %d", b.Version, bookVersion)
	}
	return b, nil
}

// save writes a book, or removes one without requests.
func (d *Desk) save(ctx context.Context, key string, version state.Version, b *book) error {
	if len(b.Requests) == 0 {
		if version == 0 {
			return nil
		}
		_, err := d.opts.Store.CompareAndSwap(ctx, key, version, nil, 0)
		return err
	}
	for i := range b.Requests {
		r := &b.Requests[i]
		r.Status = r.stands(r.Needs)
	}
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	_, err = d.opts.Store.CompareAndSwap(ctx, key, version, text, keep)
	return err
}

// strike removes what has expired, and returns those of it that were never used and not refused.
func (b *book) strike(now time.Time) (over []Request) {
	b.Requests = slices.DeleteFunc(b.Requests, func(r Request) bool {
		if now.Before(r.Expires) {
			return false
		}
		if s := r.stands(r.Needs); s == Waiting || s == Granted {
			r.Status = s
			over = append(over, r)
		}
		return true
	})
	return over
}

// find returns the newest request about a digest that was not used, or nil.
func (b *book) find(digest string) *Request {
	for i := len(b.Requests) - 1; i >= 0; i-- {
		if r := &b.Requests[i]; r.Digest == digest && r.UsedBy == "" {
			return r
		}
	}
	return nil
}

// byID returns a request, or nil.
func (b *book) byID(id string) *Request {
	i := slices.IndexFunc(b.Requests, func(r Request) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return &b.Requests[i]
}

// room makes room for one more request, and reports whether there is. Those that were used make way for it.
func (b *book) room(most int) bool {
	unused := 0
	for i := range b.Requests {
		if b.Requests[i].UsedBy == "" {
			unused++
		}
	}
	if unused >= most {
		return false
	}
	for i := 0; i < len(b.Requests) && len(b.Requests) >= 2*most; {
		if b.Requests[i].UsedBy != "" {
			b.Requests = slices.Delete(b.Requests, i, i+1)
			continue
		}
		i++
	}
	return true
}
