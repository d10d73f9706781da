package statetest

import (
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/state"
)

func swapLaws() []law {
	return []law{
		{"the zero version creates only", zeroCreates},
		{"a version replaces itself only", replacesOwn},
		{"a version does not survive a delete", noABA},
		{"nil deletes", nilDeletes},
		{"one of many wins", oneWins},
	}
}

func zeroCreates(t *testing.T, s *Subject) {
	ctx := t.Context()
	version, err := s.Backend.CompareAndSwap(ctx, "things/a", 0, []byte("1"), 0)
	must(t, err)
	if version == 0 || version != versionOf(t, s.Backend, "things/a") {
		t.Errorf("returned version %d, and Get has %d", version, versionOf(t, s.Backend, "things/a"))
	}
	again, err := s.Backend.CompareAndSwap(ctx, "things/a", 0, []byte("2"), 0)
	wantErr(t, "creating it again", err, state.ErrConflict)
	if again != 0 {
		t.Errorf("a conflict returned version %d", again)
	}
	wantValue(t, s.Backend, "things/a", "1")
}

func replacesOwn(t *testing.T, s *Subject) {
	ctx := t.Context()
	first, err := s.Backend.CompareAndSwap(ctx, "things/a", 0, []byte("1"), 0)
	must(t, err)
	second, err := s.Backend.CompareAndSwap(ctx, "things/a", first, []byte("2"), 0)
	must(t, err)
	_, err = s.Backend.CompareAndSwap(ctx, "things/a", first, []byte("3"), 0)
	wantErr(t, "with the version before", err, state.ErrConflict)
	must(t, s.Backend.Set(ctx, "things/a", []byte("4"), 0))
	_, err = s.Backend.CompareAndSwap(ctx, "things/a", second, []byte("5"), 0)
	wantErr(t, "after a Set", err, state.ErrConflict)
	_, err = s.Backend.CompareAndSwap(ctx, "things/none", second, []byte("6"), 0)
	wantErr(t, "of an absent key", err, state.ErrConflict)
	wantValue(t, s.Backend, "things/a", "4")
	wantValue(t, s.Backend, "things/none", absent)
}

func noABA(t *testing.T, s *Subject) {
	ctx := t.Context()
	old, err := s.Backend.CompareAndSwap(ctx, "things/a", 0, []byte("same"), 0)
	must(t, err)
	must(t, s.Backend.Delete(ctx, "things/a"))
	_, err = s.Backend.CompareAndSwap(ctx, "things/a", old, []byte("late"), 0)
	wantErr(t, "after the delete", err, state.ErrConflict)
	must(t, s.Backend.Set(ctx, "things/a", []byte("same"), 0))
	_, err = s.Backend.CompareAndSwap(ctx, "things/a", old, []byte("late"), 0)
	wantErr(t, "after it was made again", err, state.ErrConflict)
	wantValue(t, s.Backend, "things/a", "same")
}

func nilDeletes(t *testing.T, s *Subject) {
	ctx := t.Context()
	version, err := s.Backend.CompareAndSwap(ctx, "things/a", 0, []byte("1"), 0)
	must(t, err)
	_, err = s.Backend.CompareAndSwap(ctx, "things/a", 0, nil, 0)
	wantErr(t, "deleting what should be absent", err, state.ErrConflict)
	_, err = s.Backend.CompareAndSwap(ctx, "things/a", version+1, nil, 0)
	wantErr(t, "deleting another version", err, state.ErrConflict)
	wantValue(t, s.Backend, "things/a", "1")
	for _, old := range []state.Version{version, 0} {
		left, err := s.Backend.CompareAndSwap(ctx, "things/a", old, nil, 0)
		must(t, err)
		if left != 0 {
			t.Errorf("deleting left version %d", left)
		}
		wantValue(t, s.Backend, "things/a", absent)
	}
}

// oneWins counts in a value, which needs every swap to be one of a kind.
func oneWins(t *testing.T, s *Subject) {
	const workers, each = 8, 10
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range each {
				for errors.Is(increment(t, s.Backend), state.ErrConflict) {
					continue
				}
			}
		})
	}
	group.Wait()
	wantValue(t, s.Backend, "things/count", strconv.Itoa(workers*each))
}

func increment(t *testing.T, b state.Backend) error {
	item, err := b.Get(t.Context(), "things/count")
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		t.Error(err)
		return nil
	}
	count, _ := strconv.Atoi(string(item.Value))
	_, err = b.CompareAndSwap(t.Context(), "things/count", item.Version, strconv.AppendInt(nil, int64(count+1), 10), 0)
	if err != nil && !errors.Is(err, state.ErrConflict) {
		t.Error(err)
		return nil
	}
	return err
}
