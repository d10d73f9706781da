package wasi

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/tetratelabs/wazero/experimental/sys"
	stat "github.com/tetratelabs/wazero/sys"
)

// Bounds of what a call may do with files.
const (
	maxOpen  = 64      // files at once
	perEntry = 4 << 10 // bytes that a new file or folder counts for
)

// A usage is what a call may still do with files. An instance has one thread, so nothing else uses it.
type usage struct {
	written int64 // bytes that may be
	open    int   // files that are
}

// charge takes bytes that are written, if there are that many left.
func (u *usage) charge(bytes int64) sys.Errno {
	if bytes > u.written {
		return sys.EIO // preview 1 knows of no quota here
	}
	u.written -= max(bytes, 0)
	return 0
}

// A folder is one that is mounted. Names are looked up below it and nowhere else, whatever links there are: os.Root sees to
// that. wazero's own mounts do not.
type folder struct {
	sys.UnimplementedFS

	root     *os.Root
	writable bool
	use      *usage
}

// name is a path as os.Root wants it. Some begin with a slash, and mean the folder.
func name(path string) string {
	if path = strings.TrimLeft(path, "/"); path == "" {
		return "."
	}
	return path
}

// errnoOf is an error as an instance is told it. What leads out of the folder is not permitted.
func errnoOf(err error) sys.Errno {
	if err == nil || errors.Is(err, io.EOF) {
		return 0
	}
	if errno := sys.UnwrapOSError(err); errno != sys.EIO {
		return errno
	}
	return sys.EACCES
}

// OpenFile implements sys.FS. Nothing is opened but files and folders: a pipe could wait for ever, and a device be anything.
func (f *folder) OpenFile(path string, flag sys.Oflag, _ fs.FileMode) (sys.File, sys.Errno) {
	path = name(path)
	about, err := f.root.Stat(path)
	switch {
	case err == nil && !about.IsDir() && !about.Mode().IsRegular():
		return nil, sys.EACCES
	case err != nil && (flag&sys.O_CREAT == 0 || !errors.Is(err, fs.ErrNotExist)):
		return nil, errnoOf(err)
	case f.use.open >= maxOpen:
		return nil, sys.EAGAIN
	}
	created := err != nil
	if flag&sys.O_NOFOLLOW != 0 {
		if link, err := f.root.Lstat(path); err == nil && link.Mode()&fs.ModeSymlink != 0 {
			return nil, sys.ELOOP
		}
	}
	mode, errno := f.mode(flag, created)
	if errno != 0 {
		return nil, errno
	}
	if created {
		if errno := f.use.charge(perEntry); errno != 0 {
			return nil, errno
		}
	}
	opened, err := f.root.OpenFile(path, mode|openNonblocking, 0o600)
	if err != nil {
		return nil, errnoOf(err)
	}
	if about, err = opened.Stat(); err != nil || !about.IsDir() && !about.Mode().IsRegular() || flag&sys.O_DIRECTORY != 0 && !about.IsDir() {
		_ = opened.Close() // nothing was written
		if err == nil && about.Mode().IsRegular() {
			return nil, sys.ENOTDIR
		}
		return nil, sys.EACCES
	}
	f.use.open++
	return &file{f: opened, in: f, dir: about.IsDir(), adding: flag&sys.O_APPEND != 0}, 0
}

// mode is how a file is opened here.
func (f *folder) mode(flag sys.Oflag, created bool) (int, sys.Errno) {
	writes := flag&(sys.O_RDWR|sys.O_WRONLY) != 0
	if !f.writable && (writes || created || flag&(sys.O_TRUNC|sys.O_APPEND) != 0) {
		return 0, sys.EROFS
	}
	mode := os.O_RDONLY
	switch {
	case flag&sys.O_RDWR != 0:
		mode = os.O_RDWR
	case flag&sys.O_WRONLY != 0:
		mode = os.O_WRONLY
	}
	for from, to := range map[sys.Oflag]int{sys.O_APPEND: os.O_APPEND, sys.O_CREAT: os.O_CREATE, sys.O_EXCL: os.O_EXCL, sys.O_TRUNC: os.O_TRUNC} {
		if flag&from != 0 && (f.writable || from == sys.O_EXCL) {
			mode |= to
		}
	}
	return mode, 0
}

// Lstat implements sys.FS.
func (f *folder) Lstat(path string) (stat.Stat_t, sys.Errno) {
	about, err := f.root.Lstat(name(path))
	if err != nil {
		return stat.Stat_t{}, errnoOf(err)
	}
	return stat.NewStat_t(about), 0
}

// Stat implements sys.FS.
func (f *folder) Stat(path string) (stat.Stat_t, sys.Errno) {
	about, err := f.root.Stat(name(path))
	if err != nil {
		return stat.Stat_t{}, errnoOf(err)
	}
	return stat.NewStat_t(about), 0
}

// Readlink implements sys.FS.
func (f *folder) Readlink(path string) (string, sys.Errno) {
	to, err := f.root.Readlink(name(path))
	return to, errnoOf(err)
}

// change makes a change, if one may be made, that counts for so many bytes.
func (f *folder) change(bytes int64, do func() error) sys.Errno {
	if !f.writable {
		return sys.EROFS
	}
	if errno := f.use.charge(bytes); errno != 0 {
		return errno
	}
	return errnoOf(do())
}

