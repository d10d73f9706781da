package keys_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server/keys"
)

// TestConcurrentChanges has several processes make and revoke keys at once: none is lost.
func TestConcurrentChanges(t *testing.T) {
	t.Parallel()
	const processes, each = 4, 8
	dir, c := t.TempDir(), newClock()
	var group sync.WaitGroup
	for range processes {
		s := open(dir, c)
		group.Go(func() {
			for i := range each {
				token, k, err := s.Create("user:ada", time.Time{}, "")
				if err != nil {
					t.Error(err)
					return
				}
				if i%2 == 0 {
					if _, err := s.Revoke(k.ID); err != nil {
						t.Error(err)
					}
					refused(t, s, token, keys.ErrRevoked)
				}
			}
		})
	}
	group.Wait()
	list, err := open(dir, c).List()
	if err != nil || len(list) != processes*each {
		t.Fatalf("%d keys, %v", len(list), err)
	}
	revoked := 0
	for i, k := range list {
		if k.Status(noon()) == keys.Revoked {
			revoked++
		}
		if i > 0 && list[i-1].ID <= k.ID {
			t.Error("not the newest first")
		}
	}
	if revoked != processes*each/2 {
		t.Errorf("%d revoked", revoked)
	}
}

// TestRevokedWhileServed revokes a key that many requests are using at that moment: none is let in once it is seen.
func TestRevokedWhileServed(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock()
	server, operator := open(dir, c), open(dir, c)
	token, k := create(t, operator, "user:ada", time.Time{})
	c.pass(time.Second)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			seen := false
			for range 2000 {
				_, err := server.Authenticate(token)
				if seen && err == nil {
					t.Error("let in after it was refused")
					return
				}
				seen = errors.Is(err, keys.ErrRevoked)
				c.pass(time.Millisecond)
			}
		})
	}
	if _, err := operator.Revoke(k.ID); err != nil {
		t.Error(err)
	}
	group.Wait()
	c.pass(time.Second)
	refused(t, server, token, keys.ErrRevoked)
}
