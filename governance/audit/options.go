package audit

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Durability says what an acknowledged entry survives. The zero value is Process.
type Durability uint8

// The durabilities.
const (
	Process Durability = iota // the death of the process, kill -9 included; the kernel holds the bytes
	Disk                      // the death of the machine: fsync before Append returns, once per group
)

// Options say how a journal is kept. Dir, Origin and Signer are required; every other zero value is the default named
// beside it.
type Options struct {
	Dir    string             // the data directory; the journal is its subdirectory "journal"
	Origin string             // the log's name, the first line of every signed head: one line, as in "example.org/mcp-kernel"
	Signer *primitives.Signer // signs heads

	Durability         Durability    // Process
	CheckpointEvery    int           // entries between signed heads: 4096
	CheckpointInterval time.Duration // at most this long until new entries are signed: 1 s
	SegmentBytes       int64         // a segment that has reached this is closed: 64 MiB
	RetainSegments     int           // closed segments kept; 0 keeps all
	RetainAge          time.Duration // closed segments older than this are removed; 0 keeps all

	// AcceptLoss opens a journal from which entries are gone that a signed head or a cached state names, as after a power
	// cut with Durability Process. It is an operator's decision, and recorded: the old heads will never verify again.
	AcceptLoss bool

	Capture   Capture       // CapturePreview
	Recipient age.Recipient // whom CaptureSealed encrypts to

	MaxRunning  int           // calls that may run at once in this process; room for each one's outcome is reserved: 256
	MaxCounters int           // live counters: 100,000
	LockTimeout time.Duration // how long another process may hold the journal before an append gives up: 10 s
	Poll        time.Duration // how often an idle process looks for what others wrote, a freeze above all: 200 ms

	Now      func() time.Time // the clock: time.Now
	IDs      func() string    // makes the process's id, unique for ever: UUIDv7
	Random   io.Reader        // for the journal's secret: crypto/rand
	OnError  func(error)      // told, from any goroutine, of faults that no caller waits for, as in a head that could not be signed; it must not use the journal; may be nil
	OnFreeze func(bool)       // told, off every call's path, that the journal was frozen (true) or resumed; may be nil
	Files    Files            // fault injection for tests

	OnAppend func(time.Duration) // told how long whoever appended entries waited until they were written or refused; it must not wait, nor use the journal; may be nil
	OnCommit func(time.Duration) // told how long it took to write a group of them, the lock included; likewise
}

// Files are the calls to the file system that tests make fail. A nil field is the real one.
type Files struct {
	WriteAt  func(f *os.File, b []byte, at int64) (int, error)
	Sync     func(f *os.File) error
	Allocate func(f *os.File, size int64) error
}

// withDefaults returns the options with every default filled in, or all that is wrong with them.
func (o Options) withDefaults() (Options, error) {
	err := o.validate()
	o.CheckpointEvery = orDefault(o.CheckpointEvery, 4096)
	o.CheckpointInterval = orDefault(o.CheckpointInterval, time.Second)
	o.SegmentBytes = orDefault(o.SegmentBytes, 64<<20)
	o.MaxRunning = orDefault(o.MaxRunning, 256)
	o.MaxCounters = orDefault(o.MaxCounters, 100_000)
	o.LockTimeout = orDefault(o.LockTimeout, 10*time.Second)
	o.Poll = orDefault(o.Poll, 200*time.Millisecond)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.IDs == nil {
		o.IDs = primitives.NewIDs(o.Now, o.Random).New
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	o.Files = o.Files.withDefaults()
	return o, err
}

func (o *Options) validate() error {
	var faults []error
	fault := func(bad bool, problem string) {
		if bad {
			faults = append(faults, errors.New(problem))
		}
	}
	fault(o.Dir == "", "Dir is empty: name the data directory")
	fault(o.Origin == "" || strings.ContainsAny(o.Origin, "\n+") || strings.TrimSpace(o.Origin) != o.Origin,
		"Origin must be one line without spaces around it or a plus sign")
	fault(o.Signer == nil, "Signer is nil: heads must be signed")
	fault(o.Capture == CaptureSealed && o.Recipient == nil, "Recipient is nil: CaptureSealed needs someone to encrypt to")
	fault(o.CheckpointEvery < 0 || o.CheckpointInterval < 0 || o.SegmentBytes < 0 || o.RetainSegments < 0 ||
		o.RetainAge < 0 || o.MaxRunning < 0 || o.MaxCounters < 0 || o.LockTimeout < 0 || o.Poll < 0,
		"a size, count or duration is negative")
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("audit options: %w", errors.Join(faults...))
}

func orDefault[T int | int64 | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

func (f Files) withDefaults() Files {
	if f.WriteAt == nil {
		f.WriteAt = (*os.File).WriteAt
	}
	if f.Sync == nil {
		f.Sync = (*os.File).Sync
	}
	if f.Allocate == nil {
		f.Allocate = allocate
	}
	return f
}
