package standard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit/mirror"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/guarded"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/state/redisstate"
	"github.com/mcp-kernel/mcp-kernel/state/sqlitestate"
)

// A Store is a driver of both kinds of state.
type Store interface {
	state.Backend
	state.Log
}

// A place is where state lies, as state.url says.
type place struct {
	scheme string // of the driver
	rest   string // behind the colon
	url    string // whole; may hold a password, so it is in no message
	common bool   // of a file: kernels with data directories of their own share it

	warn func(error) // is told of what is not as it should be; may be nil
}

// placeOf reads state.url, which may itself say where it is kept.
func placeOf(c config.Config) (place, error) {
	text := c.State.URL
	if secret.Is(text) {
		var err error
		if text, err = (secret.Resolver{}).Resolve(text); err != nil {
			return place{}, fmt.Errorf("state.url: %w", err)
		}
	}
	scheme, rest, ok := strings.Cut(strings.TrimSpace(text), ":")
	if !ok {
		return place{}, errNoScheme
	}
	p := place{scheme: strings.ToLower(scheme), rest: rest, url: text}
	if p.scheme != "sqlite" {
		return p, nil
	}
	if p.rest, p.common = strings.CutSuffix(p.rest, "?shared=true"); strings.Contains(p.rest, "?") {
		return place{}, errors.New("state.url: sqlite: knows ?shared=true and nothing else behind a question mark")
	}
	switch {
	case p.common && !filepath.IsAbs(p.rest):
		return place{}, errors.New("state.url: a file that several kernels share must be named by its whole path")
	case p.rest == "":
		p.rest = filepath.Join(c.DataDir, stateName)
	case !filepath.IsAbs(p.rest):
		p.rest = filepath.Join(c.DataDir, p.rest)
	}
	return p, nil
}

var errNoScheme = errors.New("state.url: must begin with the name of a driver and a colon")

// shared reports whether kernels on several machines have this state in common. Then it counts, and not each one's journal.
func (p place) shared() bool { return p.common || p.remote() }

// remote reports whether this state lies beyond a network, which fails in more ways than a disk.
func (p place) remote() bool {
	return slices.Contains([]string{"redis", "rediss", "dynamodb"}, p.scheme)
}

// private reports whether nobody but one process ever sees this state.
func (p place) private() bool { return p.scheme == "memory" }

// made reports whether there is anything to be read at a place yet.
func (p place) made() (bool, error) {
	if p.scheme != "sqlite" {
		return !p.private(), nil
	}
	_, err := os.Stat(p.rest)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// open opens the driver of a place.
func (p place) open(ctx context.Context, now func() time.Time) (Store, error) {
	switch p.scheme {
	case "memory":
		return memstate.New(memstate.Options{Now: now}), nil
	case "sqlite":
		return sqlitestate.Open(p.rest, sqlitestate.Options{Now: now})
	case "redis", "rediss":
		return openRedis(ctx, p.scheme+":"+p.rest, p.warn)
	default:
		return nil, fmt.Errorf("state.url: no driver is called %.20q: there are memory, sqlite, redis, rediss", p.scheme)
	}
}

// openRedis connects to Redis, whose clock is the one that counts.
func openRedis(ctx context.Context, url string, warn func(error)) (Store, error) {
	o, err := redisstate.Parse(url)
	if err != nil {
		return nil, fmt.Errorf("state.url: %w", err)
	}
	o.Warn = warn
	store, err := redisstate.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("state.url: %w", err)
	}
	return store, nil
}

func (k *Kernel) openState(ctx context.Context, o Options) error {
	if o.Store != nil {
		k.ailing, _ = o.Store.(*guarded.Store)
		k.State, k.Shared = k.metered(o.Store), true
		return k.mirror()
	}
	where, err := placeOf(k.config)
	if err != nil {
		return err
	}
	where.warn = func(err error) { k.fault("", err) }
	if k.State, err = where.open(ctx, k.Now); err != nil {
		return err
	}
	k.Shared = where.shared()
	k.own(k.State)
	if where.remote() {
		k.ailing = guarded.New(k.State, guarded.Options{Timeout: k.config.State.Timeout, Now: k.Now, OnChange: k.stateChanged})
		k.State = k.ailing
	}
	k.State = k.metered(k.State)
	if k.Shared {
		return k.mirror() // its counters are the truth, and not a copy of the journal's
	}
	if k.config.Audit.Mirror {
		return errNotMirrored
	}
	k.own(startProjector(k.Journal, k.State, k.Journal.ProcessID(), k.Now, func(err error) { k.fault("", err) }))
	return nil
}

// OpenStore opens the state that a configuration names, and reports whether kernels on several machines have it in common.
func OpenStore(ctx context.Context, c config.Config, now func() time.Time) (Store, bool, error) {
	where, err := placeOf(c)
	if err != nil {
		return nil, false, err
	}
	store, err := where.open(ctx, now)
	if err == nil && where.remote() {
		store = guarded.New(store, guarded.Options{Timeout: c.State.Timeout, Now: now})
	}
	return store, where.shared(), err
}

var errNotMirrored = errors.New("audit.mirror: needs state that several kernels share: set state.url")

// mirror begins to send the journal to those who share the state, where that is configured.
func (k *Kernel) mirror() error {
	a := k.config.Audit
	if !a.Mirror {
		return nil
	}
	name := a.MirrorName
	if name == "" {
		name, _ = os.Hostname() // it is for people: without one there is the id
	}
	sender, err := mirror.Start(mirror.Options{
		Store: k.State, Journal: k.Journal, Signer: k.Signer, Name: name, Version: k.opts.Version, Keep: uint64(a.MirrorKeep),
		Now: k.Now, Fault: func(err error) { k.fault("", err) },
	})
	if err != nil {
		return err
	}
	k.own(sender)
	return nil
}
