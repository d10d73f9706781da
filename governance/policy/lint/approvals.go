package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// approvals looks at what people must agree to: which calls that is, and whether anybody could answer here. What nobody could
// answer anywhere, package governance refuses.
func (l *linter) approvals() {
	for i := range l.p.RequireApproval {
		r := &l.p.RequireApproval[i]
		field := fmt.Sprintf("%s[%d]", governance.CheckApproval, i)
		l.about(field, r.Tools, r.Resources, r.Prompts, r.Hints)
		l.answers(field, r)
	}
}

// answers looks for a rule that too few people can answer.
func (l *linter) answers(field string, r *governance.ApprovalRule) {
	channels := r.Channels
	if len(channels) == 0 {
		channels = []governance.Channel{governance.ChannelCLI, governance.ChannelConsole}
	}
	var why []string
	open := slices.DeleteFunc(slices.Clone(channels), func(c governance.Channel) bool {
		reason, closed := l.o.Closed[c]
		if closed {
			why = append(why, fmt.Sprintf("%s: %s", c, reason))
		}
		return closed
	})
	switch {
	case len(open) == 0:
		l.warn(field, "add a channel that there is, or open one", "nobody can answer here, so the call never runs (%s)", strings.Join(why, "; "))
	case r.Quorum > 1 && len(open) == 1 && open[0] == governance.ChannelCLI:
		l.warn(field, "add console to the channels, or ask one person",
			"%d people must agree, and over the command line answers only who owns the data directory", r.Quorum)
	case slices.Equal(channels, []governance.Channel{governance.ChannelClient}):
		l.note(field, "add cli or console to the channels if a person must see it",
			"only the caller's own client is asked, which can answer by itself")
	}
}
