package compose

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// FileName is the name of the file of compositions, beside the configuration.
const FileName = "compositions.yaml"

// Bounds of the file.
const (
	maxFile  = 1 << 20 // bytes
	maxPlans = 256
)

// A file is the document.
type file struct {
	Compositions []entry `yaml:"compositions"`
}

// An entry is a composition as it is written.
type entry struct {
	Name        string `yaml:"name"`
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
	Input       any    `yaml:"input"`
	Timeout     string `yaml:"timeout"`
	Steps       []step `yaml:"steps"`
	Output      any    `yaml:"output"`
}

// A step is one as it is written.
type step struct {
	ID       string   `yaml:"id"`
	Call     string   `yaml:"call"`
	Args     any      `yaml:"args"`
	Parallel []step   `yaml:"parallel"`
	AtOnce   int      `yaml:"at_once"`
	Keep     bool     `yaml:"keep_failures"`
	When     *written `yaml:"when"`
	Then     []step   `yaml:"then"`
	Else     []step   `yaml:"else"`
	FirstOf  []step   `yaml:"first_of"`
	Refused  bool     `yaml:"even_if_refused"`
}

// written is a condition as it is written.
type written struct {
	From     string   `yaml:"from"`
	Exists   *bool    `yaml:"exists"`
	Equals   any      `yaml:"equals"`
	Differs  any      `yaml:"differs"`
	Contains string   `yaml:"contains"`
	Less     *float64 `yaml:"less"`
	Greater  *float64 `yaml:"greater"`
}

// Load reads a file of compositions. One that is not there holds none.
func Load(path string) ([]*Plan, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's file
	if errors.Is(err, fs.ErrNotExist) || path == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	plans, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return plans, nil
}

// Parse reads compositions as YAML. All faults are reported, each with the composition and its place in it.
func Parse(text []byte) ([]*Plan, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("more than %d bytes", maxFile)
	}
	var f file
	if len(strings.TrimSpace(string(text))) > 0 {
		if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
			return nil, errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
		}
	}
	if len(f.Compositions) > maxPlans {
		return nil, fmt.Errorf("%d compositions: at most %d are read", len(f.Compositions), maxPlans)
	}
	var plans []*Plan
	var faults []error
	seen := map[string]bool{}
	for i := range f.Compositions {
		e := &f.Compositions[i]
		p, err := e.plan()
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("composition %q: %w", e.Name, err))
		case seen[e.Name]:
			faults = append(faults, fmt.Errorf("there are two compositions %q", e.Name))
		}
		seen[e.Name] = true
		plans = append(plans, p)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return plans, nil
}

// plan reads one composition.
func (e *entry) plan() (*Plan, error) {
	d := Declaration{Name: e.Name, Title: e.Title, Description: e.Description, Steps: stepsOf(e.Steps), Output: e.Output}
	var faults []error
	if e.Timeout != "" {
		var err error
		if d.Timeout, err = time.ParseDuration(e.Timeout); err != nil || d.Timeout <= 0 {
			faults = append(faults, fmt.Errorf("timeout: %q: want a time such as 30s", e.Timeout))
		}
	}
	if e.Input != nil {
		schema, err := json.Marshal(e.Input)
		if err != nil {
			faults = append(faults, fmt.Errorf("input: %w", err))
		}
		d.Input = schema
	}
	p, err := New(&d)
	return p, errors.Join(append(faults, err)...)
}

// stepsOf are steps as Declarations have them. None is nil, so that an empty list is something else than no list.
func stepsOf(steps []step) []Step {
	if steps == nil {
		return nil
	}
	all := make([]Step, len(steps))
	for i := range steps {
		s := &steps[i]
		all[i] = Step{
			ID: s.ID, Call: s.Call, Args: s.Args, Parallel: stepsOf(s.Parallel), AtOnce: s.AtOnce, Keep: s.Keep,
			Then: stepsOf(s.Then), Else: stepsOf(s.Else), FirstOf: stepsOf(s.FirstOf), Refused: s.Refused,
		}
		if s.When != nil {
			c := Condition(*s.When)
			all[i].When = &c
		}
	}
	return all
}
