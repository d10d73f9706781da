package policy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Bounds of a file of fixtures.
const (
	MaxCases = 10_000 // of one suite
	MaxTimes = 10_000 // of one step
)

// suiteEnding ends the names of files of fixtures.
const suiteEnding = ".test"

// A Suite is a file of fixtures: calls, and what the policies are to say of each.
type Suite struct {
	File        string
	PolicyFiles []string  // of the policies under test; without any it is the file beside that has no ".test" in its name
	Policies    []string  // names of those that are active; empty is all of the files
	At          time.Time // when calls are made that do not say so; never zero
	Tools       []Tool    // that are there besides those of the catalog
	Cases       []Case
}

// A Tool is one that fixtures pretend to be there, as another server's would be.
type Tool struct {
	Name  string
	Hints map[string]bool // read_only, destructive, idempotent, open_world; what is not said is the pessimistic
	Args  []string        // names of its arguments, which are texts
}

// IsSuite reports whether a file's name is that of fixtures: one that ends in .test.yaml or .test.yml.
func IsSuite(name string) bool {
	extension := filepath.Ext(name)
	lower := strings.ToLower(extension)
	return (lower == ".yaml" || lower == ".yml") && strings.HasSuffix(strings.ToLower(strings.TrimSuffix(name, extension)), suiteEnding)
}

// LoadSuites reads the fixtures of files and of directories, of which it takes every *.test.yaml and *.test.yml, sorted by
// name and without going deeper. All faults of all files are returned at once, joined; then there are no suites.
func LoadSuites(ctx context.Context, paths ...string) ([]Suite, error) {
	var suites []Suite
	var faults []error
	for _, path := range paths {
		files, err := suiteFiles(path)
		if err != nil {
			faults = append(faults, err)
		}
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			data, err := read(file)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			suite, err := DecodeSuite(file, data)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			suites = append(suites, suite)
		}
	}
	return suites, errors.Join(faults...)
}

// suiteFiles returns the files of fixtures that a path means.
func suiteFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("fixtures: %w", err)
	case !info.IsDir():
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("fixtures: %w", err)
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && IsSuite(e.Name()) {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	switch {
	case len(files) == 0:
		return nil, fmt.Errorf("directory %s: no *.test.yaml or *.test.yml in it", path)
	case len(files) > maxFiles:
		return nil, fmt.Errorf("directory %s: %d files of fixtures, at most %d are read", path, len(files), maxFiles)
	}
	return files, nil
}

// Files returns the paths of the policy files under test, relative to where the suite lies.
func (s *Suite) Files() []string {
	if len(s.PolicyFiles) == 0 {
		extension := filepath.Ext(s.File)
		base := strings.TrimSuffix(s.File, extension)
		return []string{base[:max(len(base)-len(suiteEnding), 0)] + extension}
	}
	files := make([]string, len(s.PolicyFiles))
	for i, file := range s.PolicyFiles {
		files[i] = filepath.FromSlash(file)
		if !filepath.IsAbs(files[i]) {
			files[i] = filepath.Join(filepath.Dir(s.File), files[i])
		}
	}
	return files
}
