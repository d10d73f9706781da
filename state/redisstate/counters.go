package redisstate

import (
	"context"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Take charges all claims of one shard or none. When the connection breaks after the claims were sent, the error leaves
// open whether they were charged; they are never charged twice.
func (s *Store) Take(ctx context.Context, shard string, claims ...state.Claim) ([]state.Taken, error) {
	return s.take(ctx, "", shard, claims)
}

// take charges at a time in Unix milliseconds, "" being the server's.
func (s *Store) take(ctx context.Context, now, shard string, claims []state.Claim) ([]state.Taken, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if err := state.CheckTake(shard, claims); err != nil || len(claims) == 0 {
		return nil, err
	}
	windows, fixed := s.names.counters(shard)
	c := &call{script: s.scripts.take, keys: []string{windows, fixed}, args: make([]any, 1, 1+4*len(claims))}
	c.args[0] = now
	for _, claim := range claims {
		// The script computes with floats, which hold whole numbers up to MaxUnits.
		limit := max(0, min(claim.Limit, state.MaxUnits))
		c.args = append(c.args, claim.Name, claim.N, limit, claim.Window.Milliseconds())
		c.bytes += len(claim.Name)
	}
	reply, err := s.tell(ctx, "Take", c)
	if err != nil {
		return nil, err
	}
	return takenOf(reply, claims)
}

// takenOf reads what the script says.
func takenOf(reply any, claims []state.Claim) ([]state.Taken, error) {
	list, _ := reply.([]any)
	if len(list) != 1+3*len(claims) {
		return nil, fmt.Errorf("redis: Take: %w", errAnswer)
	}
	numbers := make([]int64, len(list))
	for i, value := range list {
		var ok bool
		if numbers[i], ok = value.(int64); !ok {
			return nil, fmt.Errorf("redis: Take: %w", errAnswer)
		}
	}
	taken := make([]state.Taken, len(claims))
	for i, c := range claims {
		of := numbers[1+3*i:]
		taken[i] = state.Taken{Name: c.Name, OK: of[0] == 1, Used: of[1], Limit: c.Limit, Ends: endOf(of[2])}
	}
	return taken, nil
}

// endOf is the end of a window, zero for one that never ends.
func endOf(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return moment(millis)
}
