// Command gen writes the frozen evaluation sets of the detectors: testdata/detection/*.jsonl and SHA256SUMS. It is run from
// the root of the repository, go run ./testdata/detection/gen, needs no network, and writes the same bytes every time. What is
// written by hand stands in gen/hand; what has to be computed (check digits, checksums, keys) is computed here from a fixed seed.
//
// The sets are evidence: README.md beside them says how they may be changed, which is only by adding a new version.
package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A set is one file of records and how it is made.
type set struct {
	name string
	make func(hand string) ([]record, error)
}

// sets lists every set, in the order of SHA256SUMS.
func sets() []set {
	return []set{
		{"benign", benignSet},
		{"code", codeSet},
		{"definitions", definitionSet},
		{"evasion", evasionSet},
		{"injection", injectionSet},
		{"intent", intentSet},
		{"pii", piiSet},
		{"secrets", secretSet},
		{"terminal", terminalSet},
	}
}

func main() {
	dir := flag.String("dir", filepath.Join("testdata", "detection"), "the directory of the sets")
	stats := flag.Bool("stats", false, "print the number of records by class")
	flag.Parse()
	if err := run(*dir, *stats); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run makes every set, writes it, and writes the digests of all of them. A set with a fault is reported with the others'.
func run(dir string, stats bool) error {
	var sums strings.Builder
	var faults []error
	for _, s := range sets() {
		records, err := s.make(filepath.Join(dir, "gen", "hand"))
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		text, err := encode(s.name, records)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		file := s.name + ".jsonl"
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(text), file)
		if stats {
			printStats(s.name, records)
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(sums.String()), 0o644)
}
