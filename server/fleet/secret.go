package fleet

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// How long secrets hold.
const (
	secretSize  = 32
	secretAge   = 30 * 24 * time.Hour // after which a new one is made
	secretLook  = time.Minute         // how often members look for a new one
	secretAhead = 3 * secretLook      // how long all know of a new one before it is used
	secretAfter = 24 * time.Hour      // how long what an old one has sealed can be opened
)

// A secret is what the state holds under one name: keys, the newest first.
type secret struct {
	Keys []secretKey `json:"keys"`
}

type secretKey struct {
	Key  []byte    `json:"key"`
	From time.Time `json:"from"` // when it begins to be used
}

// Secret has the members agree on a secret of a name, which whoever comes first makes. It returns what gives the keys: the
// first is for sealing, all of them are for opening. A new key is made every 30 days; it is known to all members before any of
// them uses it, and the one before opens for a day after that. A secret is as well kept as the state is: it guards against
// clients, not against who can read the state.
func (m *Member) Secret(ctx context.Context, name string) (keys func() [][]byte, err error) {
	s, err := m.agree(ctx, name)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secrets[name] = s
	return func() [][]byte {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.secrets[name].usable(m.opts.Now())
	}, nil
}

// usable are the keys that open now, with the one that seals before the others.
func (s *secret) usable(now time.Time) [][]byte {
	var keys, early [][]byte
	for _, k := range s.Keys {
		if k.From.After(now) && len(s.Keys) > 1 {
			early = append(early, k.Key)
			continue
		}
		keys = append(keys, k.Key)
	}
	return append(keys, early...)
}

// agree reads a secret, and makes what it lacks.
func (m *Member) agree(ctx context.Context, name string) (*secret, error) {
	key := "fleet/secret " + name
	const tries = 10
	for range tries {
		s := &secret{}
		item, err := m.opts.Store.Get(ctx, key)
		switch {
		case errors.Is(err, state.ErrNotFound):
		case err != nil:
			return nil, fmt.Errorf("secret %q: %w", name, err)
		default:
			if err := json.Unmarshal(item.Value, s); err != nil {
				return nil, fmt.Errorf("secret %q in the state is damaged: %w", name, err)
			}
		}
		if !s.renew(m.opts.Now()) {
			return s, nil
		}
		value, err := json.Marshal(s)
		if err == nil {
			_, err = m.opts.Store.CompareAndSwap(ctx, key, item.Version, value, 0)
		}
		switch {
		case errors.Is(err, state.ErrConflict): // another one was first
		case err != nil:
			return nil, fmt.Errorf("secret %q: %w", name, err)
		default:
			return s, nil
		}
	}
	return nil, fmt.Errorf("secret %q: %w", name, state.ErrConflict)
}

// renew makes a key where the newest is old, forgets those that nothing needs, and reports whether it made one.
func (s *secret) renew(now time.Time) bool {
	if len(s.Keys) > 0 && now.Sub(s.Keys[0].From) < secretAge {
		return false
	}
	fresh := secretKey{Key: make([]byte, secretSize), From: now}
	_, _ = rand.Read(fresh.Key) // never fails
	if len(s.Keys) > 0 {
		fresh.From = now.Add(secretAhead)
		s.Keys = s.Keys[:1] // an older one was replaced a month ago
	}
	s.Keys = append([]secretKey{fresh}, s.Keys...)
	return true
}

// trimmed is the secret without the key that was replaced long ago.
func (s *secret) trimmed(now time.Time) *secret {
	if len(s.Keys) > 1 && now.Sub(s.Keys[0].From) > secretAfter {
		return &secret{Keys: s.Keys[:1]}
	}
	return s
}

// renewSecrets looks for new keys until ctx ends.
func (m *Member) renewSecrets(ctx context.Context) {
	ticker := time.NewTicker(secretLook)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		m.mu.Lock()
		names := make([]string, 0, len(m.secrets))
		for name := range m.secrets {
			names = append(names, name)
		}
		m.mu.Unlock()
		for _, name := range names {
			m.lookFor(ctx, name)
		}
	}
}

func (m *Member) lookFor(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := m.agree(ctx, name)
	if err != nil {
		m.fault(err, "agree with")
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secrets[name] = s.trimmed(m.opts.Now())
}
