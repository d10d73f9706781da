package detection

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/state"
)

// An Evasion is what policies make of texts that are hidden by one technique, and of twins that hide something harmless in the
// same way: how many are blocked, of each, under each policy.
type Evasion struct {
	Technique
	Naive  Share // hidden texts that Naive finds, which searches the serialised value
	Hidden [policies]Share
	Twins  [policies]Share
}

// The policies under which the set is measured.
const (
	Text     = iota // blocks the texts wherever they stand
	Words           // blocks them where they stand as whole words
	Meaning         // the same, and denies besides what is called for something dangerous, as "intent: {deny: […]}" does
	policies        // how many there are
)

// Evaded measures the evasion set, by technique.
func Evaded(ctx context.Context, set []Record) ([]Evasion, error) {
	list, of, err := Techniques()
	if err != nil {
		return nil, err
	}
	all := make([]Evasion, len(list))
	for i := range list {
		all[i].Technique = list[i]
	}
	gates, err := newGates(set)
	if err != nil {
		return nil, err
	}
	for i := range set {
		r := &set[i]
		at, known := of[r.ID]
		if !known {
			return nil, fmt.Errorf("%s has no technique: add it to techniques.txt", r.ID)
		}
		if err := all[at].one(ctx, gates, r); err != nil {
			return nil, fmt.Errorf("%s: %w", r.ID, err)
		}
	}
	return all, nil
}

// one counts a record.
func (e *Evasion) one(ctx context.Context, g gates, r *Record) error {
	if r.Expect.Hides != "" {
		e.Naive.add(Naive(r.Value, r.Expect.Hides))
	}
	for policy := range g {
		blocked, err := g[policy].blocks(ctx, r)
		if err != nil {
			return err
		}
		if r.Expect.Hides == "" {
			e.Twins[policy].add(blocked)
		} else {
			e.Hidden[policy].add(blocked)
		}
	}
	return nil
}

// gates are one of each policy.
type gates [policies]gate

// A gate decides calls, and reads answers, under one snapshot.
type gate struct {
	*governance.Gate
	snapshot *governance.Snapshot
}

// newGates makes gates that look for each text that the set hides, so that twins are tried against all of them.
func newGates(set []Record) (g gates, err error) {
	all := hidden(set)
	texts, words := make([]match.Pattern, 0, len(all)), make([]match.Pattern, 0, len(all))
	for _, text := range all {
		p := match.Pattern{Name: fmt.Sprint("text-", len(texts)), Type: match.Substring, Text: text, On: match.Arguments | match.Results | match.Names}
		texts = append(texts, p)
		p.Type, p.Text = match.Regex, wholeWords(text)
		words = append(words, p)
	}
	for i, p := range [policies]governance.Policy{
		{BlockedPatterns: texts},
		{BlockedPatterns: words},
		{BlockedPatterns: words, Intent: &intent.Settings{Deny: dangerous()}},
	} {
		if g[i], err = newGate(p); err != nil {
			return g, err
		}
	}
	return g, nil
}

// hidden returns the texts that the set hides, each once.
func hidden(set []Record) []string {
	var all []string
	for i := range set {
		if text := set[i].Expect.Hides; text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

// wholeWords is an expression for a text that begins and ends where its words do.
func wholeWords(text string) string {
	expression := regexp.QuoteMeta(text)
	if regexp.MustCompile(`^\w`).MatchString(text) {
		expression = `\b` + expression
	}
	if regexp.MustCompile(`\w$`).MatchString(text) {
		expression += `\b`
	}
	return expression
}

// newGate makes a gate of a policy that allows every tool.
func newGate(p governance.Policy) (gate, error) {
	p.Name, p.AllowedTools = "evasion", []string{"*"}
	snapshot, err := governance.Compile(governance.Ceiling{}, p)
	if err != nil {
		return gate{}, err
	}
	g, err := governance.New(governance.Options{
		Select:  func(*governance.Call) (*governance.Snapshot, error) { return snapshot, nil },
		Limiter: boundless{},
	})
	return gate{g, snapshot}, err
}

// blocks reports whether the call of a record is denied, or its answer withheld. That it cannot be judged is an error.
func (g *gate) blocks(ctx context.Context, r *Record) (bool, error) {
	call := governance.Call{ID: r.ID, Kind: governance.KindTool, Name: r.Tool, Caller: governance.Caller{Principal: "measuring"}, At: time.Now()}
	if r.Kind != "call" {
		scan, err := g.snapshot.ScanResult(&call, r.Value, call.At)
		return scan.Found && scan.Action == match.Blocks, err
	}
	call.Args = r.Value
	d := g.Decide(ctx, &call)
	return !d.Allowed(), d.Fault
}

// boundless is a governance.Limiter that has room for everything.
type boundless struct{}

// Take implements governance.Limiter.
func (boundless) Take(_ context.Context, _ string, claims ...state.Claim) ([]state.Taken, error) {
	taken := make([]state.Taken, len(claims))
	for i, c := range claims {
		taken[i] = state.Taken{Name: c.Name, OK: true, Limit: c.Limit}
	}
	return taken, nil
}
