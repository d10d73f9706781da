package primitives

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// FailureVersion is the version of a Failure's JSON form.
const FailureVersion = 1

// A FailureType says what kind of thing went wrong. The zero value is FailureUnknown.
type FailureType uint8

// The failure types. The first six after unknown are those of the Agent-OS primitives; the rest is what a kernel meets.
const (
	FailureUnknown FailureType = iota
	FailureBlockedByControlPlane
	FailureTimeout
	FailureInvalidAction
	FailureResourceExhausted
	FailureLogicError
	FailureInvalidArguments
	FailureNotFound
	FailureConflict
	FailurePermissionDenied
	FailureCancelled
	FailureUnavailable
	FailureIntegrity
)

// failureTypes are the names, default severities and retryability of the types, in their order.
func failureTypes() []failureKind {
	return []failureKind{
		{"unknown", SeverityMedium, false},
		{"blocked_by_control_plane", SeverityMedium, false},
		{"timeout", SeverityMedium, true},
		{"invalid_action", SeverityLow, false},
		{"resource_exhausted", SeverityHigh, true},
		{"logic_error", SeverityHigh, false},
		{"invalid_arguments", SeverityLow, false},
		{"not_found", SeverityLow, false},
		{"conflict", SeverityLow, true},
		{"permission_denied", SeverityMedium, false},
		{"cancelled", SeverityLow, true},
		{"unavailable", SeverityHigh, true},
		{"integrity", SeverityCritical, false},
	}
}

type failureKind struct {
	name      string
	severity  Severity
	retryable bool
}

func (t FailureType) kind() failureKind {
	if all := failureTypes(); int(t) < len(all) {
		return all[t]
	}
	return failureTypes()[FailureUnknown]
}

// String returns the type's name, as in "timeout".
func (t FailureType) String() string { return t.kind().name }

// Severity returns how bad a failure of the type is unless something else is known.
func (t FailureType) Severity() Severity { return t.kind().severity }

// Retryable reports whether the same request may succeed later without being changed.
func (t FailureType) Retryable() bool { return t.kind().retryable }

