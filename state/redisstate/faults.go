package redisstate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/mcp-kernel/mcp-kernel/state"
)

var (
	// ErrReadOnly means that the server is a replica, which takes no writes: most often one that was a master before.
	ErrReadOnly = errors.New("the server is a read-only replica")
	// ErrLoading means that the server has just been started and still reads its data.
	ErrLoading = errors.New("the server is still loading its data")
	// ErrClusterDown means that part of the cluster has no server.
	ErrClusterDown = errors.New("the cluster is down")
	// ErrTimeout means that there was no answer in time. What was asked for may have been done.
	ErrTimeout = errors.New("the server did not answer in time")
	// ErrUnreachable means that there is no connection; nothing was done.
	ErrUnreachable = errors.New("the server cannot be reached")
	// ErrLost means that a connection broke before the answer was there. What was asked for may have been done.
	ErrLost = errors.New("the connection to the server was lost")
	// errAnswer is a fault of whatever answers in Redis's place.
	errAnswer = errors.New("the answer is not what the script returns")
)

// command makes a call that is one plain command with a key.
func command(name, key string, args ...any) func() *call {
	return func() *call { return &call{keys: []string{key}, args: append([]any{name, key}, args...)} }
}

// tell sends a call that changes something, once. redis.Nil stays bare.
func (s *Store) tell(ctx context.Context, operation string, c *call) (any, error) {
	value, err := s.queue.do(ctx, c)
	return value, explain(ctx, operation, err)
}

// ask sends a call that changes nothing, and once more when the connection broke: it may have been dead for long.
func (s *Store) ask(ctx context.Context, operation string, make func() *call) (any, error) {
	value, err := s.queue.do(ctx, make())
	if ctx.Err() == nil && lost(err) {
		value, err = s.queue.do(ctx, make())
	}
	return value, explain(ctx, operation, err)
}

// lost reports whether a connection broke; a timeout is none, since the next might take as long.
func lost(err error) bool {
	if fault, ok := errors.AsType[net.Error](err); ok && fault.Timeout() {
		return false
	}
	if fault, ok := errors.AsType[*net.OpError](err); ok {
		return fault.Op != "dial"
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// explain says which operation failed and what that means. Errors of package state and of the caller's context stay bare.
func explain(ctx context.Context, operation string, err error) error {
	switch {
	case err == nil, err == redis.Nil, err == state.ErrClosed, ctx.Err() != nil && errors.Is(err, ctx.Err()): //nolint:errorlint // bare ones
		return err
	case errors.Is(err, redis.ErrClosed):
		return state.ErrClosed
	}
	if kind := kindOf(err); kind != nil && err != kind { //nolint:errorlint // a bare one
		// An end of the library's own context must not be taken for one of the caller's.
		return fmt.Errorf("redis: %s: %w (%v)", operation, kind, err) //nolint:errorlint // see above
	}
	return fmt.Errorf("redis: %s: %w", operation, err)
}

// kindOf returns the sentinel of an error, nil when there is none.
func kindOf(err error) error {
	if _, ok := errors.AsType[redis.Error](err); ok {
		return kindOfAnswer(err)
	}
	if fault, ok := errors.AsType[*net.OpError](err); ok && fault.Op == "dial" {
		return ErrUnreachable
	}
	if fault, ok := errors.AsType[net.Error](err); ok && fault.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return ErrTimeout
	}
	if lost(err) {
		return ErrLost
	}
	return nil
}

// kindOfAnswer looks at an error that the server has sent. The script that failed is no news.
func kindOfAnswer(err error) error {
	word, _, _ := strings.Cut(err.Error(), " ")
	switch word {
	case "OOM":
		return state.ErrFull
	case "READONLY":
		return ErrReadOnly
	case "LOADING":
		return ErrLoading
	case "CLUSTERDOWN":
		return ErrClusterDown
	case "TRYAGAIN", "MOVED", "ASK":
		return ErrClusterDown
	}
	return nil
}
