package mirror_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/audit/mirror"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// A kernel is a journal with its key.
type kernel struct {
	dir    string
	signer *primitives.Signer
	*audit.Journal
}

func begin(t *testing.T, dir string) kernel {
	t.Helper()
	s, err := primitives.OpenSigner(filepath.Join(dir, "key"), "mcp-kernel", nil)
	if err != nil {
		t.Fatal(err)
	}
	j, err := audit.Open(audit.Options{Dir: dir, Origin: "mcp-kernel", Signer: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return kernel{dir, s, j}
}

func (k kernel) write(t *testing.T, n int, reason string) {
	t.Helper()
	for range n {
		e := audit.Entry{Kind: audit.KindControl, Control: &audit.Control{Action: audit.ActionNote, By: "user:ada", Reason: reason}}
		if err := k.Append(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
	}
}

func (k kernel) send(t *testing.T, store mirror.Store, change ...func(*mirror.Options)) *mirror.Sender {
	t.Helper()
	o := mirror.Options{Store: store, Journal: k.Journal, Signer: k.signer, Name: filepath.Base(k.dir), Fault: func(err error) { t.Log(err) }}
	for _, c := range change {
		c(&o)
	}
	s, err := mirror.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t *testing.T, s *mirror.Sender) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// fetch fetches the copy of a kernel's journal, which must then verify up to its last entry.
func fetch(t *testing.T, store mirror.Store, k kernel, into string) mirror.Fetched {
	t.Helper()
	r, err := mirror.Find(t.Context(), store, mirror.ID(k.signer))
	if err != nil {
		t.Fatal(err)
	}
	f, err := mirror.Fetch(t.Context(), store, r, into)
	if err != nil {
		t.Fatal(err)
	}
	report, err := audit.Verify(t.Context(), f.Dir, audit.VerifyOptions{Keys: f.Keys, Head: r.Head})
	if err != nil || report.Bad != nil || report.SignedUpTo != f.Signed || report.Last != f.Last {
		t.Fatalf("%v, %v, fetched %+v", report, err, f)
	}
	return f
}

// What several kernels recorded is in one place: whole, signed, in their order, also after restarts.
func TestMirror(t *testing.T) {
	t.Parallel()
	store, here := memstate.New(memstate.Options{}), t.TempDir()
	one, other := begin(t, t.TempDir()), begin(t, t.TempDir())
	for round := range 3 {
		first, second := one.send(t, store), other.send(t, store)
		one.write(t, 200, "one")
		other.write(t, 10, "other")
		closed(t, first)
		closed(t, second)
		for _, k := range []kernel{one, other} {
			f := fetch(t, store, k, here)
			if f.Last != k.Head().Size || f.Signed != f.Last || f.First != (round == 0) || f.New == 0 {
				t.Errorf("round %d: %+v of %d entries", round, f, k.Head().Size)
			}
			if again := fetch(t, store, k, here); again.New != 0 || again.Last != f.Last {
				t.Errorf("fetched again: %+v", again)
			}
		}
	}
	all, err := mirror.Replicas(t.Context(), store)
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	for _, r := range all {
		if r.Alive(time.Now()) || !r.Ended || r.Behind != 0 || r.Entries == 0 {
			t.Errorf("%+v", r)
		}
	}
	if err := mirror.Forget(t.Context(), store, all[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := mirror.Find(t.Context(), store, all[0].ID); !errors.Is(err, mirror.ErrUnknown) {
		t.Errorf("after it was forgotten: %v", err)
	}
}

// Processes that share a journal all send it, and it arrives once.
func TestProcessesTakeTurns(t *testing.T) {
	t.Parallel()
	store := memstate.New(memstate.Options{})
	k := begin(t, t.TempDir())
	var senders []*mirror.Sender
	for range 3 {
		senders = append(senders, k.send(t, store))
	}
	var writing sync.WaitGroup
	for range 3 {
		writing.Go(func() { k.write(t, 100, "at once") })
	}
	writing.Wait()
	for _, s := range senders {
		closed(t, s)
	}
	if f := fetch(t, store, k, t.TempDir()); f.Last != k.Head().Size {
		t.Errorf("%+v of %d", f, k.Head().Size)
	}
	if last, err := store.Last(t.Context(), "replica-journal/"+mirror.ID(k.signer)); err != nil || uint64(last) != k.Head().Size {
		t.Errorf("%d records of %d entries, %v", last, k.Head().Size, err)
	}
}

// flaky is a store whose appends sometimes fail, before or after they were done.
type flaky struct {
	*memstate.Store
	calls atomic.Int64
}

var errWire = errors.New("the wire was cut")

func (f *flaky) Append(ctx context.Context, stream string, after state.Seq, records ...[]byte) (state.Seq, error) {
	switch f.calls.Add(1) % 3 {
	case 0:
		return 0, errWire
	case 1:
		if seq, err := f.Store.Append(ctx, stream, after, records...); err != nil {
			return seq, err
		}
		return 0, errWire
	default:
		return f.Store.Append(ctx, stream, after, records...)
	}
}

// A wire that is cut, also after the store has done what it was told, neither loses an entry nor doubles one.
func TestMirrorOverABadWire(t *testing.T) {
	t.Parallel()
	store := &flaky{Store: memstate.New(memstate.Options{})}
	k := begin(t, t.TempDir())
	k.write(t, 500, "text")
	for attempt := 0; ; attempt++ {
		if attempt == 50 {
			t.Fatal("it never arrived")
		}
		if err := k.send(t, store).Close(); err == nil {
			break
		} else if !errors.Is(err, errWire) {
			t.Fatal(err)
		}
	}
	if f := fetch(t, store, k, t.TempDir()); f.Last != k.Head().Size || f.Signed != f.Last {
		t.Errorf("%+v of %d", f, k.Head().Size)
	}
}

// Whoever can write to the shared state can spoil what comes next, and cannot change what is taken for another's record.
func TestForgedStreams(t *testing.T) {
	t.Parallel()
	sent := func(t *testing.T) (*memstate.Store, kernel, string) {
		t.Helper()
		store, k := memstate.New(memstate.Options{}), begin(t, t.TempDir())
		k.write(t, 20, "true")
		closed(t, k.send(t, store))
		return store, k, "replica-journal/" + mirror.ID(k.signer)
	}
	refetch := func(t *testing.T, store mirror.Store, k kernel, dir string) (mirror.Fetched, error) {
		t.Helper()
		r, err := mirror.Find(t.Context(), store, mirror.ID(k.signer))
		if err != nil {
			t.Fatal(err)
		}
		return mirror.Fetch(t.Context(), store, r, dir)
	}
	t.Run("an edited line", func(t *testing.T) {
		t.Parallel()
		from, k, stream := sent(t)
		store := memstate.New(memstate.Options{})
		for r, err := range from.Read(t.Context(), stream, 1) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Seq == 10 {
				r.Value = bytes.Replace(r.Value, []byte("true"), []byte("fake"), 1)
			}
			if _, err := store.Append(t.Context(), stream, state.Tail, r.Value); err != nil {
				t.Fatal(err)
			}
		}
		record, err := from.Get(t.Context(), "replicas/"+mirror.ID(k.signer))
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Set(t.Context(), "replicas/"+mirror.ID(k.signer), record.Value, 0); err != nil {
			t.Fatal(err)
		}
		if f, err := refetch(t, store, k, t.TempDir()); !errors.Is(err, audit.ErrDamaged) || f.Last != 9 {
			t.Errorf("%+v, %v", f, err)
		}
	})
	t.Run("another key", func(t *testing.T) {
		t.Parallel()
		store, k, _ := sent(t)
		dir := t.TempDir()
		if _, err := refetch(t, store, k, dir); err != nil {
			t.Fatal(err)
		}
		record, err := store.Get(t.Context(), "replicas/"+mirror.ID(k.signer))
		if err != nil {
			t.Fatal(err)
		}
		forger := begin(t, t.TempDir())
		forged := strings.Replace(string(record.Value), k.signer.VerifierKey(), forger.signer.VerifierKey(), 1)
		if err := store.Set(t.Context(), "replicas/"+mirror.ID(k.signer), []byte(forged), 0); err != nil {
			t.Fatal(err)
		}
		if _, err := refetch(t, store, k, dir); !errors.Is(err, mirror.ErrKey) {
			t.Errorf("%v", err)
		}
	})
	for name, record := range map[string][]byte{"nothing": {}, "no frame": []byte("hello, this is text"), "an end without a beginning": append([]byte{2, 0, 0, 0, 0, 0, 0, 0, 99}, '\n')} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, k, stream := sent(t)
			if _, err := store.Append(t.Context(), stream, state.Tail, record); err != nil {
				t.Fatal(err)
			}
			if f, err := refetch(t, store, k, t.TempDir()); err == nil || f.Last != k.Head().Size {
				t.Errorf("%+v of %d, %v", f, k.Head().Size, err)
			}
		})
	}
}

// A rotated key is followed from the one that was seen first.
func TestMirrorFollowsRotation(t *testing.T) {
	t.Parallel()
	store, here := memstate.New(memstate.Options{}), t.TempDir()
	k := begin(t, t.TempDir())
	for round := range 3 {
		k.write(t, 10, fmt.Sprint(round))
		closed(t, k.send(t, store))
		if f := fetch(t, store, k, here); f.Signed != k.Head().Size || len(f.Keys) != round+1 {
			t.Errorf("round %d: %+v", round, f)
		}
		if err := k.RotateKey(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A stream that is kept short is enough for copies that are fetched often enough, and says so to the others.
func TestShortStreams(t *testing.T) {
	t.Parallel()
	store, here := memstate.New(memstate.Options{}), t.TempDir()
	k := begin(t, t.TempDir())
	short := func(o *mirror.Options) { o.Keep = 3000 }
	for range 3 {
		k.write(t, 2500, "text")
		closed(t, k.send(t, store, short))
		fetch(t, store, k, here)
	}
	if f := fetch(t, store, k, here); f.Last != k.Head().Size {
		t.Errorf("%+v of %d", f, k.Head().Size)
	}
	r, err := mirror.Find(t.Context(), store, mirror.ID(k.signer))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mirror.Fetch(t.Context(), store, r, t.TempDir()); !errors.Is(err, audit.ErrDamaged) || !strings.Contains(err.Error(), "not 1") {
		t.Errorf("a copy without the beginning: %v", err)
	}
}
