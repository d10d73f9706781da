package governance

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Per says for whom a Limit counts. Several add up: PerPrincipal|PerTool counts each tool of each principal apart. The
// zero value is a fault.
type Per uint8

// For whom a limit counts.
const (
	PerPrincipal Per = 1 << iota // all that a principal does, through whatever agent
	PerAgent                     // what one proven agent of a principal does; without one, the principal itself
	PerTool                      // calls of one tool, by everybody unless principal or agent is there too
)

const perNames = "principal agent tool"

// String returns the words of the set with plus signs between, as in "principal+tool".
func (p Per) String() string {
	var words []string
	for i, word := range strings.Fields(perNames) {
		if p&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, "+")
}

// ParsePer returns the meaning of one word: principal, agent or tool.
func ParsePer(word string) (Per, error) {
	i, ok := indexOf(perNames, word)
	if !ok {
		return 0, fmt.Errorf("unknown word %q: want principal, agent or tool", word)
	}
	return 1 << i, nil
}

// Metric says what a Limit counts. The zero value is a fault.
type Metric uint8

// What a limit counts.
const (
	MetricNone       Metric = iota
	MetricCalls             // attempts, refused ones included: tool calls, resource reads and prompts
	MetricTokens            // of arguments and answers
	MetricBytesIn           // of arguments
	MetricBytesOut          // of answers; the one that passes the limit still leaves, and the next call is refused
	MetricConcurrent        // calls that run at the same time in this process; of all calls together only those from outside
)

const metricNames = "none calls tokens bytes_in bytes_out concurrent"

// String returns the name of the metric, as in "bytes_in".
func (m Metric) String() string { return nameAt(metricNames, int(m)) }

// Bounds of limits.
const (
	// MaxRates is how many limits over windows can apply to one call: each is a charge of the journal's entry, which has
	// room for twelve, and up to four are those of the executions.
	MaxRates = 8

	// MinResultTokens is the least that max_result_tokens can be: a marker and a link must fit.
	MinResultTokens = 256

	minWindow    = time.Second
	maxWindow    = 31 * 24 * time.Hour
	maxLimits    = 64 // of one policy
	toolsShard   = "#tools"
	unknownTool  = "unknown"
	maxToolShown = 47 // bytes of a tool's name in a counter's
)

// A Limit is one rate or bound on concurrency.
type Limit struct {
	Name   string        // of the limit, in decisions; one that has none is called by its place, as in "limits[0]"
	Per    Per           // for whom it counts
	Tools  []string      // exact names or globs of the tools whose calls count; empty counts every call
	Metric Metric        // what it counts
	Max    int64         // at most this many in each window, or at once; 0 admits none
	Window time.Duration // whole milliseconds, aligned to the epoch; 0 for MetricConcurrent alone
}

// limits reports what is wrong with the limits of the policy.
func (v *validator) limits() {
	if len(v.policy.Limits) > maxLimits {
		v.fault(CheckRates, fmt.Sprintf("%d limits: at most %d are counted", len(v.policy.Limits), maxLimits))
	}
	for i := range v.policy.Limits {
		l := &v.policy.Limits[i]
		field := fmt.Sprintf("%s[%d]", CheckRates, i)
		if l.Name != "" {
			if problem := nameProblem(l.Name); problem != "" {
				v.fault(field+".name", problem)
			}
		}
		v.names(field+".tools", l.Tools)
		if problem := l.problem(); problem != "" {
			v.fault(field, problem)
		}
	}
}

// problem says what is wrong with a limit as a whole, or returns nothing.
func (l *Limit) problem() string {
	concurrent := l.Metric == MetricConcurrent
	switch {
	case l.Per == 0 || l.Per >= PerTool<<1:
		return "missing per: write principal, agent or tool, or several as in [principal, tool]"
	case l.Per&PerPrincipal != 0 && l.Per&PerAgent != 0:
		return "per principal and per agent at once: write agent, which is within the principal, or two limits"
	case l.Metric == MetricNone || l.Metric > MetricConcurrent:
		return "counts nothing: write one of calls, tokens, bytes_in, bytes_out, concurrent"
	case l.Max < 0:
		return fmt.Sprintf("%s: %d is negative: write 0 to admit none", l.Metric, l.Max)
	case concurrent && l.Window != 0:
		return "concurrent has no window: remove it"
	case concurrent:
		return ""
	case l.Window == 0:
		return `missing window: write how long it counts, as in "1m"`
	case l.Window < minWindow || l.Window > maxWindow || l.Window%time.Millisecond != 0:
		return fmt.Sprintf("window %v is not between %v and %v", l.Window, minWindow, maxWindow)
	default:
		return ""
	}
}

// A rate is a compiled limit.
type rate struct {
	Limit

	policy   string
	names    *nameList // nil counts every call
	plain    string    // the counter's name, or its beginning when each tool has one
	suffix   string    // tells limits on other tools apart
	counters *counterNames
}

