package audit_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// A disk is one that tests can fill or break. It holds segments and the reserve, and nothing else counts.
type disk struct {
	mu       sync.Mutex
	capacity int64
	written  int64
	reserve  *os.File
	broken   bool
	synced   atomic.Int64
}

var errBroken = errors.New("the disk is broken")

func (d *disk) free() int64 {
	info, err := d.reserve.Stat()
	if err != nil {
		return 0
	}
	return max(0, d.capacity-d.written-info.Size())
}

// leave makes the disk so full that only so many bytes are free.
func (d *disk) leave(free int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.capacity += free - d.free()
}

func (d *disk) setBroken(broken bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = broken
}

func (d *disk) files() audit.Files {
	return audit.Files{WriteAt: d.writeAt, Allocate: d.allocate, Sync: func(f *os.File) error {
		d.synced.Add(1)
		return f.Sync()
	}}
}

func (d *disk) writeAt(f *os.File, b []byte, at int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	free := d.free()
	switch {
	case d.broken:
		n, _ := f.WriteAt(b[:len(b)/2], at)
		return n, errBroken
	case free < int64(len(b)):
		n, _ := f.WriteAt(b[:free], at) // as much as fits, as a file system does
		return n, syscall.ENOSPC
	}
	d.written += int64(len(b))
	return f.WriteAt(b, at)
}

func (d *disk) allocate(f *os.File, size int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.reserve = f; d.capacity == 0 {
		d.capacity = 1 << 30
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if size-info.Size() > d.free() {
		return syscall.ENOSPC
	}
	return f.Truncate(size)
}

func TestFullDiskKeepsOutcomes(t *testing.T) {
	t.Parallel()
	const running = 8
	dir, d := t.TempDir(), &disk{}
	j := open(t, dir, func(o *audit.Options) { o.Files, o.MaxRunning = d.files(), running })
	slots := make([]*audit.Slot, running)
	for i := range slots {
		slot, err := j.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := slot.Decision(t.Context(), decision("running")); err != nil {
			t.Fatal(err)
		}
		slots[i] = slot
	}
	for _, slot := range slots {
		d.leave(100) // the beginning of a line fits
		if err := j.Append(t.Context(), decision("late")); !errors.Is(err, audit.ErrNoRoom) {
			t.Fatalf("a decision on a full disk: %v", err)
		}
		if err := slot.Outcome(t.Context(), outcome("running")); err != nil {
			t.Fatalf("an outcome on a full disk: %v", err)
		}
		slot.End()
	}
	d.leave(100)
	if _, err := j.Begin(t.Context()); !errors.Is(err, audit.ErrNoRoom) {
		t.Errorf("a call without room for its outcome: %v", err)
	}
	d.leave(1 << 20)
	slot, err := j.Begin(t.Context())
	if err != nil {
		t.Fatalf("with room again: %v", err)
	}
	if err := slot.Decision(t.Context(), decision("later")); err != nil {
		t.Errorf("with room again: %v", err)
	}
	slot.End()
	if r := verify(t, dir); r.Bad != nil || r.Torn != 0 || r.Last != 1+2*running+1 {
		t.Errorf("%+v", r)
	}
}

func TestUnwritableStopsAndRecovers(t *testing.T) {
	t.Parallel()
	dir, d := t.TempDir(), &disk{}
	j := open(t, dir, func(o *audit.Options) { o.Files = d.files() })
	charges, _ := take(t, j, claim(1, 5, 0))
	d.setBroken(true)
	e := decision("a")
	e.Charges = charges
	if err := j.Append(t.Context(), e); !errors.Is(err, audit.ErrUnwritable) || !errors.Is(err, errBroken) {
		t.Fatalf("%v", err)
	}
	if e.Seq != 0 || j.Head().Size != 1 || used(j) != 1 {
		t.Errorf("entry %d, head %d, used %d", e.Seq, j.Head().Size, used(j))
	}
	d.setBroken(false)
	if err := j.Append(t.Context(), e); err != nil || e.Seq != 2 || used(j) != 1 {
		t.Errorf("%v, entry %d, used %d", err, e.Seq, used(j))
	}
	if r := verify(t, dir); r.Bad != nil || r.Entries != 2 {
		t.Errorf("%+v", r)
	}
}

func TestDiskDurabilitySyncs(t *testing.T) {
	t.Parallel()
	d := &disk{}
	j := open(t, t.TempDir(), func(o *audit.Options) { o.Files, o.Durability = d.files(), audit.Disk })
	before := d.synced.Load()
	if err := j.Append(t.Context(), decision("a"), outcome("a")); err != nil || d.synced.Load() != before+1 {
		t.Errorf("%v, %d syncs", err, d.synced.Load()-before)
	}
}

func TestSlotsAreBounded(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir(), func(o *audit.Options) { o.MaxRunning = 1 })
	slot, err := j.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan *audit.Slot)
	go func() {
		second, err := j.Begin(t.Context())
		if err != nil {
			t.Error(err)
		}
		got <- second
	}()
	select {
	case <-got:
		t.Fatal("two calls where one may run")
	case <-time.After(10 * time.Millisecond):
	}
	slot.End()
	slot.End()
	second := <-got
	second.End()
}

