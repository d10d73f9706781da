package hosts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// backupSuffix ends the names of backups, which lie beside what they are of.
const backupSuffix = ".before-mcp-kernel"

// maxBackups bounds how many backups of a file there may be.
const maxBackups = 100

// Apply makes a change, and keeps in the ledger what undoes it. The old file is kept beside the new one, with its permissions. note may
// add to the receipt before it is written; nil adds nothing. If the file is not what it was when the change was planned, nothing is done
// and the error is ErrChanged.
func (l *Ledger) Apply(c *Change, note func(*Receipt)) (*Receipt, error) {
	if c.remove {
		return nil, errors.New("what undoes a change is applied with Undo")
	}
	old, err := l.Receipt(c.Place)
	if err != nil {
		return nil, err
	}
	if err := c.unchanged(); err != nil {
		return nil, err
	}
	r := c.receipt(old)
	if r.Folders, err = folders(filepath.Dir(c.target)); err != nil {
		return nil, err
	}
	if old != nil {
		r.Folders = old.Folders
	}
	if old == nil && c.existed {
		if r.Backup, err = backup(c.target, c.before, c.mode); err != nil {
			return nil, err
		}
	}
	if note != nil {
		note(r)
	}
	if err := l.save(r); err != nil { // first: a change that nobody knows of could not be undone
		return nil, err
	}
	if err := c.write(); err != nil {
		return nil, errors.Join(err, l.takeBack(r, old))
	}
	return r, nil
}

// takeBack makes the ledger what it was before a change that could not be made.
func (l *Ledger) takeBack(r, old *Receipt) error {
	if old != nil {
		return l.save(old)
	}
	return errors.Join(gone(r.Backup), gone(l.path(r.File)))
}

// receipt is what undoes a change and the one before it.
func (c *Change) receipt(old *Receipt) *Receipt {
	r := &Receipt{
		Host: c.Place.Host, Scope: c.Place.Scope, Hooks: c.Place.Hooks, File: c.Place.File, Base: c.Place.Base,
		Made: !c.existed, Written: digest(c.after), Steps: c.Steps, Was: digest(c.before),
	}
	if old != nil {
		r.Made, r.Backup, r.Was, r.Moved = old.Made, old.Backup, old.Was, old.Moved
		r.Steps = append(slices.Clone(old.Steps), c.Steps...)
		if digest(c.before) != old.Written {
			r.Written = "" // somebody has changed the file in between, and the backup does not have that
		}
	}
	return r
}

// unchanged reports a file that is not what it was when the change was planned.
func (c *Change) unchanged() error {
	now, err := look(c.Place)
	if err != nil {
		return err
	}
	if now.target != c.target || now.existed != c.existed || !bytes.Equal(now.before, c.before) {
		return fmt.Errorf("%w: %s", ErrChanged, c.Place.File)
	}
	return nil
}

// write puts the new text into the place of the old one, whole or not at all.
func (c *Change) write() error {
	if c.remove {
		return os.Remove(c.target)
	}
	return replace(c.target, c.after, c.mode)
}

// folders makes those that are missing on a path, and returns them, the innermost first.
func folders(dir string) ([]string, error) {
	var made []string
	for at := dir; !exists(at); at = filepath.Dir(at) {
		made = append(made, at)
	}
	return made, os.MkdirAll(dir, 0o700)
}

// backup keeps a text beside a file.
func backup(file string, text []byte, mode fs.FileMode) (string, error) {
	for i := range maxBackups {
		path := file + backupSuffix
		if i > 0 {
			path = fmt.Sprintf("%s.%d", path, i+1)
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // as the file is
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		return path, fill(f, text, mode)
	}
	return "", fmt.Errorf("there are %d backups of %s already", maxBackups, file)
}

// fill writes a whole file to the disk, and takes it away again if it cannot.
func fill(f *os.File, text []byte, mode fs.FileMode) error {
	_, err := f.Write(text)
	if runtime.GOOS != "windows" {
		err = errors.Join(err, f.Chmod(mode))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// replace puts a text into the place of a file.
func replace(file string, text []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	if err := fill(temp, text, mode); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), file); err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return settle(filepath.Dir(file))
}

// settle writes a folder to the disk, where the system has such a thing.
func settle(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir) //nolint:gosec // of a file that was written a moment ago
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
