package governance

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

// ErrUnknownPolicy is returned for the name of a policy that was not loaded. It denies.
var ErrUnknownPolicy = errors.New("unknown policy")

// Bounds of what a call can ask of a Set.
const (
	maxNarrowing  = 16  // policies that one call may name
	maxNarrowings = 256 // compositions that are remembered
)

// A Set holds all loaded policies and says which are active. It is immutable in what it means and safe for concurrent
// use; a reload builds a new one. The zero value has no policies, and what it selects allows nothing.
type Set struct {
	ceiling  Ceiling
	policies map[string]Policy
	active   []string // sorted
	base     atomic.Pointer[Snapshot]
	engines  engines // of detectors, shared by all compositions

	mu       sync.RWMutex
	schema   *rules.Schema        // what rules are about; nil until Bind
	narrowed map[string]*Snapshot // by the sorted names that were added
}

// NewSet validates all policies, also those that are not active, and composes the active ones. Every fault is returned,
// joined. No active policy is no fault: nothing is allowed then. The policies are copied.
func NewSet(ceiling Ceiling, policies []Policy, active []string) (*Set, error) {
	s := &Set{ceiling: ceiling, policies: make(map[string]Policy, len(policies)), active: sortedSet(active)}
	faults := unjoin(Validate(policies...))
	for i := range policies {
		s.policies[policies[i].Name] = policies[i].clone()
	}
	for _, name := range s.active {
		if _, ok := s.policies[name]; !ok {
			faults = append(faults, fmt.Errorf("active policies: %w", s.unknown(name)))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	base, err := compile(nil, nil, &s.engines, ceiling, s.pick(s.active)...)
	s.base.Store(base)
	return s, err
}

// unknown names the policies there are, so that a slip is seen.
func (s *Set) unknown(name string) error {
	return fmt.Errorf("%w %q: there are %s", ErrUnknownPolicy, name, strings.Join(s.Names(), ", "))
}

func (s *Set) pick(names []string) []Policy {
	picked := make([]Policy, len(names))
	for i, name := range names {
		picked[i] = s.policies[name]
	}
	return picked
}

// Names returns the names of all loaded policies, sorted. The caller owns the slice.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.policies)) }

// Active returns the names of the active policies, sorted. The caller owns the slice.
func (s *Set) Active() []string { return cloned(s.active) }

// Policy returns a copy of the policy with the name, and whether there is one.
func (s *Set) Policy(name string) (Policy, bool) {
	p, ok := s.policies[name]
	return p.clone(), ok
}

// Select returns what governs a call: the active policies and those that the call names, which can only narrow. A name
// that is not loaded is ErrUnknownPolicy. When no policy is active, naming one opens nothing.
func (s *Set) Select(c *Call) (*Snapshot, error) { return s.SelectWith(c, nil) }

// SelectWith returns what governs a call for which further policies hold, as for a caller's role: they only narrow, like
// those that the call names.
func (s *Set) SelectWith(c *Call, further []string) (*Snapshot, error) {
	if len(c.Policies)+len(further) == 0 {
		return s.base.Load(), nil
	}
	if len(c.Policies) > maxNarrowing {
		return nil, fmt.Errorf("the call names %d policies: name at most %d", len(c.Policies), maxNarrowing)
	}
	var added []string
	for _, name := range sortedSet(append(slices.Clone(further), c.Policies...)) {
		if _, ok := s.policies[name]; !ok {
			return nil, fmt.Errorf("%w %q", ErrUnknownPolicy, clip(name))
		}
		if !slices.Contains(s.active, name) {
			added = append(added, name)
		}
	}
	if len(added) == 0 || len(s.active) == 0 {
		return s.base.Load(), nil
	}
	return s.narrow(added)
}

// narrow returns the composition of the active policies and the added ones.
func (s *Set) narrow(added []string) (*Snapshot, error) {
	key := strings.Join(added, "\x00")
	s.mu.RLock()
	known, schema := s.narrowed[key], s.schema
	s.mu.RUnlock()
	if known != nil {
		return known, nil
	}
	composed, err := compile(schema, s.labelNames(), &s.engines, s.ceiling, s.pick(append(cloned(s.active), added...))...)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.schema != schema {
		return composed, nil // Bind was faster: what it made is for the next call
	}
	if s.narrowed == nil || len(s.narrowed) >= maxNarrowings {
		s.narrowed = make(map[string]*Snapshot)
	}
	s.narrowed[key] = composed
	return composed, nil
}

// clone returns a policy that shares nothing with this one.
func (p Policy) clone() Policy {
	p.MaxTokensPerRequest = copied(p.MaxTokensPerRequest)
	p.MaxToolCallsPerRequest = copied(p.MaxToolCallsPerRequest)
	p.ConfidenceThreshold = copied(p.ConfidenceThreshold)
	p.Timeout = copied[time.Duration](p.Timeout)
	p.BlockedPatterns = clonedPatterns(p.BlockedPatterns)
	p.AllowedTools = slices.Clone(p.AllowedTools)
	p.AllowedResources = slices.Clone(p.AllowedResources)
	p.AllowedPrompts = slices.Clone(p.AllowedPrompts)
	p.MaxDepth, p.MaxFanOut, p.MaxResultTokens = copied(p.MaxDepth), copied(p.MaxFanOut), copied(p.MaxResultTokens)
	p.Limits = slices.Clone(p.Limits)
	for i := range p.Limits {
		p.Limits[i].Tools = slices.Clone(p.Limits[i].Tools)
	}
	p.Detect, p.Intent = cloneDetection(p.Detect), cloneIntent(p.Intent)
	p.Labels = slices.Clone(p.Labels)
	for i := range p.Labels {
		p.Labels[i] = p.Labels[i].clone()
	}
	p.RequireApproval = cloneApprovals(p.RequireApproval)
	p.Source.Field = maps.Clone(p.Source.Field)
	return p
}

func copied[T any](value *T) *T {
	if value == nil {
		return nil
	}
	c := *value
	return &c
}
