package hosts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Ledger keeps a receipt of each file that was changed. What stands in it may be secret, as what stands in those files may be: nobody
// but its owner can read it.
type Ledger struct {
	Dir string // the folder of its files; it is made when it is needed
}

// A Receipt says what was done to a file, so that it can be undone.
type Receipt struct {
	Host    string   `json:"host"`
	Scope   Scope    `json:"scope"`
	Hooks   bool     `json:"hooks,omitempty"`
	File    string   `json:"file"`
	Base    string   `json:"base"`
	Made    bool     `json:"made,omitempty"`    // there was no file
	Folders []string `json:"folders,omitempty"` // that were made for it, the innermost first
	Backup  string   `json:"backup,omitempty"`
	Was     string   `json:"was"`               // digest of the file before
	Written string   `json:"written,omitempty"` // and after; empty where others had a hand in it
	Steps   []Step   `json:"steps"`
	Moved   []string `json:"moved,omitempty"` // names, as the kernel knows them, of servers that it was given for this file
}

// Place is where the file is.
func (r *Receipt) Place() Place {
	p := Place{Host: r.Host, Title: r.Host, Scope: r.Scope, Hooks: r.Hooks, Base: r.Base, File: r.File, key: "hooks"}
	if s, err := spelled(r.Host); err == nil {
		p.Title = s.title
		if !r.Hooks {
			p.key, p.kind = s.key, s.kind
		}
	}
	return p
}

// Line reads how the host starts the kernel, from its file as it stands now. It is false where the kernel is not in it.
func (r *Receipt) Line() (Launch, bool, error) {
	p := r.Place()
	c, err := look(p)
	if err != nil {
		return Launch{}, false, err
	}
	d, err := Parse(c.before)
	if err != nil {
		return Launch{}, false, err
	}
	var l Launch
	found, err := d.Decode(&l, p.key, Own)
	return l, found, err
}

// Hooked reads the commands that the receipt says were added as hooks, and how many of them still stand there.
func (r *Receipt) Hooked() (commands []string, left int, err error) {
	c, err := look(r.Place())
	if err != nil {
		return nil, 0, err
	}
	d, err := Parse(c.before)
	if err != nil {
		return nil, 0, err
	}
	for _, s := range r.Steps {
		var m struct {
			Hooks []struct{ Command string }
		}
		if s.New == "" || json.Unmarshal([]byte(s.New), &m) != nil || len(m.Hooks) == 0 {
			continue
		}
		commands = append(commands, m.Hooks[0].Command)
		if element(d, s.Path[:len(s.Path)-1], s.New) != "" {
			left++
		}
	}
	return commands, left, nil
}

// Receipt returns that of a file, nil if there is none.
func (l *Ledger) Receipt(p Place) (*Receipt, error) {
	r, err := l.read(l.path(p.File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // there is none
	}
	return r, err
}

// Receipts returns all, by file.
func (l *Ledger) Receipts() ([]*Receipt, error) {
	entries, err := os.ReadDir(l.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []*Receipt
	faults := []error{err}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		r, err := l.read(filepath.Join(l.Dir, e.Name()))
		if faults = append(faults, err); err == nil {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b *Receipt) int { return strings.Compare(a.File, b.File) })
	return all, errors.Join(faults...)
}

func (l *Ledger) path(file string) string {
	return filepath.Join(l.Dir, digest([]byte(file))[:32]+".json")
}

func (l *Ledger) read(path string) (*Receipt, error) {
	text, err := os.ReadFile(path) //nolint:gosec // in our own folder
	if err != nil {
		return nil, err
	}
	r := &Receipt{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if l.path(r.File) != path {
		return nil, fmt.Errorf("%s is the receipt of another file", path)
	}
	return r, nil
}

func (l *Ledger) save(r *Receipt) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(l.Dir, 0o700); err != nil {
		return err
	}
	return replace(l.path(r.File), append(text, '\n'), 0o600)
}
