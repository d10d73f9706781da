package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/audit/mirror"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// allReplicas is what --replica names when it is all of them.
const allReplicas = "all"

// A source is a journal that a verb reads: that of the data directory, or the copy of a replica's.
type source struct {
	dir  string         // that audit.OpenReader takes
	keys audit.Keys     // nil are those of the data directory
	of   mirror.Replica // zero for the data directory's own
}

// ofReplica adds the flag that has a verb read another kernel's journal.
func ofReplica(cmd *cobra.Command, several bool) {
	usage := "`name` or id of a kernel that shares state with this one: fetch its journal and read that"
	if several {
		usage += `; "all" reads each of them`
	}
	cmd.Flags().String("replica", "", usage)
}

// sources returns the journals that a verb is to read.
func (a *app) sources(cmd *cobra.Command) ([]source, error) {
	c, err := a.configuration(cmd)
	if err != nil {
		return nil, err
	}
	which, err := cmd.Flags().GetString("replica")
	if err != nil || which == "" {
		return []source{{dir: c.DataDir}}, err
	}
	var all []source
	err = withReplicas(cmd.Context(), c, func(store standard.Store) error {
		found, err := meant(cmd.Context(), store, which)
		if err != nil {
			return err
		}
		for _, r := range found {
			f, err := mirror.Fetch(cmd.Context(), store, r, c.DataDir)
			if err != nil {
				return err
			}
			if err := a.remark(r, f); err != nil {
				return err
			}
			all = append(all, source{dir: f.Dir, keys: f.Keys, of: r})
		}
		return nil
	})
	return all, err
}

// source returns the one journal that a verb is to read.
func (a *app) source(cmd *cobra.Command) (source, error) {
	if which, err := cmd.Flags().GetString("replica"); err == nil && which == allReplicas {
		return source{}, misused(cmd, "--replica: name one: `mcp-kernel replicas list` shows them")
	}
	all, err := a.sources(cmd)
	if err != nil {
		return source{}, err
	}
	return all[0], nil
}

// meant are the replicas that were asked for.
func meant(ctx context.Context, store standard.Store, which string) ([]mirror.Replica, error) {
	if which != allReplicas {
		r, err := mirror.Find(ctx, store, which)
		if err != nil {
			err = fmt.Errorf("%w: `mcp-kernel replicas list` shows them", err)
		}
		return []mirror.Replica{r}, err
	}
	found, err := mirror.Replicas(ctx, store)
	if err == nil && len(found) == 0 {
		err = errNoReplicas
	}
	return found, err
}

var (
	errNoReplicas = errors.New("no kernel has sent its journal: set audit.mirror where they run")
	errUnshared   = errors.New("state.url names state of this machine alone, which no other kernel shares")
)

// withReplicas opens the state that kernels share.
func withReplicas(ctx context.Context, c config.Config, do func(standard.Store) error) (err error) {
	store, shared, err := standard.OpenStore(ctx, c, time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if !shared {
		return errUnshared
	}
	return do(store)
}

// remark tells, beside the answer, what was fetched for it, and that a key was taken on trust.
func (a *app) remark(r mirror.Replica, f mirror.Fetched) error {
	trust := ""
	if f.First {
		trust = "; its key was seen for the first time: compare it with `mcp-kernel audit key` there"
	}
	_, err := fmt.Fprintf(a.err, "replica %s (%s): %d new entries, %d in all, signed up to %d%s\n", r.ID, orDash(r.Name), f.New, f.Last, f.Signed, trust)
	return err
}
