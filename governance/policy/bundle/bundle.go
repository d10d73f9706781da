// Package bundle lets kernels that share state share their policies: an operator publishes a set of files, signed, as one; each
// kernel fetches it, checks who signed it and that it is not an older one, and keeps it as files of its own. So whoever can only
// write to the state can change no policy, and not bring an old one back. What the files say is not looked at here.
package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// Where a bundle is in the state: what it is, which is small and looked at often, and its files.
const (
	headKey = "policies/head"
	filesOf = "policy-files/" // and the digest
)

// Bounds of a bundle.
const (
	MaxFiles = 256
	MaxBytes = 2 << 20 // of all files together
)

// purpose begins what is signed, so that no other signature of the same key can be taken for it.
const purpose = "mcp-kernel policies v1"

// A File is one file of a bundle: a policy file, or one that it names.
type File struct {
	Name string `json:"name"` // without a folder, ending in .yaml, .yml or .cedar
	Text []byte `json:"text"`
}

// A Bundle is a published set of files.
type Bundle struct {
	Serial int64  // milliseconds since 1970 when it was published: a later bundle has a greater one
	Digest string // SHA-256 of its files, in hex
	By     string // name of the key that signed it
	Files  []File // sorted by name; nil in a head
}

// At returns when the bundle was published.
func (b *Bundle) At() time.Time { return time.UnixMilli(b.Serial).UTC() }

// The errors of this package.
var (
	// ErrNone says that nothing was published.
	ErrNone = errors.New("no policies were published")
	// ErrForged says that what was published is not signed by a key that may, or not what was signed.
	ErrForged = errors.New("the published policies are not authentic")
)

// check reports all that is wrong with the files of a bundle.
func check(files []File) error {
	var faults []error
	if len(files) == 0 || len(files) > MaxFiles {
		faults = append(faults, fmt.Errorf("%d files, want 1 to %d", len(files), MaxFiles))
	}
	size := 0
	for i, f := range files {
		if ext := filepath.Ext(f.Name); !slices.Contains([]string{".yaml", ".yml", ".cedar"}, ext) || f.Name == ext || strings.HasPrefix(f.Name, ".") ||
			len(f.Name) > 200 || strings.ContainsFunc(f.Name, unusual) {
			faults = append(faults, fmt.Errorf("file %.80q: want a plain name that ends in .yaml, .yml or .cedar", f.Name))
		}
		if i > 0 && strings.EqualFold(files[i-1].Name, f.Name) {
			faults = append(faults, fmt.Errorf("file %.80q: two have that name", f.Name))
		}
		size += len(f.Text)
	}
	if size > MaxBytes {
		faults = append(faults, fmt.Errorf("%d bytes, at most %d are published", size, MaxBytes))
	}
	return errors.Join(faults...)
}

// unusual reports whether a character is none that the name of a published file may have: such a name is a name, and no path,
// on every system.
func unusual(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)) //nolint:staticcheck // reads as what is usual
}

// encode is what is digested and stored: the files in the order of their names.
func encode(files []File) ([]byte, string, error) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	if err := check(files); err != nil {
		return nil, "", err
	}
	content, err := json.Marshal(files)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(content)
	return content, hex.EncodeToString(sum[:]), nil
}

// Publish signs files and makes them what kernels fetch from now on. It returns the bundle without its files. The clock must not
// be behind the one that the last bundle was published by: that is an error, because kernels would refuse it.
func Publish(ctx context.Context, store state.Backend, signer *primitives.Signer, now time.Time, files ...File) (Bundle, error) {
	content, digest, err := encode(files)
	if err != nil {
		return Bundle{}, fmt.Errorf("publish policies: %w", err)
	}
	b := Bundle{Serial: now.UnixMilli(), Digest: digest, By: signer.Name()}
	note, err := signer.SignNote(b.text())
	if err != nil {
		return Bundle{}, fmt.Errorf("publish policies: %w", err)
	}
	before, err := store.Get(ctx, headKey)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return Bundle{}, fmt.Errorf("publish policies: %w", err)
	}
	old, readable := parse(before.Value)
	if readable && old.Serial >= b.Serial {
		return Bundle{}, fmt.Errorf("publish policies: those of %s are newer than this machine's clock", old.At().Format(time.RFC3339))
	}
	if err := store.Set(ctx, filesOf+digest, content, 0); err != nil {
		return Bundle{}, fmt.Errorf("publish policies: %w", err)
	}
	if _, err := store.CompareAndSwap(ctx, headKey, before.Version, note, 0); err != nil {
		return Bundle{}, fmt.Errorf("publish policies: %w", err)
	}
	if readable && old.Digest != digest {
		_ = store.Delete(ctx, filesOf+old.Digest) // what is left lies there and is never read
	}
	return b, nil
}

// text is what is signed.
func (b *Bundle) text() string {
	return purpose + "\n" + strconv.FormatInt(b.Serial, 10) + "\n" + b.Digest + "\n"
}

// parse reads a head without asking who signed it.
func parse(note []byte) (Bundle, bool) {
	text, _, _ := strings.Cut(string(note), "\n\n")
	lines := strings.Split(text, "\n")
	if len(lines) != 3 || lines[0] != purpose {
		return Bundle{}, false
	}
	serial, err := strconv.ParseInt(lines[1], 10, 64)
	b := Bundle{Serial: serial, Digest: lines[2]}
	_, notHex := hex.DecodeString(b.Digest)
	return b, err == nil && notHex == nil && len(b.Digest) == 2*sha256.Size && b.text() == text+"\n"
}

// Head returns what was published last, without its files: ErrNone where nothing was, ErrForged where none of the keys has
// signed it. It is one small read.
func Head(ctx context.Context, store state.Backend, keys ...*primitives.Verifier) (Bundle, error) {
	item, err := store.Get(ctx, headKey)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return Bundle{}, ErrNone
	case err != nil:
		return Bundle{}, fmt.Errorf("published policies: %w", err)
	}
	_, key, err := primitives.OpenNote(item.Value, keys...)
	if err != nil {
		return Bundle{}, fmt.Errorf("%w: %w", ErrForged, err)
	}
	b, ok := parse(item.Value)
	if !ok {
		return Bundle{}, fmt.Errorf("%w: what was signed is something else", ErrForged)
	}
	b.By = key.Name()
	return b, nil
}

// Files returns the files of a bundle that Head has returned.
func Files(ctx context.Context, store state.Backend, b Bundle) ([]File, error) {
	item, err := store.Get(ctx, filesOf+b.Digest)
	if err != nil {
		return nil, fmt.Errorf("published policies: files %.12s: %w", b.Digest, err)
	}
	sum := sha256.Sum256(item.Value)
	if hex.EncodeToString(sum[:]) != b.Digest {
		return nil, fmt.Errorf("%w: the files are not those that were signed", ErrForged)
	}
	var files []File
	in := json.NewDecoder(bytes.NewReader(item.Value))
	in.DisallowUnknownFields()
	if err := in.Decode(&files); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForged, err)
	}
	if err := check(files); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForged, err)
	}
	return files, nil
}
