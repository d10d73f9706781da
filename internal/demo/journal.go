package demo

import (
	"context"
	"fmt"
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// A record is what the journal holds of one call.
type record struct {
	kind     governance.Kind
	name     string
	parent   string
	decision *audit.Entry
	outcome  *audit.Entry
}

// readBack reads the whole journal, verifies it, and compares it with the conversation.
func (s *stage) readBack(ctx context.Context, o Options) error {
	r, err := audit.OpenReader(s.place.DataDir)
	if err != nil {
		return fmt.Errorf("demo: reading the journal: %w", err)
	}
	s.records, s.events = map[string]*record{}, map[string]int{}
	for e, err := range r.Entries(ctx, 1) {
		if err != nil {
			s.expect(false, "the journal should be readable to its end: %v", err)
			break
		}
		s.take(e)
	}
	if err := s.verify(ctx, o); err != nil {
		return err
	}
	for i := range s.acts {
		s.compare(&s.acts[i])
	}
	if s.server == nil {
		s.compareCounts()
	}
	return nil
}

// take sorts one entry in.
func (s *stage) take(e audit.Entry) {
	if e.Kind != audit.KindDecision && e.Kind != audit.KindOutcome {
		return
	}
	r := s.records[e.Call]
	if r == nil {
		r = &record{kind: e.Target, name: e.Name, parent: e.Parent}
		s.records[e.Call] = r
	}
	s.events[e.Event.String()]++
	if e.Kind == audit.KindDecision {
		r.decision = &e
		return
	}
	r.outcome = &e
	if e.Event != governance.CheckpointCreated {
		s.events[governance.CheckpointCreated.String()]++ // every outcome is a checkpoint, whatever else it announces
	}
}

// compare holds what the client was answered against what the journal says of the same call.
func (s *stage) compare(a *act) {
	r := s.records[a.reply.Call]
	if r == nil || r.decision == nil || r.outcome == nil {
		s.expect(false, "%s: the journal should hold the decision and the outcome of call %s", a.title, a.reply.Call)
		return
	}
	s.expect(r.name == a.tool, "%s: the journal should name %s, and names %s", a.title, a.tool, r.name)
	s.expect(r.decision.Event == a.decision, "%s: the decision should be %v, and is %v", a.title, a.decision, r.decision.Event)
	s.expect(r.outcome.Event == a.outcome, "%s: the outcome should be %v, and is %v", a.title, a.outcome, r.outcome.Event)
	s.expect(r.outcome.Status.Ran() == a.ran, "%s: the handler's start should be recorded as %v", a.title, a.ran)
	if a.tool == "kernel_execute" {
		inner := s.inner(a.reply.Call)
		s.expect(len(inner) == 1 && inner[0].decision != nil && inner[0].outcome != nil,
			"%s: the action should be a governed call of its own, with both entries", a.title)
	}
}

// inner returns what the journal holds of the calls that a call made.
func (s *stage) inner(call string) []*record {
	var found []*record
	for _, r := range s.records {
		if r.parent == call {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *record) int { return int(a.firstSeq()) - int(b.firstSeq()) })
	return found
}

func (r *record) firstSeq() uint64 {
	if r.decision == nil {
		return 0
	}
	return r.decision.Seq
}

// compareCounts checks the limit and that every event was there.
func (s *stage) compareCounts() {
	ran := 0
	for _, r := range s.records {
		if r.kind == governance.KindTool && r.outcome != nil && r.outcome.Status.Ran() {
			ran++
		}
	}
	s.expect(ran == maxCalls, "the limit of %d calls should be met exactly, and %d ran", maxCalls, ran)
	for _, event := range fiveEvents() {
		s.expect(s.events[event.String()] > 0, "the event %v should be in the journal", event)
	}
}

func fiveEvents() []governance.Event {
	return []governance.Event{
		governance.ToolCallBlocked, governance.PolicyViolation, governance.PolicyCheck,
		governance.DriftDetected, governance.CheckpointCreated,
	}
}

// verify verifies the journal with the kernel's public keys.
func (s *stage) verify(ctx context.Context, o Options) error {
	keys, err := o.Keys(s.place.DataDir)
	if err != nil {
		return fmt.Errorf("demo: the public key: %w", err)
	}
	s.report, err = audit.Verify(ctx, s.place.DataDir, audit.VerifyOptions{Keys: keys})
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	s.expect(s.report.Bad == nil, "the journal should verify: %v", s.report.Bad)
	s.expect(s.report.Entries > 0 && s.report.SignedUpTo == s.report.Last,
		"all %d entries should be signed once the kernel has ended, and %d are", s.report.Last, s.report.SignedUpTo)
	return nil
}

// verification is the last line: what verifying came to.
func (s *stage) verification() string {
	r := s.report
	if r.Bad != nil {
		return fmt.Sprintf("Journal: BAD, %v", r.Bad)
	}
	return fmt.Sprintf("Journal: verified, %d entries in one chain, signed up to entry %d.", r.Entries, r.SignedUpTo)
}
