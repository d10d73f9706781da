package policy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// maxFiles bounds what one Load reads.
const maxFiles = 1000

// Load reads the policies of files and of directories, of which it takes every *.yaml and *.yml that is neither hidden nor
// holds fixtures (*.test.yaml), sorted by name and without going deeper. A path that cannot be read and a directory without
// a policy file are faults. All faults of all files are returned at once, joined, names used twice in different files
// included; then there are no policies.
func Load(ctx context.Context, paths ...string) ([]governance.Policy, error) {
	var (
		all    decoder
		faults []error
	)
	for _, path := range paths {
		files, err := expand(path)
		if err != nil {
			faults = append(faults, err)
		}
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := all.add(file); err != nil {
				faults = append(faults, err)
			}
		}
	}
	all.validate()
	if err := errors.Join(append(faults, all.err())...); err != nil {
		return nil, err
	}
	return all.policies, nil
}

// add decodes one more file.
func (d *decoder) add(file string) error {
	data, err := read(file)
	if err != nil {
		return err
	}
	one := decode(file, data, true)
	d.policies = append(d.policies, one.policies...)
	d.faults = append(d.faults, one.faults...)
	return nil
}

// read returns the content of a file up to a little more than is allowed, which decode then reports.
func read(file string) ([]byte, error) {
	f, err := os.Open(file) //nolint:gosec // the operator names the policy files
	if err != nil {
		return nil, fmt.Errorf("policy file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("policy file: %w", err)
	}
	return data, nil
}

// expand returns the files that a path means.
func expand(path string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("policy file: %w", err)
	case !info.IsDir():
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("policy directory: %w", err)
	}
	var files []string
	for _, e := range entries {
		if isPolicyFile(e) {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	switch {
	case len(files) == 0:
		return nil, fmt.Errorf("policy directory %s: no *.yaml or *.yml in it", path)
	case len(files) > maxFiles:
		return nil, fmt.Errorf("policy directory %s: %d files, at most %d are read", path, len(files), maxFiles)
	}
	return files, nil
}

func isPolicyFile(e fs.DirEntry) bool {
	extension := strings.ToLower(filepath.Ext(e.Name()))
	return !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && (extension == ".yaml" || extension == ".yml") && !IsSuite(e.Name())
}
