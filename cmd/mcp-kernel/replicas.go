package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/audit/mirror"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

func (a *app) replicas() *cobra.Command {
	return group(&cobra.Command{
		Use:   "replicas",
		Short: "Show the kernels that share state, and keep copies of their journals",
		Long: `Kernels that share state (state.url) each keep a journal of their own, with a key of their own. With audit.mirror they also
send it to that state, and whoever has access to it keeps checked copies: every line is held against its hash and the one
before, every signed head against the tree, and every key against the one that was seen first. Verbs of audit read a copy with
--replica.`,
		Example: `  mcp-kernel replicas list
  mcp-kernel replicas fetch
  mcp-kernel audit verify --replica all
  mcp-kernel audit query --replica all --event POLICY_VIOLATION`,
	}, a.replicasList(), a.replicasFetch(), a.replicasForget())
}

// A replicaLine is one kernel, as `replicas list --output json` prints it.
type replicaLine struct {
	ID      string    `json:"id"`
	Name    string    `json:"name,omitempty"`
	Alive   bool      `json:"alive"` // has spoken lately, and not taken leave
	Version string    `json:"version,omitempty"`
	Key     string    `json:"key"`
	Entries uint64    `json:"entries"` // sent
	Behind  uint64    `json:"behind"`  // written and not sent, when it last spoke
	Began   time.Time `json:"began"`
	Seen    time.Time `json:"seen"`
}

func (a *app) replicasList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Show who shares the state, and how far its journal was sent",
		Long: `List shows every kernel that has sent its journal to the shared state, whether it is still there, and how many entries it had
written and not sent when it last spoke.`,
		Example: `  mcp-kernel replicas list -o json | jq -r '.[] | select(.alive | not) | .id'`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			lines := []replicaLine{}
			err = withReplicas(cmd.Context(), c, func(store standard.Store) error {
				all, err := mirror.Replicas(cmd.Context(), store)
				for _, r := range all {
					lines = append(lines, replicaLine{r.ID, r.Name, r.Alive(time.Now()), r.Version, r.Key, r.Entries, r.Behind, r.Began, r.Seen})
				}
				return err
			})
			if err != nil {
				return err
			}
			return a.print(lines, func(t *table) {
				t.row("ID", "NAME", "ALIVE", "ENTRIES", "BEHIND", "SEEN", "VERSION")
				for _, r := range lines {
					t.row(r.ID, orDash(r.Name), map[bool]string{true: "yes", false: "no"}[r.Alive], strconv.FormatUint(r.Entries, 10), strconv.FormatUint(r.Behind, 10), r.Seen.Format(time.RFC3339), orDash(r.Version))
				}
			})
		},
	}
}

// A fetchedLine is what `replicas fetch --output json` prints of one kernel.
type fetchedLine struct {
	ID       string `json:"id"`
	Name     string `json:"name,omitempty"`
	Dir      string `json:"dir"`       // of the copy
	New      uint64 `json:"new"`       // entries that came now
	Last     uint64 `json:"last"`      // newest entry of the copy
	SignedTo uint64 `json:"signed_to"` // covered by a signed head
	FirstKey bool   `json:"first_key"` // the key was seen for the first time
	Fault    string `json:"fault,omitempty"`
}

func (a *app) replicasFetch() *cobra.Command {
	return &cobra.Command{
		Use:   "fetch [REPLICA...]",
		Short: "Bring the copies of journals up to what was sent",
		Long: `Fetch keeps copies in the folder replicas of the data directory: of the kernels that are named, by name or id, or of all. What is
not as it was written stays out and is told, with exit code 1; what came before it is kept. Whoever keeps copies on another
machine, and fetches often, finds later whatever was changed or cut off on the first.`,
		Example: `  mcp-kernel replicas fetch
  mcp-kernel replicas fetch web-1 --data-dir /media/evidence`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				args = []string{allReplicas}
			}
			lines, bad := []fetchedLine{}, false
			err = withReplicas(cmd.Context(), c, func(store standard.Store) error {
				for _, which := range args {
					found, err := meant(cmd.Context(), store, which)
					if err != nil {
						return err
					}
					for _, r := range found {
						f, err := mirror.Fetch(cmd.Context(), store, r, c.DataDir)
						line := fetchedLine{ID: r.ID, Name: r.Name, Dir: f.Dir, New: f.New, Last: f.Last, SignedTo: f.Signed, FirstKey: f.First}
						if err != nil {
							line.Fault, bad = err.Error(), true
						}
						lines = append(lines, line)
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			if err := a.print(lines, func(t *table) { fetchedRows(t, lines) }); err != nil || !bad {
				return err
			}
			return errFound
		},
	}
}

func fetchedRows(t *table, lines []fetchedLine) {
	t.row("ID", "NAME", "NEW", "ENTRIES", "SIGNED", "KEY", "FAULT")
	for _, f := range lines {
		key := "known"
		if f.FirstKey {
			key = "first seen"
		}
		t.row(f.ID, orDash(f.Name), strconv.FormatUint(f.New, 10), strconv.FormatUint(f.Last, 10), strconv.FormatUint(f.SignedTo, 10), key, orDash(f.Fault))
	}
}

func (a *app) replicasForget() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "forget REPLICA --yes",
		Short: "Remove what the shared state holds of a kernel that is gone",
		Long: `Forget removes a kernel and the lines of its journal from the shared state. Copies that were fetched stay; what was not fetched,
and is not on its machine any more, is gone for good. One that still runs is not forgotten.`,
		Example: `  mcp-kernel replicas fetch web-1
  mcp-kernel replicas forget web-1 --yes`,
		Args: arguments(1, 1, "one replica, by name or id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes {
				return misused(cmd, "it cannot be undone: fetch its journal first, and then say --yes")
			}
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			return withReplicas(cmd.Context(), c, func(store standard.Store) error {
				r, err := mirror.Find(cmd.Context(), store, args[0])
				if err != nil {
					return err
				}
				if r.Alive(time.Now()) {
					return fmt.Errorf("replica %s (%s) still runs", r.ID, orDash(r.Name))
				}
				return mirror.Forget(cmd.Context(), store, r.ID)
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "it is meant")
	return cmd
}
