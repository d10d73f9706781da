package redisstate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// An answered error is one that a server sends.
type answered string

func (a answered) Error() string { return string(a) }
func (answered) RedisError()     {}

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err, want error
	}{
		{answered("OOM command not allowed when used memory > 'maxmemory'."), state.ErrFull},
		{answered("READONLY You can't write against a read only replica."), ErrReadOnly},
		{answered("LOADING Redis is loading the dataset in memory"), ErrLoading},
		{answered("CLUSTERDOWN Hash slot not served"), ErrClusterDown},
		{answered("TRYAGAIN Multiple keys request during rehashing of slot"), ErrClusterDown},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, ErrUnreachable},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, ErrTimeout},
		{fmt.Errorf("pool: %w", context.DeadlineExceeded), ErrTimeout},
		{&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, ErrLost},
		{io.EOF, ErrLost},
		{redis.ErrClosed, state.ErrClosed},
		{state.ErrClosed, state.ErrClosed},
		{redis.Nil, redis.Nil},
	} {
		got := explain(t.Context(), "Take", c.err)
		if !errors.Is(got, c.want) || errors.Is(got, context.DeadlineExceeded) {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
	odd := answered("MISCONF Redis is configured to save RDB snapshots")
	if got := explain(t.Context(), "Set", odd); !errors.Is(got, odd) || got.Error() != "redis: Set: "+odd.Error() {
		t.Errorf("another answer: %v", got)
	}
}

// TestSlot has the values of Redis's own CLUSTER KEYSLOT.
func TestSlot(t *testing.T) {
	t.Parallel()
	n := names{prefix: "p:"}
	for name, want := range map[string]int{"123456789": 12739, "foo": 12182, "user1000": 3443} {
		for _, key := range []string{n.item(name + "/x}{"), n.last(name), n.records(name)} {
			if got := slot(key); got != want {
				t.Errorf("slot of %q is %d, want %d", key, got, want)
			}
		}
	}
}
