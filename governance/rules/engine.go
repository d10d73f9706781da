package rules

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
)

// ErrUnvalidated is the fault of a call for which the rules were not validated, because what it names is not in the
// schema that they were compiled with. It denies.
var ErrUnvalidated = errors.New("the rules were not validated for what the call names")

// An Engine is the compiled rules of several policies. It is immutable and safe for concurrent use. The nil Engine has no
// rules and allows everything.
type Engine struct {
	tools, prompts map[string]*partition
	kinds          map[Kind]*partition
	entities       map[types.EntityUID]types.Entity // the tools and prompts
	labels         bool
}

// A partition is the rules that apply to one action. The nil partition has none.
type partition struct {
	action    types.EntityUID
	resource  types.EntityUID // of a tool or a prompt
	entities  map[types.EntityUID]types.Entity
	args      *shape // nil when there are none
	documents []section
	looks     looks
	wanted    want // of the arguments
}

// A section is those of a document's rules that apply to one action. It is a cedar.PolicyIterator.
type section struct {
	policy string // whose rules these are
	closed bool   // denies what none of its permits allows
	ids    []types.PolicyID
	rules  []*rule
}

// All implements cedar.PolicyIterator.
func (s *section) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(types.PolicyID, *cedar.Policy) bool) {
		for i, r := range s.rules {
			if !yield(s.ids[i], r.policy) {
				return
			}
		}
	}
}

// looks says which attributes of the context rules look at; the others need not be made.
type looks struct{ now, time, labels, depth, execution, args bool }

// note takes in one more path.
func (l *looks) note(p path) {
	if p.variable != variableContext {
		return
	}
	all := len(p.names) == 0
	is := func(name string) bool { return all || p.names[0] == name }
	l.now = l.now || is("now")
	l.time = l.time || is("time")
	l.labels = l.labels || is("labels")
	l.depth = l.depth || is("depth")
	l.execution = l.execution || is("execution")
	l.args = l.args || is("args")
}

// Compile validates documents under the schema, as Validate does, and makes an Engine of them. labels are those that the
// loaded policies add. Without rules the Engine is nil.
func Compile(s *Schema, labels []string, documents ...*Document) (*Engine, error) {
	documents = slices.DeleteFunc(slices.Clone(documents), func(d *Document) bool { return d == nil || len(d.rules) == 0 })
	if len(documents) == 0 {
		return nil, nil //nolint:nilnil // the nil Engine has no rules
	}
	if err := s.Validate(labels, documents...); err != nil {
		return nil, err
	}
	e := &Engine{
		tools: map[string]*partition{}, prompts: map[string]*partition{}, kinds: map[Kind]*partition{}, entities: s.entities(),
	}
	covered := make(map[*rule][]string)
	for _, d := range documents {
		for i := range d.rules {
			covered[&d.rules[i]] = s.applicable(d.rules[i].tree)
		}
	}
	for uid, action := range s.resolved.Actions {
		if action.AppliesTo == nil {
			continue
		}
		p := &partition{action: uid, args: s.arguments(string(uid.ID)), entities: e.entities}
		for _, d := range documents {
			p.add(d, covered)
		}
		e.labels = e.labels || p.looks.labels
		e.place(s, p)
	}
	return e, nil
}

// add takes in those of a document's rules that apply to the action.
func (p *partition) add(d *Document, covered map[*rule][]string) {
	s := section{policy: d.source.Policy, closed: d.permits}
	for i := range d.rules {
		r := &d.rules[i]
		if _, ok := slices.BinarySearch(covered[r], string(p.action.ID)); !ok {
			continue
		}
		s.ids = append(s.ids, types.PolicyID(strconv.Itoa(len(s.rules))))
		s.rules = append(s.rules, r)
		for _, look := range r.paths() {
			p.looks.note(look)
			if look.variable == variableContext && len(look.names) > 0 && look.names[0] == "args" {
				p.wanted.add(look.names[1:])
			} else if look.variable == variableContext && len(look.names) == 0 {
				p.wanted.all = true
			}
		}
	}
	if s.closed || len(s.rules) > 0 {
		p.documents = append(p.documents, s)
	}
}

