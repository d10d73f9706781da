package intent

import (
	"fmt"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// A Category says what a call is for. The zero value is not classified, which is denied wherever anything is.
type Category uint8

// The categories. Each call has one: what it would do that matters most.
const (
	Unclassified        Category = iota
	DestructiveData              // loses data that cannot be had back: drops, truncations, deletions of all, wiped disks
	DataExfiltration             // takes data that is secret, or many data, to where they do not belong
	PrivilegeEscalation          // gives somebody, or itself, more rights
	SystemModification           // changes the machine: services, packages, accounts' start-up files, firewalls, logs
	CodeExecution                // runs code that the call brings along or fetches
	NetworkAccess                // talks to other machines, without taking anything there that matters
	DataRead                     // looks at data
	DataWrite                    // makes or changes data, one thing or a few at a time
	Benign                       // computes, formats, answers; touches nothing
)

// classes is how many categories there are beside Unclassified.
const classes = int(Benign)

// Categories returns all categories that a call can be of, the dangerous ones first. The caller owns the slice.
func Categories() []Category {
	all := make([]Category, 0, classes)
	for c := DestructiveData; c <= Benign; c++ {
		all = append(all, c)
	}
	return all
}

// ParseCategory returns the category of a name. Of an unknown one it returns an error that wraps ErrUnknownCategory and
// says which name is near.
func ParseCategory(name string) (Category, error) {
	names := make([]string, 0, classes)
	for c := DestructiveData; c <= Benign; c++ {
		if c.String() == name {
			return c, nil
		}
		names = append(names, c.String())
	}
	if near := primitives.Nearest(name, names, primitives.Slips(name)); near != "" {
		return Unclassified, fmt.Errorf("%w %.40q: did you mean %q?", ErrUnknownCategory, name, near)
	}
	return Unclassified, fmt.Errorf("%w %.40q: want one of %s", ErrUnknownCategory, name, strings.Join(names, ", "))
}

// String returns the category's name, as in "destructive_data".
func (c Category) String() string {
	names := [...]string{
		"unclassified", "destructive_data", "data_exfiltration", "privilege_escalation", "system_modification",
		"code_execution", "network_access", "data_read", "data_write", "benign",
	}
	if int(c) < len(names) {
		return names[c]
	}
	return "invalid"
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (c Category) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error, as ParseCategory returns it.
func (c *Category) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCategory(string(text))
	return err
}

// Dangerous reports whether a call of the category may do harm that outlasts it: the first five, and what is not
// classified.
func (c Category) Dangerous() bool { return c <= CodeExecution }

// Explain returns a sentence for people on what the category means.
func (c Category) Explain() string {
	switch c {
	case DestructiveData:
		return "deletes, drops or overwrites data in a way that cannot be undone"
	case DataExfiltration:
		return "takes secret or bulk data to where they do not belong"
	case PrivilegeEscalation:
		return "gives somebody more rights than they have"
	case SystemModification:
		return "changes the machine or what guards it: services, packages, schedules, logs"
	case CodeExecution:
		return "runs code that the call brings along or fetches"
	case NetworkAccess:
		return "talks to other machines"
	case DataRead:
		return "reads data"
	case DataWrite:
		return "makes or changes data, a few at a time"
	case Benign:
		return "computes or answers, and touches nothing"
	default:
		return "could not be classified"
	}
}
