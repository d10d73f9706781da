package controlplane

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A Root is one directory that the file actions may reach.
type Root struct {
	Name     string // by which paths name it, as in "work:notes/a.txt"
	Path     string // absolute
	ReadOnly bool
}

// Files are the roots that the file actions may reach. Without a root nothing is reachable. A path is "root:path";
// where there is only one root its name may be left out, and a path that is absolute may be given if it lies in a root.
// No path leaves its root, whatever links lie on the way: os.Root sees to it on every step.
type Files struct {
	roots []openRoot
	max   int64
}

type openRoot struct {
	Root
	dir *os.Root
}

// OpenFiles opens the roots; all faults are reported at once. maxBytes bounds every file that is read or written. The
// caller closes the Files.
func OpenFiles(maxBytes int64, roots ...Root) (*Files, error) {
	f := &Files{max: maxBytes}
	var faults []error
	for _, root := range roots {
		dir, err := os.OpenRoot(root.Path)
		if err != nil {
			faults = append(faults, fmt.Errorf("file root %q: %w", root.Name, err))
			continue
		}
		f.roots = append(f.roots, openRoot{Root: root, dir: dir})
	}
	faults = append(faults, f.nested()...)
	if len(faults) > 0 {
		return nil, errors.Join(append(faults, f.Close())...)
	}
	return f, nil
}

// nested returns a fault for every read-only root that could be written through another, which it lies in.
func (f *Files) nested() []error {
	var faults []error
	for _, inner := range f.roots {
		for _, outer := range f.roots {
			if inner.ReadOnly && !outer.ReadOnly && inner.within(outer) {
				faults = append(faults, fmt.Errorf("file root %q is read-only but lies in root %q, which is not", inner.Name, outer.Name))
			}
		}
	}
	return faults
}

// within reports whether the root is another or lies in it, links resolved.
func (r openRoot) within(outer openRoot) bool {
	inner, err := filepath.EvalSymlinks(r.Path)
	around, err2 := filepath.EvalSymlinks(outer.Path)
	if err != nil || err2 != nil {
		return true // cannot be told apart
	}
	inside, err := filepath.Rel(around, inner)
	return err == nil && filepath.IsLocal(inside)
}

// Close closes the roots.
func (f *Files) Close() error {
	faults := make([]error, 0, len(f.roots))
	for _, root := range f.roots {
		faults = append(faults, root.dir.Close())
	}
	return errors.Join(faults...)
}

// Roots lists the names of the roots, and whether each is read-only.
func (f *Files) Roots() []Root {
	roots := make([]Root, len(f.roots))
	for i, root := range f.roots {
		roots[i] = root.Root
	}
	return roots
}

// resolve finds the root of a path and the path inside it.
func (f *Files) resolve(name string) (*openRoot, string, error) {
	switch {
	case len(f.roots) == 0:
		return nil, "", faultf(NoAccess, "no file root is configured, so no file can be reached: an operator sets files.roots")
	case name == "" || strings.ContainsRune(name, 0):
		return nil, "", faultf(Invalid, "path must be non-empty and without NUL")
	}
	if root, inside, ok := f.named(name); ok {
		return root, inside, nil
	}
	if filepath.IsAbs(name) {
		return f.containing(name)
	}
	if len(f.roots) == 1 {
		return &f.roots[0], path.Clean(filepath.ToSlash(name)), nil
	}
	return nil, "", faultf(Invalid, "%s names no root: write one of %s before it", name, f.prefixes())
}

func (f *Files) named(name string) (*openRoot, string, bool) {
	before, inside, ok := strings.Cut(name, ":")
	i := slices.IndexFunc(f.roots, func(r openRoot) bool { return r.Name == before })
	if !ok || i < 0 {
		return nil, "", false
	}
	return &f.roots[i], path.Clean(strings.TrimLeft(filepath.ToSlash(inside), "/")), true
}

func (f *Files) containing(name string) (*openRoot, string, error) {
	for i, root := range f.roots {
		inside, err := filepath.Rel(root.Path, name)
		if err == nil && filepath.IsLocal(inside) {
			return &f.roots[i], filepath.ToSlash(inside), nil
		}
	}
	return nil, "", faultf(NoAccess, "%s lies in no configured root: write one of %s before a path inside it", name, f.prefixes())
}

func (f *Files) prefixes() string {
	names := make([]string, len(f.roots))
	for i, root := range f.roots {
		names[i] = root.Name + ":"
	}
	return strings.Join(names, ", ")
}

// A File is what Read found and Write made.
type File struct {
	Path     string    `json:"path" doc:"root:path"`
	Size     int64     `json:"size" doc:"bytes"`
	Modified time.Time `json:"modified"`
	SHA256   string    `json:"sha256" doc:"of the whole content, hex"`
	Content  string    `json:"content,omitempty"`
	Encoding string    `json:"encoding,omitempty" enum:"utf-8,base64" doc:"how content is written"`
}

