package standard

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/bundle"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// publishedName is the folder of the data directory with the policies that were fetched.
const publishedName = "published"

func publishedIn(c config.Config) bundle.Folder {
	return bundle.Folder(filepath.Join(c.DataDir, publishedName))
}

// published reports whether the policies are those that publishers have put into the state, and no files of this machine.
func (k *Kernel) published() bool { return len(k.config.Governance.Publishers) > 0 }

// publishers are the keys that may sign policies.
func publishers(c config.Config) ([]*primitives.Verifier, error) {
	var keys []*primitives.Verifier
	for i, text := range c.Governance.Publishers {
		key, err := primitives.ParseVerifierKey(text)
		if err != nil {
			return nil, fmt.Errorf("governance.publishers[%d]: %w", i, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// fetchPolicies brings the published policies to this machine before they are loaded for the first time. When the state cannot
// be reached, or what is there is not authentic or does not load, those that were fetched before go on to hold.
func (k *Kernel) fetchPolicies(ctx context.Context, o Options) (err error) {
	if !k.published() {
		return nil
	}
	store := o.Store
	if store == nil {
		if store, _, err = OpenStore(ctx, k.config, k.Now); err != nil {
			return k.unfetched(err)
		}
		defer func() { err = errors.Join(err, store.Close()) }()
	}
	if _, err := k.fetch(ctx, store, func(context.Context, *governance.Set) error { return nil }); err != nil {
		return k.unfetched(err)
	}
	return nil
}

// unfetched is why nothing was fetched: a fault while there are policies from before, and else the end.
func (k *Kernel) unfetched(why error) error {
	if _, _, err := publishedIn(k.config).Current(); err != nil {
		return fmt.Errorf("policies: %w", why)
	}
	k.fault("", fmt.Errorf("the policies that were published before go on to hold: %w", why))
	return nil
}

// fetch looks for newer policies and, where they load and can be put in force, makes them those that hold from now on. fresh
// says that there were some.
func (k *Kernel) fetch(ctx context.Context, store Store, force func(context.Context, *governance.Set) error) (fresh bool, err error) {
	keys, err := publishers(k.config)
	if err != nil {
		return false, err
	}
	b, err := bundle.Head(ctx, store, keys...)
	if err != nil {
		return false, err
	}
	folder := publishedIn(k.config)
	if _, serial, err := folder.Current(); err == nil && b.Serial == serial {
		return false, nil
	}
	files, err := bundle.Files(ctx, store, b)
	if err != nil {
		return false, err
	}
	dir, err := folder.Unpack(b, files)
	if err != nil {
		return false, err
	}
	set, err := loadPolicies(ctx, k.config, func(ctx context.Context) ([]governance.Policy, error) { return policy.Load(ctx, dir) })
	if err == nil {
		err = force(ctx, set)
	}
	if err == nil {
		err = folder.Hold(b)
	}
	return err == nil, err
}

// update puts newer policies in force while the kernel runs. The same fault is told once.
func (c *commons) update(ctx context.Context, follow *FollowOptions) error {
	c.k.reloading.Lock()
	defer c.k.reloading.Unlock()
	var r Reload
	fresh, err := c.k.fetch(ctx, c.k.State, func(ctx context.Context, set *governance.Set) (err error) {
		r, err = c.k.replace(ctx, set)
		return err
	})
	c.k.unread.note(ctx, err)
	switch {
	case err == nil:
		c.told = ""
		if fresh && r.Any() && follow.Reloaded != nil {
			follow.Reloaded(r) // must not reload itself
		}
	case ctx.Err() != nil:
		return ctx.Err()
	case err.Error() != c.told:
		c.told = err.Error()
		if follow.Refused != nil {
			follow.Refused(err)
		}
	}
	return nil
}
