package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit/merkle"
)

// A Journal is one process's hold on the journal of a data directory. It is safe for concurrent use, and for use beside
// other processes that hold the same directory. It is made by Open and must be closed.
type Journal struct {
	*Reader
	o       Options
	process string
	secret  []byte
	scribes sync.Pool // of *scribe
	ledger  ledger
	room    *room
	slots   chan struct{}
	frozen  atomic.Pointer[FrozenError]
	newest  atomic.Int64 // unix microseconds of the newest entry's time
	closed  atomic.Bool
	queue   queue

	stop   context.CancelFunc
	owned  sync.WaitGroup
	signal chan struct{} // a freeze or resume was seen
	tiles  chan struct{} // a tile was finished

	mu      sync.Mutex // held by whoever commits; guards what follows
	turn    turn       // at the lock that keeps other processes out
	seg     *segment   // what is appended to
	slate   slate      // holds the last of it while the lock is kept
	at      place      // the newest entry
	edge    *merkle.Edge
	keys    Keys                           // of the signer
	signed  uint64                         // entries covered by the newest signed head
	kept    uint64                         // entries covered by the newest head in the file of heads
	cached  uint64                         // entries covered by the tail that was cached last
	stored  []merkle.Tile                  // partial tiles that this process wrote for the newest head
	running map[string]map[string]struct{} // process: calls with a decision to run and no outcome
	notes   []*Entry                       // control entries to be written with the next group
	known   []place                        // entries that must be there: a tail or a signed head names them
	doomed  []uint64                       // segments to be removed once the note that says so is written
	group   group                          // the one being written
	feeds   []*Feed                        // of those who read along
	opening uint64                         // number of the first entry of this process
}

// crowd is how many running calls make it worth while to wait for more entries before a group is written.
const crowd = 4

// A place is where the chain has got to.
type place struct {
	seq  uint64
	hash Hash
	time time.Time
	line int64 // where in the segment its line begins
}

var (
	_ governance.Limiter  = (*Journal)(nil)
	_ governance.Standing = (*Journal)(nil)
)

// Open opens the journal of a data directory, and makes one where there is none. It removes a torn last line and records
// the calls of processes that died. What is damaged otherwise is an error that wraps ErrDamaged; a directory that cannot
// be written is one that wraps ErrUnwritable.
func Open(o Options) (*Journal, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(o.Dir, journalDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	turn, err := openTurn(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	j := &Journal{
		Reader: &Reader{dir: dir}, o: o, process: o.IDs(), turn: turn,
		ledger:  ledger{most: o.MaxCounters, accounts: make(map[window]*account)},
		slots:   make(chan struct{}, o.MaxRunning),
		signal:  make(chan struct{}, 1),
		tiles:   make(chan struct{}, 1),
		running: make(map[string]map[string]struct{}),
		keys:    KeysOf(o.Signer),
	}
	j.Reader.own = j.extent
	if err := j.enter(); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", dir, err), j.leave())
	}
	j.queue.crowded = func() bool { return len(j.slots) > crowd }
	ctx, stop := context.WithCancel(context.Background())
	j.stop = stop
	j.owned.Go(func() { j.watch(ctx) })
	j.owned.Go(func() { j.announce(ctx) })
	j.owned.Go(func() { j.keep(ctx) })
	j.owned.Go(func() { j.lay(ctx) })
	return j, nil
}

// spareLines is room for control entries, such as a freeze, beside that for outcomes.
const spareLines = 4

// enter does what opening needs the lock for, and writes the entry that says that this process is here.
func (j *Journal) enter() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.hold(); err != nil {
		return err
	}
	defer j.letGo()
	var err error
	if j.slate, err = openSlate(j.dir, j.o.Files); err != nil {
		j.o.OnError(fmt.Errorf("open slate, so each group is written by itself: %w", err))
	}
	if err := j.inherit(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	if j.secret, err = loadSecret(filepath.Join(j.dir, secretName), j.o.Random); err != nil {
		return err
	}
	if err := j.load(); err != nil {
		return err
	}
	if err := j.adopt(); err != nil {
		return err
	}
	if err := j.missing(); err != nil {
		return err
	}
	if j.room, err = openRoom(j.dir, j.process, (int64(j.o.MaxRunning)+spareLines)*MaxLine+slateRoom, j.o.Files); err != nil {
		return err
	}
	if err := j.bury(); err != nil {
		return err
	}
	j.note(Control{Action: ActionOpen, Subject: j.o.Signer.VerifierKey()})
	j.opening = j.at.seq + 1
	return j.writeNotes()
}

// Close writes the closing entry, signs the head, and waits for the journal's goroutines. Calls that still run lose
// their room: end them first. A second Close does nothing.
func (j *Journal) Close() error {
	if j.closed.Swap(true) {
		return nil
	}
	j.stop()
	j.owned.Wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.hold()
	if err == nil {
		err = j.exit()
		j.letGo()
	}
	return errors.Join(err, j.leave())
}

// exit does what closing needs the lock for.
func (j *Journal) exit() error {
	if err := j.adopt(); err != nil {
		return err
	}
	j.abandon(j.process)
	j.note(Control{Action: ActionClose})
	if err := j.writeNotes(); err != nil {
		return err
	}
	return j.sign(true)
}

// leave closes the files.
func (j *Journal) leave() error {
	var faults []error
	if j.room != nil {
		faults = append(faults, j.room.close())
	}
	if j.seg != nil {
		faults = append(faults, j.seg.file.Close())
	}
	return errors.Join(append(faults, j.slate.close(), j.turn.close())...)
}

// now is the journal's time: the clock's, but never before the newest entry.
func (j *Journal) now() time.Time { return j.notBefore(j.o.Now()) }

// notBefore is a time of the clock as the journal takes it.
func (j *Journal) notBefore(now time.Time) time.Time {
	now = now.UTC().Truncate(time.Microsecond)
	if newest := j.newest.Load(); now.UnixMicro() < newest {
		return time.UnixMicro(newest).UTC()
	}
	return now
}

// ProcessID returns the id under which this process writes.
func (j *Journal) ProcessID() string { return j.process }
