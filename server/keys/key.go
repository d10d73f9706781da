package keys

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// A Key is what is known of a token, without anything that could be used as one. Times are UTC, to the second.
type Key struct {
	ID        string    `json:"id"`               // UUIDv7; part of the token, and no secret
	Principal string    `json:"principal"`        // whom it stands for, as in "user:ada"
	Created   time.Time `json:"created"`          //
	Expires   time.Time `json:"expires,omitzero"` // from when on it is refused; zero: never
	Revoked   time.Time `json:"revoked,omitzero"` // when it was revoked; zero: it was not
	Note      string    `json:"note,omitempty"`   // the operator's, for the operator
}

// A Status is how a key stands at some time.
type Status string

// The ways in which a key stands. Only an active one opens anything.
const (
	Active  Status = "active"
	Expired Status = "expired"
	Revoked Status = "revoked"
)

// Status returns how the key stands at a time. Revoked comes before expired: it is what somebody has decided.
func (k *Key) Status(now time.Time) Status {
	switch {
	case !k.Revoked.IsZero():
		return Revoked
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return Expired
	default:
		return Active
	}
}

// ended is when an inactive key stopped being active.
func (k *Key) ended() time.Time {
	if !k.Revoked.IsZero() {
		return k.Revoked
	}
	return k.Expires
}

// Bounds of what a key says, in bytes.
const (
	maxPrincipal = 200
	maxNote      = 500
)

// validate reports every fault of a key.
func (k *Key) validate() error {
	var faults []error
	if !primitives.ValidID(k.ID) {
		faults = append(faults, fmt.Errorf("id %q: %w", k.ID, primitives.ErrID))
	}
	if k.Principal == "" || len(k.Principal) > maxPrincipal || !plain(k.Principal) || strings.Contains(k.Principal, " ") {
		faults = append(faults, fmt.Errorf("principal %q: want 1 to %d bytes of printable text without spaces", k.Principal, maxPrincipal))
	}
	for _, prefix := range []string{"oauth:", "cert:"} {
		if strings.HasPrefix(k.Principal, prefix) {
			faults = append(faults, fmt.Errorf("principal %q: %s begins the principals of tokens and certificates", k.Principal, prefix))
		}
	}
	if len(k.Note) > maxNote || !plain(k.Note) {
		faults = append(faults, fmt.Errorf("note: want at most %d bytes of printable text in one line", maxNote))
	}
	if k.Created.IsZero() {
		faults = append(faults, errors.New("created: missing"))
	}
	if !k.Expires.IsZero() && !k.Expires.After(k.Created) {
		faults = append(faults, fmt.Errorf("expires %s: not after %s, when it was created", k.Expires.Format(time.RFC3339), k.Created.Format(time.RFC3339)))
	}
	return errors.Join(faults...)
}

// plain reports whether a text can be shown in one line as it is.
func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// A record is a key as its file holds it.
type record struct {
	Key
	SHA256 string `json:"sha256"` // of the token, hexadecimal
}

// newest sorts records the newest first, which is the order of their ids backwards.
func newest(records []record) {
	slices.SortFunc(records, func(a, b record) int { return strings.Compare(b.ID, a.ID) })
}
