package hosts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Why a file is not touched.
var (
	ErrForeign = errors.New("the file is not ours to change")
	ErrChanged = errors.New("the file was changed meanwhile")
)

// maxFile bounds a host's file, in bytes. Claude Code keeps much besides its servers in one.
const maxFile = 64 << 20

// A Launch is how a host starts the kernel.
type Launch struct {
	Command string // the whole path
	Args    []string
}

// A Step is one change of a document, with what undoes it. Texts are as Document.Raw has them.
type Step struct {
	Path []string `json:"path"`
	Old  string   `json:"old,omitempty"` // empty: there was nothing
	New  string   `json:"new,omitempty"` // empty: there is nothing now
}

// A Change is what would become of a file. It holds until somebody else writes the file.
type Change struct {
	Place Place
	Steps []Step

	target  string // the file behind all links
	before  []byte
	after   []byte
	mode    fs.FileMode
	existed bool
	remove  bool
}

// Plan says what would change if the kernel stood in a host's list of servers and those named move did not. Nothing is written.
func Plan(p Place, l Launch, move []string) (*Change, error) {
	if p.Hooks {
		return nil, fmt.Errorf("%w: %s lists no servers", ErrUnknown, p.File)
	}
	return plan(p, func(e *editor) error {
		for _, name := range move {
			if name == Own {
				continue
			}
			if err := e.remove(p.key, name); err != nil {
				return err
			}
		}
		return e.set(p.launch(l), p.key, Own)
	})
}

// launch is the entry as the host wants it.
func (p Place) launch(l Launch) any {
	type entry struct {
		Source  string   `json:"source,omitempty"`
		Type    string   `json:"type,omitempty"`
		Command string   `json:"command"`
		Args    []string `json:"args"`
	}
	e := entry{Type: p.kind, Command: l.Command, Args: l.Args}
	if p.Host == "zed" {
		e.Source, e.Type = p.kind, ""
	}
	return e
}

// PlanHooks says what would change if the host asked the kernel before and after it uses tools of its own. A command is what the host's
// shell runs, by the name of the event.
func PlanHooks(p Place, commands map[string]string) (*Change, error) {
	if !p.Hooks {
		return nil, fmt.Errorf("%w: %s has no hooks", ErrUnknown, p.File)
	}
	type command struct {
		Type    string `json:"type"`
		Command string `json:"command"`
	}
	type matcher struct {
		Matcher string    `json:"matcher"`
		Hooks   []command `json:"hooks"`
	}
	return plan(p, func(e *editor) error {
		for _, event := range []string{"PreToolUse", "PostToolUse"} {
			if commands[event] == "" {
				continue
			}
			if err := e.appendOnce(matcher{"*", []command{{"command", commands[event]}}}, p.key, event); err != nil {
				return err
			}
		}
		return nil
	})
}

// plan reads a file and has it edited.
func plan(p Place, edit func(*editor) error) (*Change, error) {
	c, err := look(p)
	if err != nil {
		return nil, err
	}
	d, err := Parse(c.before)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.File, err)
	}
	e := &editor{doc: d}
	if err := edit(e); err != nil {
		return nil, fmt.Errorf("%s: %w", p.File, err)
	}
	c.Steps, c.after = e.steps, d.Bytes()
	if len(c.Steps) == 0 {
		c.after = c.before
	}
	return c, nil
}

// look reads a file as it stands, if it is ours to change.
func look(p Place) (*Change, error) {
	target, err := resolve(p)
	if err != nil {
		return nil, err
	}
	c := &Change{Place: p, target: target, mode: 0o600}
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is no plain file", ErrForeign, target)
	case !owned(info):
		return nil, fmt.Errorf("%w: %s belongs to another user", ErrForeign, target)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrForeign, target, maxFile)
	}
	c.existed, c.mode = true, info.Mode().Perm()
	c.before, err = os.ReadFile(target) //nolint:gosec // a host's own file
	return c, err
}

// resolve follows links, of the file and of folders on the way. They may lead anywhere below the place's base: people keep their settings
// in folders of their own, and projects are other people's.
func resolve(p Place) (string, error) {
	base, err := filepath.EvalSymlinks(p.Base)
	if errors.Is(err, fs.ErrNotExist) {
		base, err = p.Base, nil
	}
	if err != nil {
		return "", err
	}
	target, err := real(p.File)
	if err != nil {
		return "", err
	}
	if !below(base, target) {
		return "", fmt.Errorf("%w: %s leads to %s, which is not below %s", ErrForeign, p.File, target, base)
	}
	return target, nil
}

