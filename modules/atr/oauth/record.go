package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// An Account is whose tokens for which server are meant.
type Account struct {
	Server    string // its name
	Principal string // who calls it
	URL       string // where it is
}

// logins is the collection that logins are kept in.
const logins = "logins"

// key is where the account's tokens are kept: the digest keeps what a person is called out of it.
func (a *Account) key() string {
	sum := sha256.Sum256([]byte(a.Principal))
	return logins + "/" + a.Server + "/" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// owner is what the account's tokens are bound to. Those that were got for another address are of no use.
func (a *Account) owner() string {
	return strings.Join([]string{"mcp-kernel login 1", a.Server, a.Principal, a.URL}, "\x00")
}

// A record is what is kept of a login, and all that is needed to renew its tokens.
type record struct {
	Login    string    `json:"login"` // its id: a renewed token is of the same
	Issuer   string    `json:"issuer"`
	Token    string    `json:"token"` // the addresses of the issuer
	Revoke   string    `json:"revoke,omitempty"`
	Resource string    `json:"resource"`
	Client   string    `json:"client"`
	Secret   string    `json:"secret,omitempty"` // of a client that has registered itself
	Method   string    `json:"method"`
	Access   string    `json:"access,omitempty"` // empty when it is of no use any more
	Refresh  string    `json:"refresh,omitempty"`
	Scopes   []string  `json:"scopes,omitempty"` // that it has, as far as is known
	Wanted   []string  `json:"wanted,omitempty"` // that the server has asked for since
	Got      time.Time `json:"got"`
	Expires  time.Time `json:"expires"`
}

// fresh reports whether the token can be used.
func (r *record) fresh(now time.Time) bool {
	return r.Access != "" && now.Before(r.Expires) && !now.Before(r.Got.Add(-slack))
}

// taken puts new tokens into the record. A token is renewed a little before it ends.
func (r *record) taken(t *tokens, now time.Time) {
	r.Access, r.Got, r.Expires = t.access, now, now.Add(t.life-min(slack, t.life/10))
	if t.refresh != "" {
		r.Refresh = t.refresh
	}
	if t.scopes != nil {
		r.Scopes = t.scopes
	}
}

// A kept record is one as it was read.
type kept struct {
	record

	version state.Version
	lease   time.Time // until when somebody renews the tokens; zero is nobody
}

// An item is what is written.
type item struct {
	Lease  int64  `json:"lease,omitempty"` // milliseconds of Unix time
	Sealed []byte `json:"sealed"`
}

// load reads what is kept of an account; nil is nothing, or nothing that is of use.
func (k *Keeper) load(ctx context.Context, a *Account) (*kept, error) {
	found, err := k.o.State.Get(ctx, a.key())
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, fmt.Errorf("login of server %s: %w", a.Server, err)
	}
	key, err := k.key()
	if err != nil {
		return nil, err
	}
	var i item
	if err := json.Unmarshal(found.Value, &i); err != nil {
		return nil, fmt.Errorf("login of server %s: %w", a.Server, err)
	}
	text, err := unseal(key, i.Sealed, a.owner())
	if err != nil {
		return &kept{version: found.Version}, nil //nolint:nilerr // it can only be made anew
	}
	r := &kept{version: found.Version}
	if i.Lease != 0 {
		r.lease = time.UnixMilli(i.Lease)
	}
	if err := json.Unmarshal(text, &r.record); err != nil {
		return nil, fmt.Errorf("login of server %s: %w", a.Server, err)
	}
	return r, nil
}

// save writes a record in the place of the one that was read, unless that is another by now: state.ErrConflict.
func (k *Keeper) save(ctx context.Context, a *Account, r *kept) error {
	key, err := k.key()
	if err != nil {
		return err
	}
	text, err := json.Marshal(&r.record) //nolint:gosec // it is sealed
	if err != nil {
		return err
	}
	i := item{}
	if !r.lease.IsZero() {
		i.Lease = r.lease.UnixMilli()
	}
	if i.Sealed, err = seal(key, text, a.owner()); err != nil {
		return err
	}
	value, err := json.Marshal(i)
	if err != nil {
		return err
	}
	version, err := k.o.State.CompareAndSwap(ctx, a.key(), r.version, value, 0)
	if err != nil {
		return fmt.Errorf("login of server %s: %w", a.Server, err)
	}
	r.version = version
	return nil
}
