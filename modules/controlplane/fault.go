package controlplane

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// A Fault is why an action was not done, in words that may be shown to the caller. Kind is a stable word for programs.
type Fault struct {
	Kind   string // one of the Fault constants
	Reason string
}

// The kinds of fault. They follow POSIX where it has a name for the thing.
const (
	NotFound  = "not_found"         // ENOENT
	Exists    = "exists"            // EEXIST
	NoAccess  = "permission_denied" // EACCES
	ReadOnly  = "read_only"         // EROFS
	TooLarge  = "too_large"         // EFBIG
	NoSpace   = "no_space"          // ENOSPC, a quota
	Conflict  = "conflict"          // the thing has changed, or is being changed
	WrongType = "wrong_type"        // EISDIR, ENOTDIR, no regular file
	Invalid   = "invalid"           // EINVAL
	Busy      = "rate_limited"      // asked too often
	IOError   = "io_error"          // EIO
)

// Error returns the reason.
func (f *Fault) Error() string { return f.Reason }

func faultf(kind, format string, args ...any) error {
	return &Fault{Kind: kind, Reason: fmt.Sprintf(format, args...)}
}

// fileFault puts an error of the file system into words that name the file as the caller named it, and nothing else:
// the operating system's own text would show absolute paths.
func fileFault(name string, err error) error {
	var known *Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return faultf(NotFound, "%s does not exist", name)
	case strings.HasSuffix(err.Error(), "directory not empty"): // an ErrExist to Go
		return faultf(Conflict, "%s is not empty", name)
	case errors.Is(err, fs.ErrExist):
		return faultf(Exists, "%s exists already", name)
	case errors.Is(err, fs.ErrPermission):
		return faultf(NoAccess, "%s: the operating system refuses", name)
	default:
		return fileFaultOther(name, err)
	}
}

// fileFaultOther recognises what has no sentinel: a path that leaves its root, and the refusals that
// only the system's text tells apart.
func fileFaultOther(name string, err error) error {
	var path *fs.PathError
	if !errors.As(err, &path) {
		return fmt.Errorf("%s: %w", name, err)
	}
	switch path.Err.Error() {
	case "path escapes from parent":
		return faultf(NoAccess, "%s leads out of its root", name)
	case "not a directory", "is a directory":
		return faultf(WrongType, "%s: %s", name, path.Err)
	case "no space left on device":
		return faultf(NoSpace, "%s: no space left on the device", name)
	case "read-only file system":
		return faultf(ReadOnly, "%s: the file system is read-only", name)
	default:
		return fmt.Errorf("%s: %w", name, path.Err)
	}
}