// Read returns a whole regular file.
func (f *Files) Read(_ context.Context, name string) (File, error) {
	root, inside, err := f.resolve(name)
	if err != nil {
		return File{}, err
	}
	shown := root.Name + ":" + inside
	file, info, err := f.openRegular(root, inside, shown)
	if err != nil {
		return File{}, fileFault(shown, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, f.max+1))
	switch {
	case err != nil:
		return File{}, fileFault(shown, err)
	case int64(len(content)) > f.max:
		return File{}, faultf(TooLarge, "%s has more than %d bytes", shown, f.max)
	}
	read := describe(shown, content, info.ModTime())
	read.Content, read.Encoding = encodeContent(content)
	return read, nil
}

// openRegular opens a file for reading, and only a regular one: opening a pipe or a device could block for ever or do
// something.
func (f *Files) openRegular(root *openRoot, inside, shown string) (*os.File, fs.FileInfo, error) {
	before, err := root.dir.Stat(inside)
	if err != nil {
		return nil, nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, nil, faultf(WrongType, "%s is not a regular file", shown)
	}
	file, err := root.dir.OpenFile(inside, os.O_RDONLY|openNonblocking, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = faultf(WrongType, "%s is not a regular file", shown)
	case info.Size() > f.max:
		err = faultf(TooLarge, "%s has %d bytes, more than the %d that may be read", shown, info.Size(), f.max)
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

func describe(shown string, content []byte, modified time.Time) File {
	sum := sha256.Sum256(content)
	return File{Path: shown, Size: int64(len(content)), Modified: modified.UTC(), SHA256: hex.EncodeToString(sum[:])}
}

func encodeContent(content []byte) (text, encoding string) {
	if utf8.Valid(content) {
		return string(content), "utf-8"
	}
	return base64.StdEncoding.EncodeToString(content), "base64"
}

func decodeContent(text, encoding string) ([]byte, error) {
	switch encoding {
	case "", "utf-8":
		return []byte(text), nil
	case "base64":
		content, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, faultf(Invalid, "content is not base64")
		}
		return content, nil
	default:
		return nil, faultf(Invalid, "encoding must be utf-8 or base64")
	}
}

// An Item is one line of a listing.
type Item struct {
	Path     string    `json:"path"`
	Type     string    `json:"type" enum:"file,directory,link,other"`
	Size     int64     `json:"size,omitempty" doc:"bytes, of a file"`
	Modified time.Time `json:"modified"`
}

// maxListed bounds a listing; what is behind it is asked for with after.
const maxListed = 1000

// List returns a directory's entries by name, at most limit (1 to 1000) behind the name after, and whether there are
// more.
func (f *Files) List(ctx context.Context, name, after string, limit int) ([]Item, bool, error) {
	root, inside, err := f.resolve(name)
	if err != nil {
		return nil, false, err
	}
	shown := root.Name + ":" + inside
	entries, err := readDir(root, inside, shown)
	if err != nil {
		return nil, false, fileFault(shown, err)
	}
	limit = max(1, min(limit, maxListed))
	items := []Item{}
	for _, entry := range entries {
		switch {
		case ctx.Err() != nil:
			return nil, false, ctx.Err()
		case entry.Name() <= after:
		case len(items) == limit:
			return items, true, nil
		default:
			items = append(items, itemOf(path.Join(inside, entry.Name()), root.Name, entry))
		}
	}
	return items, false, nil
}

// readDir returns a directory's entries by name, and opens nothing that is no directory: a pipe would block for ever.
func readDir(root *openRoot, inside, shown string) ([]fs.DirEntry, error) {
	info, err := root.dir.Stat(inside)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, faultf(WrongType, "%s is not a directory", shown)
	}
	dir, err := root.dir.OpenFile(inside, os.O_RDONLY|openNonblocking, 0)
	if err != nil {
		return nil, err
	}
	entries, err := dir.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, errors.Join(err, dir.Close())
}

func itemOf(inside, root string, entry fs.DirEntry) Item {
	item := Item{Path: root + ":" + inside, Type: "other"}
	switch mode := entry.Type(); {
	case mode.IsRegular():
		item.Type = "file"
	case mode.IsDir():
		item.Type = "directory"
	case mode == fs.ModeSymlink:
		item.Type = "link"
	}
	if info, err := entry.Info(); err == nil { // gone since: listed without its size
		item.Modified = info.ModTime().UTC()
		if item.Type == "file" {
			item.Size = info.Size()
		}
	}
	return item
}

// Delete removes a file, a link or an empty directory.
func (f *Files) Delete(_ context.Context, name string) (string, error) {
	root, inside, err := f.resolve(name)
	if err != nil {
		return "", err
	}
	shown := root.Name + ":" + inside
	switch {
	case root.ReadOnly:
		return "", faultf(ReadOnly, "root %q is read-only", root.Name)
	case inside == ".":
		return "", faultf(NoAccess, "a root cannot be deleted")
	}
	return shown, fileFault(shown, root.dir.Remove(inside))
}