// Mkdir implements sys.FS.
func (f *folder) Mkdir(path string, _ fs.FileMode) sys.Errno {
	return f.change(perEntry, func() error { return f.root.Mkdir(name(path), 0o700) })
}

// Rename implements sys.FS.
func (f *folder) Rename(from, to string) sys.Errno {
	return f.change(0, func() error { return f.root.Rename(name(from), name(to)) })
}

// Rmdir implements sys.FS.
func (f *folder) Rmdir(path string) sys.Errno { return f.remove(path, true) }

// Unlink implements sys.FS.
func (f *folder) Unlink(path string) sys.Errno { return f.remove(path, false) }

func (f *folder) remove(path string, dir bool) sys.Errno {
	about, err := f.root.Lstat(name(path))
	switch {
	case !f.writable:
		return sys.EROFS
	case err != nil:
		return errnoOf(err)
	case about.IsDir() && !dir:
		return sys.EISDIR
	case !about.IsDir() && dir:
		return sys.ENOTDIR
	}
	return errnoOf(f.root.Remove(name(path)))
}

// Link implements sys.FS: links are not made.
func (*folder) Link(string, string) sys.Errno { return sys.EPERM }

// Symlink implements sys.FS: a link could lead others astray who follow it outside.
func (*folder) Symlink(string, string) sys.Errno { return sys.EPERM }

// A file is one that is open.
type file struct {
	sys.UnimplementedFile

	f      *os.File
	in     *folder
	dir    bool
	adding bool
}

// IsDir implements sys.File.
func (f *file) IsDir() (bool, sys.Errno) { return f.dir, 0 }

// IsAppend implements sys.File.
func (f *file) IsAppend() bool { return f.adding }

// Stat implements sys.File.
func (f *file) Stat() (stat.Stat_t, sys.Errno) {
	about, err := f.f.Stat()
	if err != nil {
		return stat.Stat_t{}, errnoOf(err)
	}
	return stat.NewStat_t(about), 0
}

// Ino implements sys.File.
func (f *file) Ino() (stat.Inode, sys.Errno) {
	s, errno := f.Stat()
	return s.Ino, errno
}

// Dev implements sys.File.
func (f *file) Dev() (uint64, sys.Errno) {
	s, errno := f.Stat()
	return s.Dev, errno
}

// Read implements sys.File.
func (f *file) Read(b []byte) (int, sys.Errno) {
	if f.dir {
		return 0, sys.EISDIR
	}
	n, err := f.f.Read(b)
	return n, errnoOf(err)
}

// Pread implements sys.File.
func (f *file) Pread(b []byte, off int64) (int, sys.Errno) {
	if f.dir {
		return 0, sys.EISDIR
	}
	n, err := f.f.ReadAt(b, off)
	return n, errnoOf(err)
}

// A place is one in a file. It has a name because Seek would be taken for io.Seeker's, which has another kind of error.
type place = int64

// Seek implements sys.File.
func (f *file) Seek(offset place, whence int) (int64, sys.Errno) {
	if whence < io.SeekStart || whence > io.SeekEnd || f.dir && (offset != 0 || whence != io.SeekStart) {
		return 0, sys.EINVAL
	}
	at, err := f.f.Seek(offset, whence)
	return at, errnoOf(err)
}

// Readdir implements sys.File.
func (f *file) Readdir(n int) ([]sys.Dirent, sys.Errno) {
	if !f.dir {
		return nil, sys.ENOTDIR
	}
	entries, err := f.f.ReadDir(n)
	all := make([]sys.Dirent, len(entries))
	for i, e := range entries {
		all[i] = sys.Dirent{Name: e.Name(), Type: e.Type()}
	}
	return all, errnoOf(err)
}

// Write implements sys.File.
func (f *file) Write(b []byte) (int, sys.Errno) {
	if errno := f.grow(int64(len(b))); errno != 0 {
		return 0, errno
	}
	n, err := f.f.Write(b)
	return n, errnoOf(err)
}

// Pwrite implements sys.File. A file does not become longer than a call may write, whatever is left out in it.
func (f *file) Pwrite(b []byte, off int64) (int, sys.Errno) {
	s, errno := f.Stat()
	if errno == 0 {
		errno = f.grow(max(int64(len(b)), off+int64(len(b))-s.Size))
	}
	if errno != 0 {
		return 0, errno
	}
	n, err := f.f.WriteAt(b, off)
	return n, errnoOf(err)
}

// Truncate implements sys.File.
func (f *file) Truncate(size int64) sys.Errno {
	s, errno := f.Stat()
	if errno == 0 {
		errno = f.grow(size - s.Size)
	}
	if errno != 0 {
		return errno
	}
	return errnoOf(f.f.Truncate(size))
}

// grow charges for what a file becomes longer, or is written anew.
func (f *file) grow(bytes int64) sys.Errno {
	switch {
	case f.dir:
		return sys.EISDIR
	case !f.in.writable:
		return sys.EBADF
	}
	return f.in.use.charge(bytes)
}

// Sync implements sys.File.
func (f *file) Sync() sys.Errno { return errnoOf(f.f.Sync()) }

// Datasync implements sys.File.
func (f *file) Datasync() sys.Errno { return f.Sync() }

// Close implements sys.File.
func (f *file) Close() sys.Errno {
	f.in.use.open--
	return errnoOf(f.f.Close())
}
