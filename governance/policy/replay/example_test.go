package replay_test

import (
	"context"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/replay"
)

func Example() {
	candidate, err := governance.NewSet(governance.Ceiling{}, []governance.Policy{{Name: "reading", AllowedTools: []string{"file_read"}}}, []string{"reading"})
	if err != nil {
		fmt.Println(err)
	}
	journal := func(yield func(audit.Entry, error) bool) {
		for i, name := range []string{"file_read", "file_write", "file_write"} {
			e := audit.Entry{
				Seq: uint64(i + 1), Kind: audit.KindDecision, At: time.Date(2026, 1, 5, 12, 0, i, 0, time.UTC), Target: governance.KindTool,
				Name: name, Caller: governance.Caller{Principal: "user:ada"}, Decision: audit.Decision{Effect: governance.Allow},
			}
			if !yield(e, nil) {
				return
			}
		}
	}
	r, err := replay.Run(context.Background(), journal, replay.Options{Set: candidate})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(r.Same, "the same,", r.Stricter, "stricter")
	for _, c := range r.Changes {
		fmt.Println(c.Count, c.Name, c.Was.Effect, "→", c.Now.Effect, "by", c.Now.Check)
	}
	// Output:
	// 1 the same, 2 stricter
	// 2 file_write allow → deny by allowed_tools
}
