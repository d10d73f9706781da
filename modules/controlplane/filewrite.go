package controlplane

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// A WriteMode says what Write does about a file that is there.
type WriteMode string

// The write modes.
const (
	Create    WriteMode = "create"    // the file must not exist
	Overwrite WriteMode = "overwrite" // the file is replaced, or made
	Append    WriteMode = "append"    // the content goes behind what is there
)

// A Write is what is to be written.
type Write struct {
	Path     string
	Content  string
	Encoding string // "" and "utf-8" take Content as it is, "base64" decodes it
	Mode     WriteMode
	IfSHA256 string // write only if this is the digest of what is there; empty does not ask
}

// Write replaces or makes a file. The whole new content stands in place of the old at once: a reader sees one or the
// other, and a crash leaves one or the other. Missing directories are made.
func (f *Files) Write(_ context.Context, w Write) (File, error) {
	root, inside, err := f.resolve(w.Path)
	if err != nil {
		return File{}, err
	}
	shown := root.Name + ":" + inside
	content, err := decodeContent(w.Content, w.Encoding)
	switch {
	case err != nil:
		return File{}, err
	case root.ReadOnly:
		return File{}, faultf(ReadOnly, "root %q is read-only", root.Name)
	case inside == ".":
		return File{}, faultf(WrongType, "%s is a directory", shown)
	}
	if content, err = f.merge(root, inside, shown, w, content); err != nil {
		return File{}, err
	}
	if err := replace(root.dir, inside, content, w.Mode == Create); err != nil {
		return File{}, fileFault(shown, err)
	}
	info, err := root.dir.Stat(inside)
	if err != nil {
		return File{}, fileFault(shown, err)
	}
	return describe(shown, content, info.ModTime()), nil
}

// merge checks what is there against what the write expects, and returns what is to stand there.
func (f *Files) merge(root *openRoot, inside, shown string, w Write, content []byte) ([]byte, error) {
	var before []byte
	file, _, err := f.openRegular(root, inside, shown)
	switch {
	case err == nil:
		defer file.Close()
		if before, err = io.ReadAll(io.LimitReader(file, f.max+1)); err != nil {
			return nil, fileFault(shown, err)
		}
		if w.Mode == Create {
			return nil, faultf(Exists, "%s exists already: use mode overwrite or append", shown)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fileFault(shown, err)
	}
	if sum := sha256.Sum256(before); w.IfSHA256 != "" && !strings.EqualFold(w.IfSHA256, hex.EncodeToString(sum[:])) {
		return nil, faultf(Conflict, "%s has changed: its digest is not if_sha256", shown)
	}
	if w.Mode == Append {
		content = append(before, content...)
	}
	if int64(len(content)) > f.max {
		return nil, faultf(TooLarge, "%s would have %d bytes, more than the %d that may be written", shown, len(content), f.max)
	}
	return content, nil
}

// replace writes content beside the file and moves it into place. With exclusive it links instead of moving, so that
// two writers cannot both create.
func replace(dir *os.Root, name string, content []byte, exclusive bool) error {
	if parent := path.Dir(name); parent != "." {
		if err := dir.MkdirAll(parent, 0o755); err != nil {
			return err
		}
	}
	beside := path.Join(path.Dir(name), ".mcp-kernel-"+rand.Text())
	if err := writeSynced(dir, beside, content); err != nil {
		return errors.Join(err, ignoreMissing(dir.Remove(beside)))
	}
	if exclusive {
		err := dir.Link(beside, name)
		return errors.Join(err, dir.Remove(beside))
	}
	if err := dir.Rename(beside, name); err != nil {
		return errors.Join(err, dir.Remove(beside))
	}
	return nil
}

func writeSynced(dir *os.Root, name string, content []byte) error {
	file, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
