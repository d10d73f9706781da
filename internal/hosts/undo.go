package hosts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// An Undoing is what would put a file back.
type Undoing struct {
	*Change

	Receipt *Receipt
	Exact   bool     // the file becomes what it was, to the byte
	Left    []string // what is not put back, and why
}

// PlanUndo says what would put a file back as it was before the first change that the receipt is of. If nobody else has changed the file
// since, it becomes what it was to the byte, and one that was made for us goes away. Otherwise only what is ours is taken out, and what was
// moved is put back. Nothing is written.
func PlanUndo(r *Receipt) (*Undoing, error) {
	c, err := look(r.Place())
	if err != nil {
		return nil, err
	}
	u := &Undoing{Change: c, Receipt: r}
	if !c.existed {
		u.Left = append(u.Left, r.File+" is not there any more")
		u.remove, u.Exact = true, r.Made
		return u, nil
	}
	if r.Written != "" && digest(c.before) == r.Written && u.exact() {
		return u, nil
	}
	d, err := Parse(c.before)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.File, err)
	}
	for _, s := range slices.Backward(r.Steps) {
		left, err := s.undo(d)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.File, err)
		}
		if left != "" {
			u.Left = append(u.Left, left)
		}
	}
	u.after = d.Bytes()
	return u, nil
}

// PlanRemove says what would take the kernel out of a file of which there is no receipt, because it was set up by hand or the ledger is lost.
// It is nil where there is nothing to take out.
func PlanRemove(p Place) (*Undoing, error) {
	c, err := plan(p, func(e *editor) error {
		if !p.Hooks {
			return e.remove(p.key, Own)
		}
		for _, event := range e.doc.Names(p.key) {
			for _, index := range slices.Backward(e.doc.Names(p.key, event)) {
				if path := []string{p.key, event, index}; ownHook(e.doc, path) {
					if err := e.remove(path...); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	if err != nil || c.Empty() {
		return nil, err
	}
	left := []string{"nothing is known of what stood there before: only mcp-kernel itself is taken out of " + p.File}
	return &Undoing{Change: c, Receipt: &Receipt{Host: p.Host, Scope: p.Scope, Hooks: p.Hooks, File: p.File, Base: p.Base}, Left: left}, nil
}

// ownHook reports whether an element of a list of hooks asks the kernel and nobody else.
func ownHook(d *Document, path []string) bool {
	var m struct {
		Hooks []struct{ Command string }
	}
	if _, err := d.Decode(&m, path...); err != nil || len(m.Hooks) == 0 {
		return false
	}
	for _, h := range m.Hooks {
		program, verb, ok := strings.Cut(h.Command, " hook ")
		if !ok || !isKernel(strings.Trim(program, `'"`)) || !strings.HasPrefix(verb, "pre-tool-use") && !strings.HasPrefix(verb, "post-tool-use") {
			return false
		}
	}
	return true
}

// exact takes what was kept, if it is what it was.
func (u *Undoing) exact() bool {
	if u.Receipt.Made {
		u.remove, u.Exact = true, true
		return true
	}
	text, err := os.ReadFile(u.Receipt.Backup)
	if err != nil || digest(text) != u.Receipt.Was {
		return false
	}
	info, err := os.Stat(u.Receipt.Backup)
	if err != nil {
		return false
	}
	u.after, u.mode, u.Exact = text, info.Mode().Perm(), true
	return true
}

// undo takes one step back, and says what it leaves.
func (s Step) undo(d *Document) (left string, err error) {
	path, name := s.Path, strings.Join(s.Path, ".")
	if last := len(path) - 1; path[last] == End {
		if path = slices.Clone(path); s.New != "" {
			path[last] = element(d, path[:last], s.New)
		}
		if path[last] == "" {
			return "", nil // it is gone already
		}
	}
	now := d.Raw(path...)
	switch {
	case s.Old == "" && (s.New == "{}" || s.New == "[]"): // made on the way to something else
		if now != "" && len(d.Names(path...)) == 0 && meaning(now) != nil {
			_, err = d.Remove(path...)
		}
	case s.Old == "": // ours, whatever became of it
		_, err = d.Remove(path...)
	case s.New == "" && now == "":
		err = d.SetRaw(s.Old, path...)
	case s.New == "" && !alike(now, s.Old):
		left = name + " is not put back: there is another one now"
	case s.New != "" && now != "" && alike(now, s.New):
		err = d.SetRaw(s.Old, path...)
	case s.New != "":
		left = name + " is not put back: it was changed by somebody else"
	}
	return left, err
}

// element finds an element that means what a text means; its index is empty if there is none.
func element(d *Document, path []string, raw string) string {
	for _, name := range d.Names(path...) {
		if alike(d.Raw(append(slices.Clone(path), name)...), raw) {
			return name
		}
	}
	return ""
}

// Undo puts a file back. Where that is exact the backup goes away with it, and folders that were made for the file and are empty; otherwise
// the backup stays.
func (l *Ledger) Undo(u *Undoing) error {
	if err := u.unchanged(); err != nil {
		return err
	}
	if !u.Empty() {
		if err := u.write(); err != nil {
			return err
		}
	}
	var faults []error
	if u.Exact {
		faults = append(faults, gone(u.Receipt.Backup))
		for _, dir := range u.Receipt.Folders {
			if os.Remove(dir) != nil { // somebody else has something in it
				break
			}
		}
	}
	return errors.Join(append(faults, gone(l.path(u.Receipt.File)))...)
}

// gone removes a file that need not be there.
func gone(path string) error {
	if path == "" {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
