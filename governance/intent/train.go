package intent

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
	"github.com/mcp-kernel/mcp-kernel/governance/intent/linear"
)

// A Record is one call with what it is for, a line of the files in data. Its Family is the name of the file: tools that are
// alike.
type Record struct {
	Family      string          `json:"-"`
	Tool        string          `json:"tool"`
	Description string          `json:"description,omitempty"`
	Hints       Hints           `json:"hints,omitzero"`
	Args        json.RawMessage `json:"args"`
	Category    Category        `json:"category"`
}

// Call returns the record's call.
func (r *Record) Call() Call {
	return Call{Name: r.Tool, Description: r.Description, Hints: r.Hints, Args: r.Args}
}

// Records reads all files FAMILY.jsonl of a file system, in the order of their names. The error joins the faults of all
// lines, each with its file and number.
func Records(files fs.FS) ([]Record, error) {
	names, err := fs.Glob(files, "*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("records: %w", err)
	}
	slices.Sort(names)
	var all []Record
	var faults []error
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("records: %w", err)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		for n := 1; lines.Scan(); n++ {
			r := Record{Family: strings.TrimSuffix(name, ".jsonl")}
			decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&r); err != nil {
				faults = append(faults, fmt.Errorf("%s:%d: %w", name, n, err))
				continue
			}
			all = append(all, r)
		}
		faults = append(faults, lines.Err())
	}
	return all, errors.Join(faults...)
}

// Train learns a model from records and returns the file that a Classifier embeds. Equal records in equal order make equal
// files, on every machine. The error is of the first record whose arguments are not JSON.
func Train(records []Record) ([]byte, error) {
	digest := sha256.New()
	a := newAnalysis(new(code.Engine))
	var examples []linear.Example
	var err error
	for i := range records {
		if examples, err = a.examples(examples, &records[i]); err != nil {
			return nil, fmt.Errorf("record %d of %s: %w", i, records[i].Family, err)
		}
	}
	linear.Weigh(examples)
	for i := range examples {
		for _, group := range examples[i].Features.Group {
			fmt.Fprintf(digest, "%d %x\n", examples[i].Class, group)
		}
	}
	return linear.Fit(examples, [linear.DigestSize]byte(digest.Sum(nil))).Bytes(), nil
}

// examples appends what is to be learned of a record: the call as it is, and where the tool says something about itself,
// the call without that, as most tools say nothing.
func (a *analysis) examples(to []linear.Example, r *Record) ([]linear.Example, error) {
	call := r.Call()
	bare := call
	bare.Hints, bare.Description = Hints{}, ""
	calls := []Call{bare}
	if call.Hints != bare.Hints || call.Description != "" {
		calls = append(calls, call)
	}
	for i := range calls {
		if err := a.examined(&calls[i]); err != nil {
			return nil, err
		}
		e := linear.Example{Class: int(r.Category) - 1, Family: r.Family, Tool: r.Tool}
		for g, group := range a.features.Group {
			e.Features.Group[g] = slices.Clone(group)
		}
		to = append(to, e)
		a.found = a.found[:0]
	}
	return to, nil
}