// Error makes a type an error, so that errors.Is(err, FailureTimeout) asks for it.
func (t FailureType) Error() string { return t.String() }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (t FailureType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (t *FailureType) UnmarshalText(text []byte) error {
	i := slices.IndexFunc(failureTypes(), func(k failureKind) bool { return k.name == string(text) })
	if i < 0 {
		return fmt.Errorf("unknown failure type %q", text)
	}
	*t = FailureType(i)
	return nil
}

// Severity says how bad something is. The zero value is SeverityLow.
type Severity uint8

// The severities, in rising order.
const (
	SeverityLow Severity = iota
	SeverityMedium
	SeverityHigh
	SeverityCritical
)

func severityNames() []string { return []string{"low", "medium", "high", "critical"} }

// String returns the severity's name.
func (s Severity) String() string {
	if names := severityNames(); int(s) < len(names) {
		return names[s]
	}
	return "critical"
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (s *Severity) UnmarshalText(text []byte) error {
	i := slices.Index(severityNames(), string(text))
	if i < 0 {
		return fmt.Errorf("unknown severity %q", text)
	}
	*s = Severity(i)
	return nil
}

// A Failure is one thing that went wrong, in a form that programs can group and act on. It is an error; errors.Is finds
// its type, and errors.As and Is look through its cause.
type Failure struct {
	Version     int         `json:"version"`
	ID          string      `json:"id"`          // UUIDv7
	Fingerprint string      `json:"fingerprint"` // equal for failures of one kind; see Fingerprint
	Type        FailureType `json:"type"`
	Severity    Severity    `json:"severity"`
	Retryable   bool        `json:"retryable"`
	Action      string      `json:"action,omitempty"` // what was being done: a tool's or an operation's name
	Message     string      `json:"message"`
	Remediation string      `json:"remediation,omitempty"` // what to do about it
	At          time.Time   `json:"at"`
	Cause       *Failure    `json:"cause,omitempty"`

	wrapped error
}

// Failures makes failures with ids and times. Its zero value uses the system's clock and randomness, a new source for
// each failure.
type Failures struct {
	IDs *IDs
	Now Clock
}

// New returns a failure of a type with its defaults. cause, which may be nil, becomes the cause chain; a Failure in it
// keeps its own fields.
func (f Failures) New(t FailureType, action, message string, cause error) *Failure {
	ids := f.IDs
	if ids == nil {
		ids = NewIDs(f.Now, nil)
	}
	failure := &Failure{
		Version: FailureVersion, ID: ids.New(), Type: t, Severity: t.Severity(), Retryable: t.Retryable(),
		Action: action, Message: message, At: f.Now.Now().UTC(), wrapped: cause,
		Fingerprint: Fingerprint(t, action, message),
	}
	if cause != nil {
		failure.Cause = f.chain(action, cause, 1)
	}
	return failure
}

// From returns the failure in an error's chain, or makes one of the type that the error shows: deadlines, cancellation
// and the file system's sentinels are known, everything else is FailureUnknown. A nil error is a nil failure.
func (f Failures) From(action string, err error) *Failure {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*Failure](err); ok {
		return known
	}
	return f.New(typeOf(err), action, err.Error(), errors.Unwrap(err))
}

// maxCauses bounds a cause chain.
const maxCauses = 8

// chain turns an error's chain into failures.
func (f Failures) chain(action string, err error, depth int) *Failure {
	if known, ok := errors.AsType[*Failure](err); ok {
		return known.within(maxCauses - depth)
	}
	if depth > maxCauses {
		return nil
	}
	failure := f.New(typeOf(err), action, err.Error(), nil)
	failure.wrapped = err
	if next := errors.Unwrap(err); next != nil {
		failure.Cause = f.chain(action, next, depth+1)
	}
	return failure
}

// within returns a failure with at most a number of causes below it: itself when it has no more, else a copy.
func (f *Failure) within(causes int) *Failure {
	last := f
	for n := 0; last != nil && n <= causes; n++ {
		last = last.Cause
	}
	if last == nil {
		return f
	}
	if causes < 0 {
		return nil
	}
	short := *f
	short.Cause = f.Cause.within(causes - 1)
	return &short
}

// typeOf tells the type of an error by its sentinels.
func typeOf(err error) FailureType {
	var t FailureType
	switch {
	case errors.As(err, &t):
		return t
	case errors.Is(err, context.DeadlineExceeded):
		return FailureTimeout
	case errors.Is(err, context.Canceled):
		return FailureCancelled
	case errors.Is(err, fs.ErrNotExist):
		return FailureNotFound
	case errors.Is(err, fs.ErrExist):
		return FailureConflict
	case errors.Is(err, fs.ErrPermission):
		return FailurePermissionDenied
	case errors.Is(err, fs.ErrInvalid):
		return FailureInvalidArguments
	default:
		return FailureUnknown
	}
}

// Error returns the type, the action and the message.
func (f *Failure) Error() string {
	text := f.Type.String()
	if f.Action != "" {
		text += ": " + f.Action
	}
	return text + ": " + f.Message
}

// Unwrap returns the cause as an error.
func (f *Failure) Unwrap() error {
	if f.wrapped != nil {
		return f.wrapped
	}
	if f.Cause != nil { // a typed nil would be an error
		return f.Cause
	}
	return nil
}

// Is reports whether target is the failure's type.
func (f *Failure) Is(target error) bool {
	t, ok := target.(FailureType)
	return ok && t == f.Type
}

// Redacted returns a copy without what could hold a secret: quoted texts, paths, addresses, numbers, hexadecimal, long
// words, what is assigned with = and what follows a word such as "password" are replaced by what they are, in the
// message, the remediation and every cause. What was wrapped is gone.
func (f *Failure) Redacted() *Failure {
	if f == nil {
		return nil
	}
	clean := *f
	clean.Message, clean.Remediation = fold(f.Message), fold(f.Remediation)
	clean.Cause, clean.wrapped = f.Cause.Redacted(), nil
	return &clean
}

// Fingerprint groups failures: those of one type, one action and one message, whatever ids, figures, paths and quoted
// texts it names, have the same one. It is 32 hexadecimal digits of SHA-256.
func Fingerprint(t FailureType, action, message string) string {
	sum := sha256.Sum256([]byte(t.String() + "\n" + action + "\n" + fold(message)))
	return hex.EncodeToString(sum[:16])
}
