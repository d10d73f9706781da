package keys

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// List returns every key, the newest first. The caller owns the slice. It is ErrUnusable when the file cannot be used.
func (s *Store) List() ([]Key, error) {
	records, err := s.records()
	if err != nil {
		return nil, err
	}
	newest(records)
	list := make([]Key, len(records))
	for i := range records {
		list[i] = records[i].Key
	}
	return list, nil
}

func (s *Store) records() ([]record, error) {
	records, _, err := readFile(s.path)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnusable, s.path, err)
	}
	return records, nil
}

// Create makes a key for a principal and returns it with its token, which is nowhere else and can never be shown again.
// The zero expires means never. When there are 10,000 keys, the one that ended longest ago makes room.
func (s *Store) Create(principal string, expires time.Time, note string) (token string, k Key, err error) {
	k = Key{
		ID: s.o.IDs(), Principal: principal, Created: s.o.Now().UTC().Truncate(time.Second),
		Expires: expires.UTC().Truncate(time.Second), Note: note,
	}
	if err := k.validate(); err != nil {
		return "", Key{}, err
	}
	if token, err = newToken(k.ID, s.o.Random); err != nil {
		return "", Key{}, fmt.Errorf("making a key: %w", err)
	}
	sum := digestOf(token)
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return "", Key{}, err
	}
	err = s.change(func(records []record) ([]record, error) {
		records, err := s.makeRoom(records)
		return append(records, record{k, hex.EncodeToString(sum[:])}), err
	})
	if err != nil {
		return "", Key{}, err
	}
	return token, k, nil
}

// makeRoom drops the key that ended longest ago when there is no room for another one.
func (s *Store) makeRoom(records []record) ([]record, error) {
	if len(records) < maxKeys {
		return records, nil
	}
	oldest := -1
	for i := range records {
		if records[i].Status(s.o.Now()) != Active && (oldest < 0 || records[i].ended().Before(records[oldest].ended())) {
			oldest = i
		}
	}
	if oldest < 0 {
		return nil, fmt.Errorf("%w: %d are active: revoke some", ErrFull, len(records))
	}
	return slices.Delete(records, oldest, oldest+1), nil
}

// Revoke ends a key for good and returns it. A running server notices within two seconds. Revoking it again changes
// nothing; an id that is nobody's is ErrUnknown.
func (s *Store) Revoke(id string) (Key, error) {
	var revoked Key
	err := s.change(func(records []record) ([]record, error) {
		i := slices.IndexFunc(records, func(r record) bool { return r.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("key %q: %w", id, ErrUnknown)
		}
		if records[i].Revoked.IsZero() {
			records[i].Revoked = s.o.Now().UTC().Truncate(time.Second)
		}
		revoked = records[i].Key
		return records, nil
	})
	return revoked, err
}

// change replaces the file, with every other process kept from doing the same meanwhile. This Store sees it at once.
func (s *Store) change(how func([]record) ([]record, error)) error {
	guard, err := os.OpenFile(filepath.Join(filepath.Dir(s.path), lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock of keys: %w", err)
	}
	defer guard.Close()
	if err := lock(guard); err != nil {
		return fmt.Errorf("lock of keys: %w", err)
	}
	records, err := s.records()
	if err != nil {
		return err
	}
	if records, err = how(records); err != nil {
		return err
	}
	if err := writeFile(s.path, records); err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	s.look.Lock()
	defer s.look.Unlock()
	s.reload(nil)
	return nil
}