func TestTornTailIsCutAndRecorded(t *testing.T) {
	t.Parallel()
	dir := written(t, 5)
	f, err := os.OpenFile(firstSegment(dir), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"entry":{"at":"2026`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, dir); r.Bad != nil || r.Torn != 20 {
		t.Errorf("before: %+v", r)
	}
	j := open(t, dir)
	all := read(t, j.Entries(t.Context(), 13))
	if len(all) != 2 || all[0].Control.Action != audit.ActionRecovered || all[0].Control.Count != 20 {
		t.Errorf("%+v", all)
	}
	if r := verify(t, dir); r.Bad != nil || r.Torn != 0 {
		t.Errorf("after: %+v", r)
	}
}

func TestDamagedJournalIsNotContinued(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func([][]byte) [][]byte{
		"last line": func(l [][]byte) [][]byte { l[11][40] ^= 1; return l },
		"shortened": func(l [][]byte) [][]byte { return l[:8] },
		"other line": func(l [][]byte) [][]byte {
			l[11], _ = rehash(bytes.Replace(l[11], []byte("close"), []byte("klose"), 1), "")
			return l
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := written(t, 5)
			store(t, dir, damage(lines(t, dir)))
			o := audit.Options{Dir: dir, Origin: origin, Signer: signer(t, dir)}
			if j, err := audit.Open(o); !errors.Is(err, audit.ErrDamaged) {
				t.Errorf("opened: %v, %v", j != nil, err)
			}
			if names, _ := filepath.Glob(filepath.Join(dir, "journal", "reserve-*")); len(names) > 0 {
				t.Errorf("left behind: %v", names)
			}
		})
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Log("as root nothing is read-only: a file in the place of the directory stands for it")
	}
	dir := t.TempDir()
	key := signer(t, dir)
	blocked := filepath.Join(dir, "data")
	if err := os.WriteFile(blocked, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Open(audit.Options{Dir: blocked, Origin: origin, Signer: key}); !errors.Is(err, audit.ErrUnwritable) {
		t.Errorf("%v", err)
	}
}

func TestAcceptLoss(t *testing.T) {
	t.Parallel()
	dir := written(t, 5)
	store(t, dir, lines(t, dir)[:8])
	j := open(t, dir, func(o *audit.Options) { o.AcceptLoss = true })
	all := read(t, j.Entries(t.Context(), 9))
	if len(all) != 2 || all[0].Control.Action != audit.ActionLost || all[0].Control.Count != 12 {
		t.Errorf("%+v", all)
	}
	call(t, j, 0, 5)
	if r := verify(t, dir); r.Bad == nil {
		t.Error("what was signed and is gone does not show")
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	call(t, open(t, dir), 0, 1) // it is accepted once
}

func TestCloseAbandonsRunningCalls(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	if err := j.Append(t.Context(), decision("left")); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	all := read(t, j.Entries(t.Context(), 3))
	if len(all) != 2 || all[0].Control.Action != audit.ActionAbandoned || all[0].Control.Calls[0] != "left" {
		t.Errorf("%+v", all)
	}
	if err := j.Append(t.Context(), outcome("left")); !errors.Is(err, audit.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := j.Begin(t.Context()); !errors.Is(err, audit.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
