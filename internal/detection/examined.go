package detection

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

// A Safety is what verify_code_safety says of snippets, by language and of all, and by the class of what is unsafe.
type Safety struct {
	Unsafe, Safe               Shares // by language: in how many something of medium severity or more is found
	BlockedUnsafe, BlockedSafe Shares // the same of high severity or more, which is what blocks
	Class                      Shares // unsafe ones by class, of medium severity or more
}

// Examined measures verify_code_safety.
func Examined(set []Record) (Safety, error) {
	engine := new(code.Engine)
	return examined(set, func(s code.Source) (code.Severity, bool, error) {
		report, err := engine.Check(context.Background(), s, code.Options{})
		worst := code.Low
		for i := range report.Findings {
			worst = max(worst, report.Findings[i].Severity)
		}
		return worst, len(report.Findings) > 0, err
	})
}

// examined measures whatever says how bad the worst is that it finds in a snippet, if it finds anything.
func examined(set []Record, check func(code.Source) (worst code.Severity, found bool, err error)) (Safety, error) {
	all := Safety{Shares{}, Shares{}, Shares{}, Shares{}, Shares{}}
	for i := range set {
		var source code.Source
		if err := json.Unmarshal(set[i].Value, &source); err != nil {
			return all, fmt.Errorf("%s: %w", set[i].ID, err)
		}
		worst, found, err := check(source)
		if err != nil {
			return all, fmt.Errorf("%s: %w", set[i].ID, err)
		}
		stopped, blocked := found && worst >= code.Medium, found && worst >= code.High
		if set[i].Expect.Unsafe {
			all.Unsafe.add(stopped, source.Language, "all")
			all.BlockedUnsafe.add(blocked, source.Language, "all")
			all.Class.add(stopped, set[i].Expect.Classes...)
		} else {
			all.Safe.add(stopped, source.Language, "all")
			all.BlockedSafe.add(blocked, source.Language, "all")
		}
	}
	return all, nil
}
