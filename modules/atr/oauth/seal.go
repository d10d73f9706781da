package oauth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// keyBytes is the length of a key, of AES-256.
const keyBytes = 32

// ErrKey says that the file of the key cannot be used.
var ErrKey = errors.New("is no key file")

// OpenKey reads the key in a file, which is made when it is not there. Several processes may make it at once: one does.
func OpenKey(path string) ([]byte, error) {
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	_, err = io.CopyN(temp, rand.Reader, keyBytes)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err == nil {
		err = os.Link(temp.Name(), path) // fails where there is one by now
	}
	if err = errors.Join(ignored(err, fs.ErrExist), os.Remove(temp.Name())); err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	return readKey(path)
}

// CheckKey says what is wrong with the file of a key. One that is not there yet is made when it is needed.
func CheckKey(path string) error {
	_, err := readKey(path)
	return ignored(err, fs.ErrNotExist)
}

// ignored is an error, or nil if it is one that does not matter.
func ignored(err, which error) error {
	if errors.Is(err, which) {
		return nil
	}
	return err
}

func readKey(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // a path within the data directory
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	defer file.Close()
	about, err := file.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("key: %w", err)
	case !about.Mode().IsRegular() || about.Size() != keyBytes:
		return nil, fmt.Errorf("%s %w: it has not %d bytes", path, ErrKey, keyBytes)
	case runtime.GOOS != "windows" && about.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s %w: others than its owner may read or write it: run chmod 600", path, ErrKey)
	}
	key := make([]byte, keyBytes)
	if _, err := io.ReadFull(file, key); err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	return key, nil
}

// seal encrypts a text so that it can only be opened as that of the same owner: AES-256 in GCM, with a random nonce
// before it (NIST SP 800-38D). Far fewer texts are sealed with a key than a random nonce is good for (2^32).
func seal(key, text []byte, owner string) ([]byte, error) {
	box, err := boxOf(key)
	if err != nil {
		return nil, err
	}
	return box.Seal(nil, nil, text, []byte(owner)), nil //nolint:gosec // it makes nonces itself
}

// errSealed says that a text was sealed by another key, for another owner, or is not what was sealed.
var errSealed = errors.New("it was sealed with another key, or for another server or person")

// unseal opens what seal made.
func unseal(key, sealed []byte, owner string) ([]byte, error) {
	box, err := boxOf(key)
	if err != nil {
		return nil, err
	}
	text, err := box.Open(nil, nil, sealed, []byte(owner))
	if err != nil {
		return nil, errSealed
	}
	return text, nil
}

func boxOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
