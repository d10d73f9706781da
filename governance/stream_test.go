package governance_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

func notice(seq uint64) governance.Notice {
	return governance.Notice{Event: governance.PolicyCheck, Seq: seq}
}

// read returns the sequences of all notices until the subscription ends.
func read(ctx context.Context, sub *governance.Subscription) []uint64 {
	var seqs []uint64
	for n := range sub.All(ctx) {
		seqs = append(seqs, n.Seq)
	}
	return seqs
}

func TestStreamReachesEverySubscription(t *testing.T) {
	t.Parallel()
	var s governance.Stream
	s.Publish(notice(1)) // nobody listens
	a, b := s.Subscribe(10), s.Subscribe(2)
	for seq := uint64(2); seq <= 5; seq++ {
		s.Publish(notice(seq))
	}
	b.Close()
	s.Publish(notice(6))
	s.Close()
	s.Publish(notice(7))
	if diff := cmp.Diff([]uint64{2, 3, 4, 5, 6}, read(t.Context(), a)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]uint64{2, 3}, read(t.Context(), b)); diff != "" {
		t.Error(diff)
	}
	if a.Missed() != 0 || b.Missed() != 2 {
		t.Errorf("missed %d and %d, want 0 and 2", a.Missed(), b.Missed())
	}
	late := s.Subscribe(0)
	if got := read(t.Context(), late); got != nil {
		t.Errorf("a closed stream yields %v", got)
	}
	late.Close()
	a.Close()
	s.Close()
}

func TestStreamWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s governance.Stream
		sub := s.Subscribe(1)
		ctx, cancel := context.WithCancel(t.Context())
		var got []uint64
		done := make(chan struct{})
		go func() {
			defer close(done)
			got = read(ctx, sub)
		}()
		for seq := range uint64(3) {
			synctest.Wait()
			s.Publish(notice(seq))
		}
		synctest.Wait()
		cancel()
		<-done
		if diff := cmp.Diff([]uint64{0, 1, 2}, got); diff != "" || sub.Missed() != 0 {
			t.Errorf("%s, missed %d", diff, sub.Missed())
		}
	})
}

func TestStreamReaderMayStop(t *testing.T) {
	t.Parallel()
	var s governance.Stream
	sub := s.Subscribe(3)
	for seq := range uint64(3) {
		s.Publish(notice(seq))
	}
	for range sub.All(t.Context()) {
		break
	}
	sub.Close()
	if diff := cmp.Diff([]uint64{1, 2}, read(t.Context(), sub)); diff != "" {
		t.Error(diff)
	}
}

func TestStreamUnderConcurrency(t *testing.T) {
	t.Parallel()
	var s governance.Stream
	var publishers, readers sync.WaitGroup
	for range 4 {
		sub := s.Subscribe(16)
		readers.Go(func() {
			defer sub.Close()
			if got := uint64(len(read(context.Background(), sub))) + sub.Missed(); got != 4000 {
				t.Errorf("%d notices were read or missed, want 4000", got)
			}
		})
	}
	for range 4 {
		publishers.Go(func() {
			for seq := range uint64(1000) {
				s.Publish(notice(seq))
			}
		})
	}
	publishers.Wait()
	s.Close()
	readers.Wait()
}
