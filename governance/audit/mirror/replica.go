package mirror

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// Where replicas are in the state.
const (
	collection = "replicas"         // replicas/ID: a Replica
	streams    = "replica-journal/" // and the ID: its lines
)

// silence is how long a replica may say nothing before it counts as gone: it speaks four times in it.
const silence = 20 * time.Second

// A Store is state of both kinds. What it lists and streams must be seen by all replicas.
type Store interface {
	state.Backend
	state.Log
}

// A Replica is what one kernel says of itself to those it shares state with.
type Replica struct {
	ID      string               `json:"id"`                // made from its first key
	Name    string               `json:"name,omitempty"`    // for people, as of its machine
	Version string               `json:"version,omitempty"` // of the program
	Key     string               `json:"key"`               // that signs its heads now
	Retired []primitives.Retired `json:"retired,omitempty"` // that signed before, each of which signed for the next
	Head    []byte               `json:"head,omitempty"`    // the newest signed head over lines that were sent
	Entries uint64               `json:"entries"`           // number of the newest line that was sent
	Behind  uint64               `json:"behind"`            // entries that were written and not sent, when it was last seen
	Began   time.Time            `json:"began"`
	Seen    time.Time            `json:"seen"` // when it last spoke, by its own clock
	Ended   bool                 `json:"ended,omitempty"`
}

// Alive reports whether the replica has spoken lately and has not taken its leave.
func (r *Replica) Alive(now time.Time) bool { return !r.Ended && now.Sub(r.Seen) < silence }

// ID returns the id of the replica that signs with a key: 16 hex digits of the SHA-256 of its first verifier key, which stays
// the same when the key is rotated.
func ID(s *primitives.Signer) string {
	first := s.VerifierKey()
	if retired := s.Retired(); len(retired) > 0 {
		first = retired[0].Verifier
	}
	sum := sha256.Sum256([]byte(first))
	return hex.EncodeToString(sum[:8])
}

func isID(id string) bool { return regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(id) }

// Replicas returns all replicas that have ever spoken and were not forgotten, by name and id.
func Replicas(ctx context.Context, store state.Backend) ([]Replica, error) {
	var all []Replica
	for after := ""; ; {
		page, err := store.List(ctx, collection, after, state.MaxPage)
		if err != nil {
			return nil, fmt.Errorf("replicas: %w", err)
		}
		for _, e := range page {
			var r Replica
			if err := json.Unmarshal(e.Value, &r); err != nil || collection+"/"+r.ID != e.Key || !isID(r.ID) {
				return nil, fmt.Errorf("replicas: what is kept under %.80q is none", e.Key)
			}
			all = append(all, r)
		}
		if len(page) < state.MaxPage {
			break
		}
		after = strings.TrimPrefix(page[len(page)-1].Key, collection+"/")
	}
	slices.SortFunc(all, func(a, b Replica) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	return all, nil
}

// ErrUnknown says that no replica has a name or id.
var ErrUnknown = errors.New("no such replica")

// Find returns the replica with an id, or with a name that only one has.
func Find(ctx context.Context, store state.Backend, which string) (Replica, error) {
	all, err := Replicas(ctx, store)
	if err != nil {
		return Replica{}, err
	}
	var found []Replica
	for _, r := range all {
		if r.ID == which {
			return r, nil
		}
		if r.Name == which {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return Replica{}, fmt.Errorf("%w: %.80q", ErrUnknown, which)
	case 1:
		return found[0], nil
	default:
		return Replica{}, fmt.Errorf("%d replicas are called %.80q: name it by its id", len(found), which)
	}
}

// Forget removes what is kept of a replica in the shared state, its lines included. Copies of its journal stay.
func Forget(ctx context.Context, store Store, id string) error {
	if err := store.Trim(ctx, streams+id, state.Tail); err != nil {
		return fmt.Errorf("forget replica %s: %w", id, err)
	}
	if err := store.Delete(ctx, collection+"/"+id); err != nil {
		return fmt.Errorf("forget replica %s: %w", id, err)
	}
	return nil
}
