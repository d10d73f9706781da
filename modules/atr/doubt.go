package atr

import (
	"encoding/json"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// doubt looks for what a definition should not say: instructions to a model, hidden characters, and the like. It is empty
// for one that is as definitions are.
func (m *Module) doubt(definition json.RawMessage) string {
	findings, err := m.doubts.Document(nil, definition, detect.Context{Source: detect.Definitions})
	if err != nil {
		return "it cannot be looked through"
	}
	for i := range findings {
		if f := &findings[i]; f.Severity >= match.High {
			return fmt.Sprintf("%s at %s", f.Class, f.Pointer)
		}
	}
	return ""
}

// compileGlob reads a glob.
func compileGlob(text string) (*match.GlobMatcher, error) { return match.CompileGlob(text, true) }

// matches reports whether one of the globs, which are valid, matches.
func matches(globs []string, name string) bool {
	for _, text := range globs {
		if g, err := compileGlob(text); err == nil && g.Match(name) {
			return true
		}
	}
	return false
}
