package governance

import (
	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// Detects returns what the policies want done about a finding in a source, and whose word that is: the strictest of what
// each wants. What no policy looks for is off.
func (s *Snapshot) Detects(f match.Finding, on detect.Source) (action detect.Action, policy string) {
	if s == nil || s.detection == nil {
		return detect.Off, ""
	}
	return s.detection.action(&f, on)
}
