package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/policy/bundle"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// A publication is what `policy publish --output json` prints.
type publication struct {
	At     time.Time `json:"at"`
	Digest string    `json:"digest"` // of the files
	Key    string    `json:"key"`    // that kernels must know as one of governance.publishers
	Files  []string  `json:"files"`
}

func (a *app) policyPublish() *cobra.Command {
	return &cobra.Command{
		Use:   "publish FILE…",
		Short: "Put policies in force at all kernels that share the state",
		Long: `Publish reads policy files, or all files of folders, and when they have no fault signs them with the key of this data directory
and puts them into the state (state.url). Every kernel on that state that has the key among its governance.publishers puts
them in force within two seconds, all at once, in place of those before; one that cannot, because they do not fit what it offers,
says so and keeps what it has. Files for tests (.test.yaml) stay here.`,
		Example: `  mcp-kernel audit key                         # goes into governance.publishers of the kernels
  mcp-kernel policy publish /etc/mcp-kernel/policies`,
		Args: arguments(1, 1000, "the files or folders to publish"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			c, err := a.configuration(cmd)
			if err != nil {
				return err
			}
			files, err := readable(paths)
			if err != nil {
				return err
			}
			c.Governance.Publishers, c.Governance.PolicyFiles = nil, paths
			if _, err := standard.LoadPolicies(cmd.Context(), c); err != nil {
				return err
			}
			s, err := publisher(c)
			if err != nil {
				return err
			}
			p := publication{Key: s.VerifierKey()}
			err = withReplicas(cmd.Context(), c, func(store standard.Store) error {
				b, err := bundle.Publish(cmd.Context(), store, s, time.Now(), files...)
				p.At, p.Digest = b.At(), b.Digest
				return err
			})
			if err != nil {
				return err
			}
			for _, f := range files {
				p.Files = append(p.Files, f.Name)
			}
			return a.print(p, func(t *table) {
				t.line("%d files are published, as of %s.", len(p.Files), p.At.Format(time.RFC3339))
				t.line("They hold where governance.publishers has this key: %s", p.Key)
			})
		},
	}
}

// publisher opens the key of the data directory, and makes it where there is none: whoever publishes need not serve.
func publisher(c config.Config) (*primitives.Signer, error) {
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	s, err := primitives.OpenSigner(filepath.Join(c.DataDir, keyFile), standard.Origin, nil)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return s, nil
}

// readable reads the files that paths name: themselves, or what lies in folders and is of a policy.
func readable(paths []string) ([]bundle.File, error) {
	var files []bundle.File
	var faults []error
	for _, path := range paths {
		names := []string{path}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			names = nil
			entries, err := os.ReadDir(path)
			faults = append(faults, err)
			for _, e := range entries {
				if publishable(e) {
					names = append(names, filepath.Join(path, e.Name()))
				}
			}
		}
		for _, name := range names {
			text, err := os.ReadFile(name) //nolint:gosec // the operator names it
			faults = append(faults, err)
			files = append(files, bundle.File{Name: filepath.Base(name), Text: text})
		}
	}
	return files, errors.Join(faults...)
}

// publishable reports whether an entry of a folder is part of its policies.
func publishable(e fs.DirEntry) bool {
	name := e.Name()
	if e.IsDir() || strings.HasPrefix(name, ".") || strings.Contains(name, ".test.") {
		return false
	}
	ext := filepath.Ext(name)
	return ext == ".yaml" || ext == ".yml" || ext == ".cedar"
}