// real is a path without links, of which the last parts need not exist.
func real(path string) (string, error) {
	found, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return found, err
	}
	if _, err := os.Lstat(path); err == nil {
		return "", fmt.Errorf("%w: %s is a link to nothing", ErrForeign, path)
	}
	dir := filepath.Dir(path)
	if dir == path {
		return path, nil
	}
	if dir, err = real(dir); err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Empty reports whether nothing would change.
func (c *Change) Empty() bool { return bytes.Equal(c.before, c.after) && !c.Removes() }

// Removes reports whether the file goes away.
func (c *Change) Removes() bool { return c.remove && c.existed }

// Diff is what would change, in the form that patch reads, but with what may be a secret hidden.
func (c *Change) Diff() (string, error) {
	before, after := "/dev/null", "/dev/null"
	var texts [2]string
	for i, text := range [][]byte{c.before, c.after} {
		d, err := Parse(text)
		if err != nil {
			return "", err
		}
		if texts[i] = d.masked(); len(text) == 0 {
			texts[i] = ""
		}
	}
	if c.existed {
		before = c.Place.File
	}
	if !c.remove {
		after = c.Place.File
	}
	return clean(unified(texts[0], texts[1], before, after))
}

// An editor changes a document, and notes each step.
type editor struct {
	doc   *Document
	steps []Step
}

// set writes a value, and what is missing on the way as steps of their own.
func (e *editor) set(v any, path ...string) error {
	if err := e.make("{}", path[:len(path)-1]); err != nil {
		return err
	}
	s := Step{Path: path, Old: e.doc.Raw(path...)}
	if s.Old != "" && same(s.Old, v) {
		return nil
	}
	if err := e.doc.Set(v, path...); err != nil {
		return err
	}
	s.New = e.doc.Raw(path...)
	e.steps = append(e.steps, s)
	return nil
}

// make makes what is missing of a path.
func (e *editor) make(last string, path []string) error {
	for i := range path {
		if e.doc.Raw(path[:i+1]...) != "" {
			continue
		}
		text := "{}"
		if i == len(path)-1 {
			text = last
		}
		if err := e.doc.SetRaw(text, path[:i+1]...); err != nil {
			return err
		}
		e.steps = append(e.steps, Step{Path: slices.Clone(path[:i+1]), New: text})
	}
	return nil
}

// remove takes out what is there.
func (e *editor) remove(path ...string) error {
	old := e.doc.Raw(path...)
	if was, err := e.doc.Remove(path...); err != nil || !was {
		return err
	}
	e.steps = append(e.steps, Step{Path: path, Old: old})
	return nil
}

// appendOnce writes an element behind the others of an array, unless there is one like it.
func (e *editor) appendOnce(v any, path ...string) error {
	if err := e.make("[]", path); err != nil {
		return err
	}
	if raw := e.doc.Raw(path...); raw[0] != '[' {
		return fmt.Errorf("%w: %s is no array", ErrPath, path[len(path)-1])
	}
	for _, name := range e.doc.Names(path...) {
		if same(e.doc.Raw(append(slices.Clone(path), name)...), v) {
			return nil
		}
	}
	if err := e.doc.Set(v, append(slices.Clone(path), End)...); err != nil {
		return err
	}
	names := e.doc.Names(path...)
	e.steps = append(e.steps, Step{Path: append(slices.Clone(path), End), New: e.doc.Raw(append(slices.Clone(path), names[len(names)-1])...)})
	return nil
}

// same reports whether a text means a value.
func same(raw string, v any) bool {
	want, err := json.Marshal(v)
	return err == nil && alike(raw, string(want))
}

// alike reports whether two texts mean the same.
func alike(a, b string) bool {
	one, two := meaning(a), meaning(b)
	return one != nil && bytes.Equal(one, two)
}

// meaning is a text with its members in order and without what means nothing; nil for what is no JSON.
func meaning(raw string) []byte {
	d, err := Parse([]byte(raw))
	if err != nil {
		return nil
	}
	var v any
	if _, err := d.Decode(&v); err != nil {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return text
}
