package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

// checkOptions say how sources are examined.
type checkOptions struct {
	code.Options

	language string
}

// A checkResult is what `check --output json` prints. Findings are in the order of the files.
type checkResult struct {
	Files      int             `json:"files"`
	Findings   []checkFinding  `json:"findings"`
	Total      int             `json:"total"`
	Truncated  bool            `json:"truncated"`
	Unexamined []checkProblem  `json:"unexamined"`
	Reports    []checkedSource `json:"reports"`
}

// A checkFinding is a finding and where it is.
type checkFinding struct {
	Path string `json:"path"`

	code.Finding
}

// A checkedSource says how a file was examined.
type checkedSource struct {
	Path     string        `json:"path"`
	Language code.Language `json:"language"`
	Parsed   bool          `json:"parsed"`
	Verdict  code.Verdict  `json:"verdict"`
}

// A checkProblem is a file that could not be examined.
type checkProblem struct {
	Path    string `json:"path"`
	Problem string `json:"problem"`
}

// A checkedFile is what became of one file.
type checkedFile struct {
	path    string
	skipped bool // found in a directory, and of no known language
	report  code.Report
	err     error
}

// checkSources examines what paths name, with as many workers as there are processors.
func checkSources(ctx context.Context, stdin io.Reader, paths []string, o checkOptions) *checkResult {
	sources := sourcesOf(paths)
	var (
		engine  code.Engine
		workers sync.WaitGroup
		next    = make(chan int)
	)
	done := make([]checkedFile, len(sources))
	for range min(runtime.GOMAXPROCS(0), len(sources)) {
		workers.Go(func() {
			for i := range next {
				done[i] = sources[i].examine(ctx, &engine, stdin, o)
			}
		})
	}
	for i := range sources {
		next <- i
	}
	close(next)
	workers.Wait()
	return gather(done)
}

// gather makes one result of all files.
func gather(files []checkedFile) *checkResult {
	r := &checkResult{Findings: []checkFinding{}, Unexamined: []checkProblem{}, Reports: []checkedSource{}}
	for _, f := range files {
		switch {
		case f.err != nil:
			r.Unexamined = append(r.Unexamined, checkProblem{f.path, f.err.Error()})
			continue
		case f.skipped:
			continue
		}
		r.Files++
		r.Total += f.report.Total
		r.Truncated = r.Truncated || f.report.Truncated
		r.Reports = append(r.Reports, checkedSource{f.path, f.report.Language, f.report.Parsed, f.report.Verdict})
		for _, found := range f.report.Findings {
			r.Findings = append(r.Findings, checkFinding{f.path, found})
		}
	}
	return r
}

// A checkSource is a file to examine.
type checkSource struct {
	path  string
	named bool  // on the command line; else it was found in a directory
	err   error // why it cannot be examined
}

// sourcesOf returns the files that paths name, directories searched.
func sourcesOf(paths []string) []checkSource {
	var sources []checkSource
	for _, path := range paths {
		if info, err := os.Stat(path); path != "-" && err == nil && info.IsDir() {
			sources = append(sources, sourcesBelow(path)...)
			continue
		}
		sources = append(sources, checkSource{path: path, named: true})
	}
	return sources
}

func sourcesBelow(root string) []checkSource {
	var sources []checkSource
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			sources = append(sources, checkSource{path: path, err: err})
		case entry.IsDir() && path != root && isPassedOver(entry.Name()):
			return filepath.SkipDir
		case entry.Type().IsRegular():
			sources = append(sources, checkSource{path: path})
		}
		return nil
	})
	if err != nil {
		sources = append(sources, checkSource{path: root, err: err})
	}
	return sources
}

// isPassedOver reports whether a directory of that name holds what somebody else wrote, or what is no source.
func isPassedOver(name string) bool {
	return strings.HasPrefix(name, ".") && name != ".github" && name != ".ci" || slices.Contains([]string{"node_modules", "vendor", "testdata", "__pycache__"}, name)
}

// examine reads and examines one file.
func (s checkSource) examine(ctx context.Context, engine *code.Engine, stdin io.Reader, o checkOptions) checkedFile {
	file := checkedFile{path: s.path, err: s.err}
	if file.err == nil {
		file.err = ctx.Err()
	}
	if file.err != nil {
		return file
	}
	text, known, err := s.read(stdin, o)
	if err != nil || !known {
		file.skipped, file.err = !known, err
		return file
	}
	file.report, err = engine.Check(ctx, code.Source{Code: string(text), Language: o.language, Filename: s.path}, o.Options)
	if err != nil {
		file.err = fmt.Errorf("%s: %w", s.path, err)
	}
	return file
}

// read returns a file's content, and whether it is to be examined.
func (s checkSource) read(stdin io.Reader, o checkOptions) (text []byte, known bool, err error) {
	if s.path == "-" {
		text, err = io.ReadAll(io.LimitReader(stdin, code.MaxBytes+1))
		return text, true, err
	}
	f, err := os.Open(s.path)
	if err != nil {
		return nil, true, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	head = head[:n]
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, true, err
	}
	if !s.named && (bytes.IndexByte(head, 0) >= 0 || o.language == "" && code.LanguageOf(s.path, string(head)) == "") {
		return nil, false, nil
	}
	rest, err := io.ReadAll(io.LimitReader(f, code.MaxBytes+1))
	return append(head, rest...), true, err
}
