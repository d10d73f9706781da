package controlplane

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// An ActionError is why an action was not done, in words that may be shown to the caller. Kind is a stable word for
// programs.
type ActionError struct {
	Kind   string // one of the constants below
	Reason string
}

// The kinds of an ActionError. They follow POSIX where it has a name for the thing.
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
func (e *ActionError) Error() string { return e.Reason }

func faultf(kind, format string, args ...any) error {
	return &ActionError{Kind: kind, Reason: fmt.Sprintf(format, args...)}
}

// isKind reports whether err is an ActionError of the kind.
func isKind(err error, kind string) bool {
	e, ok := errors.AsType[*ActionError](err)
	return ok && e.Kind == kind
}

// fileFault puts an error of the file system into words that name the file as the caller named it, and nothing else:
// the operating system's own text would show absolute paths.
func fileFault(name string, err error) error {
	if err == nil {
		return nil
	}
	if _, known := errors.AsType[*ActionError](err); known {
		return err
	}
	switch {
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
	path, ok := errors.AsType[*fs.PathError](err)
	if !ok {
		return fmt.Errorf("%s: %w", name, err)
	}
	switch path.Err.Error() {
	case "path escapes from parent":
		return faultf(NoAccess, "%s leads out of its root", name)
	case "not a directory", "is a directory":
		return faultf(WrongType, "%s: %s", name, path.Err)
	case "file name too long":
		return faultf(Invalid, "%s: a name in the path is too long", clipName(name))
	case "no space left on device":
		return faultf(NoSpace, "%s: no space left on the device", name)
	case "read-only file system":
		return faultf(ReadOnly, "%s: the file system is read-only", name)
	default:
		return fmt.Errorf("%s: %w", name, path.Err)
	}
}

// clipName shortens a name that is too long to be repeated.
func clipName(name string) string {
	const most = 80
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}
