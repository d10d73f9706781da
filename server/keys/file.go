package keys

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// fileName is the file in the data directory; the lock beside it is held by whoever changes it.
const (
	fileName = "keys.json"
	lockName = "keys.json.lock"
)

// A document is the file: at most maxKeys keys, which maxFile bytes hold with room to spare.
type document[T any] struct {
	Version int `json:"version"`
	Keys    []T `json:"keys"`
}

const (
	fileVersion = 1
	maxKeys     = 10_000
	maxFile     = 16 << 20
)

// readFile reads the keys. A file that is not there holds none; info is nil then. What is checked and what is read is
// the same open file.
func readFile(path string) (records []record, info fs.FileInfo, err error) {
	file, err := os.Open(path) //nolint:gosec // a path within the data directory
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, nil, err
	}
	switch {
	case !info.Mode().IsRegular() || info.Size() > maxFile:
		return nil, info, fmt.Errorf("not a file of at most %d bytes", maxFile)
	case primitives.Exposed(info):
		return nil, info, errors.New("others than its owner may read or write it: run chmod 600")
	}
	raw, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return nil, info, err
	}
	records, err = decode(raw)
	return records, info, err
}

// decode reads a document strictly: what says anything that is not understood grants nothing, for it may have been meant
// to take something away.
func decode(raw []byte) ([]record, error) {
	if _, err := primitives.Canonical(raw); err != nil { // one value, and no name twice
		return nil, err
	}
	var d document[json.RawMessage]
	if err := exact(raw, &d, "version keys"); err != nil {
		return nil, err
	}
	if d.Version != fileVersion {
		return nil, fmt.Errorf("version %d: want %d", d.Version, fileVersion)
	}
	if len(d.Keys) > maxKeys {
		return nil, fmt.Errorf("%d keys: want at most %d", len(d.Keys), maxKeys)
	}
	records := make([]record, len(d.Keys))
	seen := make(map[string]bool, len(d.Keys))
	var faults []error
	for i, raw := range d.Keys {
		r := &records[i]
		err := exact(raw, r, "id principal created expires revoked note sha256")
		if err == nil {
			err = r.check()
		}
		if err == nil && seen[r.ID] {
			err = fmt.Errorf("id %s is there twice", r.ID)
		}
		if seen[r.ID] = true; err != nil {
			faults = append(faults, fmt.Errorf("key %d: %w", i+1, err))
		}
	}
	return records, errors.Join(faults...)
}

// exact decodes an object whose members have the given names, to the letter: package json would also take "Revoked".
func exact(raw []byte, into any, names string) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	known := strings.Fields(names)
	for name := range members {
		if !slices.Contains(known, name) {
			return fmt.Errorf("unknown member %q", name)
		}
	}
	return json.Unmarshal(raw, into)
}

// check reports every fault of a record.
func (r *record) check() error {
	_, err := r.digest()
	return errors.Join(r.validate(), err)
}

// digest returns what the key's token is recognised by.
func (r *record) digest() (digest, error) {
	var d digest
	if n, err := hex.Decode(d[:], []byte(r.SHA256)); err != nil || n != len(d) || len(r.SHA256) != 2*len(d) {
		return digest{}, fmt.Errorf("sha256 %q: want %d hexadecimal digits", r.SHA256, 2*len(digest{}))
	}
	return d, nil
}

// writeFile puts the keys into place, all at once and durably.
func writeFile(path string, records []record) error {
	raw, err := json.MarshalIndent(document[record]{Version: fileVersion, Keys: records}, "", "  ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = file.Write(append(raw, '\n'))
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncDir(filepath.Dir(path))
}
