package sandbox

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// A Profile is what a program may do. The zero value lets it compute, and talk over the descriptors that it was given.
type Profile struct {
	// Open lets the program reach everything that we can: only Limits hold, and it inherits no descriptor of ours.
	Open bool `json:"open,omitempty"`

	// Absolute paths of files, and of folders with all below them. What is not there when the program starts is granted to
	// nobody.
	Read  []string `json:"read,omitempty"`
	Write []string `json:"write,omitempty"` // to read, change, make and remove
	Run   []string `json:"run,omitempty"`   // to start as programs, and to read

	Net Net `json:"net"`

	// Refuse are names of system calls that fail with EPERM. Nil is Dangerous; a name that is not in there is a fault.
	Refuse []string `json:"refuse,omitempty"`

	Limits Limits `json:"limits"`

	// Required says that the program is not started where something of the profile cannot be enforced.
	Required bool `json:"required,omitempty"`
}

// A Net is what a program may reach. The zero value is nothing.
type Net struct {
	All bool `json:"all,omitempty"` // every address, TCP and UDP
	// Connect are TCP ports, on whatever host, to connect to; with DNS among them names are looked up, over UDP too.
	Connect []uint16 `json:"connect,omitempty"`
	Listen  []uint16 `json:"listen,omitempty"` // TCP ports to be reached at; 0 is one that the system chooses
	// Unix allows sockets of this machine's other programs, such as those of agents and desktops: many of them do what
	// they are asked by anybody who reaches them.
	Unix bool `json:"unix,omitempty"`
}

// DNS is the port of name servers.
const DNS = 53

// udp reports whether datagrams can be sent at all.
func (n Net) udp() bool { return n.All || slices.Contains(n.Connect, DNS) }

// tcp reports whether there is any TCP.
func (n Net) tcp() bool { return n.All || len(n.Connect)+len(n.Listen) > 0 }

// Limits are what a program may use. Zero is what we may.
type Limits struct {
	// Memory is in bytes, of what each process of the program allocates for itself. (It is the limit on data, not on
	// addresses: runtimes reserve many times the addresses that they use.)
	Memory int64 `json:"memory,omitempty"`
	// Processes and threads besides those that the user runs already when the program starts: the system counts by user.
	// 1 is exact, for every user: the program can start no other process, and threads are free.
	Processes int `json:"processes,omitempty"`
	// Files are open descriptors of each process.
	Files int `json:"files,omitempty"`
	// CPU is computing time of each process, in whole seconds, rounded up.
	CPU time.Duration `json:"cpu,omitempty"`
	// FileSize is in bytes, of each file that is written.
	FileSize int64 `json:"file_size,omitempty"`
}

// Zero reports whether nothing is limited.
func (l Limits) Zero() bool { return l == Limits{} }

// The least that can be asked for: with less a program ends before it begins.
const (
	MinMemory = 16 << 20
	MinFiles  = 8
)

// Validate returns every fault of a profile.
func (p *Profile) Validate() error {
	var faults []error
	for _, list := range []struct {
		name  string
		paths []string
	}{{"read", p.Read}, {"write", p.Write}, {"run", p.Run}} {
		for _, path := range list.paths {
			if !filepath.IsAbs(path) {
				faults = append(faults, fmt.Errorf("%s: %q is not an absolute path", list.name, path))
			}
		}
	}
	known := Dangerous()
	for _, name := range p.Refuse {
		if !slices.Contains(known, name) {
			faults = append(faults, fmt.Errorf("refuse: the system call %q is not one of those that can be refused", name))
		}
	}
	if p.Open && (len(p.Read)+len(p.Write)+len(p.Run)+len(p.Refuse) > 0 || p.Net.tcp() || p.Net.Unix) {
		faults = append(faults, errors.New("a profile that is open cannot grant anything besides"))
	}
	return errors.Join(append(faults, p.Limits.Validate())...)
}

// Validate returns every fault of the limits.
func (l Limits) Validate() error {
	var faults []error
	if l.Memory < 0 || l.Processes < 0 || l.Files < 0 || l.CPU < 0 || l.FileSize < 0 {
		faults = append(faults, errors.New("a limit must not be negative"))
	}
	if l.Memory > 0 && l.Memory < MinMemory {
		faults = append(faults, fmt.Errorf("memory: %d bytes are too few to start anything, at least %d are needed", l.Memory, MinMemory))
	}
	if l.Files > 0 && l.Files < MinFiles {
		faults = append(faults, fmt.Errorf("files: %d are too few to start anything, at least %d are needed", l.Files, MinFiles))
	}
	return errors.Join(faults...)
}
