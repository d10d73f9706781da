package inspect

import (
	"fmt"
	"slices"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// maxMet bounds the tools that rules know. Calls of further ones are denied by policies with rules.
const maxMet = 4096

// A surface knows the tools there are.
type surface struct {
	hints map[string]governance.Hints // of tools that say something of themselves
	set   *governance.Set             // with rules; nil when there are none to be told of tools

	mu    sync.RWMutex
	known rules.Surface
	met   map[string]bool // that rules know, or cannot know
}

// neutral is what is known of a tool that nobody has told of: nothing. (The zero Hints are the worst.)
func neutral() governance.Hints {
	return governance.Hints{NonDestructive: true, ClosedWorld: true}
}

// open takes the tools that are known from the beginning, and binds rules to them.
func (s *surface) open(known rules.Surface, set *governance.Set) error {
	s.hints, s.met = map[string]governance.Hints{}, map[string]bool{}
	s.known = known
	s.known.Tools = slices.Clone(known.Tools)
	for _, t := range s.known.Tools {
		s.met[t.Name] = true
		s.hints[t.Name] = governance.Hints{
			ReadOnly: t.ReadOnly, NonDestructive: t.ReadOnly || !t.Destructive, Idempotent: t.Idempotent, ClosedWorld: !t.OpenWorld,
		}
	}
	if !set.HasRules() {
		return nil
	}
	s.set = set
	return bind(set, s.known)
}

func bind(set *governance.Set, known rules.Surface) error {
	schema, err := rules.NewSchema(known)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	return set.Bind(schema)
}

// hintsOf returns what a tool says of itself.
func (s *surface) hintsOf(tool string) governance.Hints {
	if h, ok := s.hints[tool]; ok {
		return h
	}
	return neutral()
}

// introduce tells rules of the tools that records name, because they deny what they have never heard of: of any tool they
// can judge who calls it, and when. Names that rules cannot know stay unknown to them. Telling them of many at once costs
// little more than of one.
func (s *surface) introduce(records []Record) {
	if s.set == nil || !slices.ContainsFunc(records, s.unmet) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var strangers []rules.Tool
	for i := range records {
		if tool := records[i].Tool; tool != "" && !s.met[tool] && len(s.met) < maxMet {
			s.met[tool] = true
			strangers = append(strangers, rules.Tool{Name: tool, Input: []byte(`{"type":"object","properties":{}}`)})
		}
	}
	if s.add(strangers) {
		return
	}
	for i := range strangers {
		s.add(strangers[i : i+1])
	}
}

// unmet reports whether rules are still to be told of a record's tool.
func (s *surface) unmet(r Record) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return r.Tool != "" && !s.met[r.Tool] && len(s.met) < maxMet
}

// add adds tools to what rules know, all or none.
func (s *surface) add(tools []rules.Tool) bool {
	more := s.known
	more.Tools = append(slices.Clip(more.Tools), tools...)
	if len(tools) > 0 && bind(s.set, more) != nil {
		return false
	}
	s.known = more
	return true
}