// place files a partition where Judge looks for it. One without rules is filed too, as a nil one, so that what it is for
// is known.
func (e *Engine) place(s *Schema, p *partition) {
	id := string(p.action.ID)
	filed := p
	if len(p.documents) == 0 {
		filed = nil
	}
	if name, ok := strings.CutPrefix(id, promptPrefix); ok {
		p.resource = types.NewEntityUID(typePrompt, types.String(name))
		e.prompts[name] = filed
		return
	}
	if s.tools[id] != nil {
		p.resource = types.NewEntityUID(typeTool, types.String(id))
		e.tools[id] = filed
		return
	}
	switch id {
	case ActionResources:
		e.kinds[KindResource] = filed
	case ActionCompletions:
		e.kinds[KindCompletion] = filed
	case ActionSubscriptions:
		e.kinds[KindSubscription] = filed
	case ActionTasks:
		e.kinds[KindTask] = filed
	}
}

// UsesLabels reports whether some rule looks at the data labels of an execution.
func (e *Engine) UsesLabels() bool { return e != nil && e.labels }

// A Verdict is what the rules say of a call. The zero value denies.
type Verdict struct {
	Allowed bool   // no rule objects
	Policy  string // whose rule denies
	Rule    string // its @id; empty where no permit allows
	Reason  string // for the caller
	Err     error  // why the rules could not judge, which denies; not for the caller
}

// Judge evaluates the rules that apply to a call. A rule that cannot be evaluated denies, whatever the others say.
func (e *Engine) Judge(r *Request) Verdict {
	if e == nil {
		return Verdict{Allowed: true}
	}
	p, known := e.find(r)
	switch {
	case !known:
		return Verdict{Reason: "the rules do not know what the call names", Err: fmt.Errorf("%w: %q", ErrUnvalidated, shown(r.Name))}
	case p == nil:
		return Verdict{Allowed: true}
	}
	return p.judge(r)
}

// find returns the rules that apply to a call, and whether the schema has what it names.
func (e *Engine) find(r *Request) (p *partition, known bool) {
	switch r.Kind {
	case KindTool:
		p, known = e.tools[r.Name]
	case KindPrompt:
		p, known = e.prompts[r.Name]
	default:
		p, known = e.kinds[r.Kind]
	}
	return p, known
}

func (p *partition) judge(r *Request) Verdict {
	for i := range p.documents { // which need no evaluation
		if d := &p.documents[i]; len(d.rules) == 0 {
			return d.closedTo()
		}
	}
	context, err := p.context(r)
	if err != nil {
		return Verdict{Policy: p.documents[0].policy, Reason: "the rules cannot judge the arguments: " + err.Error(), Err: err}
	}
	who := entities{request: r, partition: p}
	request := cedar.Request{Principal: who.principal(), Action: p.action, Resource: who.resource(), Context: context}
	verdict := Verdict{Allowed: true}
	for i := range p.documents {
		v := p.documents[i].judge(&who, request)
		if v.Err != nil {
			return v
		}
		if verdict.Allowed {
			verdict = v
		}
	}
	return verdict
}

// judge asks Cedar about the rules of one document.
func (s *section) judge(who *entities, request cedar.Request) Verdict {
	decision, found := cedar.Authorize(s, who, request)
	switch {
	case len(found.Errors) > 0:
		r := s.at(found.Errors[0].PolicyID)
		return Verdict{
			Policy: s.policy, Rule: r.ID, Reason: fmt.Sprintf("rule %q of policy %q cannot judge the call", r.ID, s.policy),
			Err: fmt.Errorf("rule %q of policy %q: %s", r.ID, s.policy, found.Errors[0].Message),
		}
	case decision == cedar.Allow:
		return Verdict{Allowed: true}
	case len(found.Reasons) > 0:
		return s.forbidden(s.at(found.Reasons[0].PolicyID))
	case s.closed:
		return s.closedTo()
	default:
		return Verdict{Allowed: true}
	}
}

// at returns the rule that Cedar names.
func (s *section) at(id types.PolicyID) *rule {
	i, err := strconv.Atoi(string(id))
	if err != nil || i < 0 || i >= len(s.rules) {
		return &rule{}
	}
	return s.rules[i]
}

func (s *section) forbidden(r *rule) Verdict {
	v := Verdict{Policy: s.policy, Rule: r.ID, Reason: fmt.Sprintf("rule %q of policy %q forbids it", r.ID, s.policy)}
	if r.reason != "" {
		v.Reason += ": " + r.reason
	}
	return v
}

func (s *section) closedTo() Verdict {
	return Verdict{Policy: s.policy, Reason: fmt.Sprintf("no rule of policy %q permits it", s.policy)}
}