// newRate compiles a limit of a policy, which is the one with the index there.
func newRate(policy string, index int, l Limit) rate {
	r := rate{Limit: l, policy: policy, plain: l.Metric.String() + "/" + l.Per.String(), counters: &counterNames{}}
	if r.Name == "" {
		r.Name = fmt.Sprintf("%s[%d]", CheckRates, index)
	}
	if len(l.Tools) > 0 {
		r.Tools = sortedSet(l.Tools)
		list := newNameList(policy, r.Tools)
		r.names = &list
		sum := sha256.Sum256([]byte(strings.Join(r.Tools, "\x00")))
		r.suffix = "~" + hex.EncodeToString(sum[:4])
	}
	if l.Per&PerTool == 0 {
		r.plain += r.suffix
	}
	return r
}

// same reports whether two limits count the same, so that the lower one holds.
func (r *rate) same(other *rate) bool {
	return r.Per == other.Per && r.Metric == other.Metric && r.Window == other.Window && r.suffix == other.suffix
}

// applies reports whether a call counts.
func (r *rate) applies(c *Call) bool {
	switch {
	case (r.Metric == MetricCalls || r.Metric == MetricConcurrent) && !c.Kind.charges():
		return false
	case r.Metric == MetricConcurrent && r.Per&PerTool == 0 && r.names == nil && c.Depth > 0:
		return false // it runs within one that has its place
	case r.Per&PerTool == 0 && r.names == nil:
		return true
	case c.Kind != KindTool:
		return false
	default:
		return r.names == nil || r.names.allows(c.Name)
	}
}

// shard returns whose counter a call is charged to.
func (r *rate) shard(c *Call) string {
	switch {
	case r.Per&PerPrincipal != 0:
		return Caller{Principal: c.Caller.Principal}.Identity()
	case r.Per&PerAgent != 0:
		return c.Caller.Identity()
	default:
		return toolsShard
	}
}

// counter returns the name of the counter in its shard. A tool that does not exist has no counter of its own, so that
// inventing names makes none.
func (r *rate) counter(c *Call) string {
	switch {
	case r.Per&PerTool == 0:
		return r.plain
	case c.Unknown:
		return r.plain + "/" + unknownTool + "/" + r.suffix
	default:
		return r.counters.name(r, c.Name)
	}
}

// counterNames remembers the names of the counters of a limit per tool, within bounds.
type counterNames struct {
	mu    sync.RWMutex
	known map[string]string
}

// name returns the name of a tool's counter.
func (n *counterNames) name(r *rate, tool string) string {
	n.mu.RLock()
	name, ok := n.known[tool]
	n.mu.RUnlock()
	if ok {
		return name
	}
	name = r.plain + "/" + countedAs(tool) + r.suffix
	if len(tool) > maxRulingBytes {
		return name
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil || len(n.known) >= maxRulings {
		n.known = make(map[string]string)
	}
	n.known[strings.Clone(tool)] = name
	return name
}

// countedAs is a tool's name in that of a counter, which the journal holds as it is.
func countedAs(tool string) string {
	if len(tool) <= maxToolShown && !strings.ContainsFunc(tool, notInName) {
		return tool
	}
	sum := sha256.Sum256([]byte(tool))
	return "#" + hex.EncodeToString(sum[:8])
}

// amount is what a call is charged before it runs.
func (r *rate) amount(c *Call) int64 {
	switch r.Metric {
	case MetricTokens:
		return c.size()
	case MetricBytesIn:
		return int64(len(c.Args) + len(c.Answers))
	default:
		return 1
	}
}

// size is an upper bound of the tokens that a call brings along: its bytes.
func (c *Call) size() int64 { return int64(max(len(c.Args)+len(c.Answers), len("{}"))) }

// composeLimits returns the limits of all policies, of those that count the same the lowest.
func composeLimits(policies []Policy) []rate {
	var all []rate
	for i := range policies {
		for j, l := range policies[i].Limits {
			r := newRate(policies[i].Name, j, l)
			at := slices.IndexFunc(all, func(have rate) bool { return have.same(&r) })
			switch {
			case at < 0:
				all = append(all, r)
			case r.Max < all[at].Max:
				all[at] = r
			}
		}
	}
	return all
}

// compileLimits divides the limits into those over windows and those at once, and reports when too many of the former
// can apply to one call.
func (s *Snapshot) compileLimits(policies []Policy) error {
	exact := map[string]int{}
	general := 0
	for _, r := range composeLimits(policies) {
		s.effective.Limits = append(s.effective.Limits, r.effective())
		if r.Metric == MetricConcurrent {
			s.bounds = append(s.bounds, r)
			continue
		}
		s.rates = append(s.rates, r)
		if r.names == nil || len(r.names.globs) > 0 {
			general++
			continue
		}
		for name := range r.names.exact {
			exact[name]++
		}
	}
	most := general
	for _, n := range exact {
		most = max(most, general+n)
	}
	if most > MaxRates {
		return fmt.Errorf("%s of %s together: %d can apply to one call, at most %d are counted: merge some, or name tools without globs",
			CheckRates, strings.Join(s.effective.Policies, ", "), most, MaxRates)
	}
	return nil
}

// effective returns the limit as it is shown.
func (r *rate) effective() EffectiveLimit {
	return EffectiveLimit{
		Name: r.Name, Per: r.Per.String(), Tools: r.Tools, Metric: r.Metric.String(), Max: r.Max, Window: Duration(r.Window), Policy: r.policy,
	}
}
