package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// ErrInputRequired is what asking returns to a handler when the answer is not there yet and the handler must end: the
// client is sent the questions, and calls again with its answers, maybe another replica. A handler passes the error on
// (errors.Is finds it), and is run again from its beginning with the same arguments; what it asks under the same keys is
// then answered at once. So whatever it does before it asks is done again: ask first, act then.
var ErrInputRequired = errors.New("the client must answer before the call can go on")

// Bounds of asking.
const (
	maxInquiries = 32 // of one call, over all of its questions in one run
	maxKey       = 64 // bytes of a key
)

// A Capability is something that a client can be asked for, in the protocol's words. It must have declared it.
type Capability string

// The capabilities.
const (
	CanElicit        Capability = "elicitation"      // forms
	CanOpenURL       Capability = "elicitation.url"  // addresses for a person to open
	CanSample        Capability = "sampling"         // answers of the client's model
	CanSampleTools   Capability = "sampling.tools"   // which may use tools in between
	CanSampleContext Capability = "sampling.context" // which may see other servers' context
	CanListRoots     Capability = "roots"            // folders that the client works in
)

// document is the capability as a client declares it: {"elicitation":{"url":{}}}.
func (c Capability) document() json.RawMessage {
	name, part, nested := strings.Cut(string(c), ".")
	if !nested {
		return json.RawMessage(`{"` + name + `":{}}`)
	}
	return json.RawMessage(`{"` + name + `":{"` + part + `":{}}}`)
}

// An Inquiry is one question in the protocol's words.
type Inquiry struct {
	Key    string          // by which it is known within the call
	Method string          // elicitation/create, sampling/createMessage or roots/list
	Params json.RawMessage // a JSON object
	Early  bool            // an answer that came before the question was asked will do

	// Check says what is wrong with an answer. An answer that it refuses is none.
	Check func(answer json.RawMessage) error `json:"-"`
}

// An Asker is a Peer whose client can be asked something.
type Asker interface {
	Peer
	// Supports reports whether the client has declared the capability.
	Supports(c Capability) bool
	// Waits reports whether Ask may wait for the client while the call runs.
	Waits() bool
	// Ask puts inquiries to the client and returns the answers that passed their checks, in the order of the inquiries.
	// Where the client can be asked while the call runs, Ask waits for all of them. Where it cannot, those that did not
	// come with the call are nil, and the call must end. An *Error may be shown.
	Ask(ctx context.Context, inquiries []Inquiry) ([]json.RawMessage, error)
}

// A Query is a Question, a Sampling, a RootsQuery or a Forwarded: what can be asked together by AskAll.
type Query interface {
	// inquiry returns the question in the protocol's words, what it needs and what reads the answer.
	inquiry() (Inquiry, []Capability, func(json.RawMessage) (Reply, error), error)
}

// A Reply is the answer to a Query: the field of its kind is filled.
type Reply struct {
	Answer  Answer  // to a Question
	Sampled Sampled // to a Sampling
	Roots   []Root  // to a RootsQuery

	Forwarded json.RawMessage // to a Forwarded: an object
}

// A dialogue is what a running call has asked. Its zero value has asked nothing.
type dialogue struct {
	mu      sync.Mutex
	keys    []string  // that were used
	unnamed int       // questions without a key
	inner   int       // calls that this one has made
	pending []Inquiry // that the client must answer
}

// Supports reports whether the client of this call can be asked for something.
func (r *Request) Supports(c Capability) bool {
	asker, ok := r.peer.(Asker)
	return ok && asker.Supports(c)
}

// Ask asks a person at the client. Declining and dismissing are answers, not errors. See AskAll for the errors.
func (r *Request) Ask(ctx context.Context, q Question) (Answer, error) {
	replies, err := r.AskAll(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	return replies[0].Answer, nil
}

// Sample lets the client's model answer. See AskAll for the errors.
func (r *Request) Sample(ctx context.Context, s Sampling) (Sampled, error) {
	replies, err := r.AskAll(ctx, s)
	if err != nil {
		return Sampled{}, err
	}
	return replies[0].Sampled, nil
}

// Roots asks in which folders the client works. See AskAll for the errors.
func (r *Request) Roots(ctx context.Context) ([]Root, error) {
	replies, err := r.AskAll(ctx, RootsQuery{})
	if err != nil {
		return nil, err
	}
	return replies[0].Roots, nil
}

// AskAll asks several things at once and returns the answers in their order. The error is ErrInputRequired when the
// handler must end and will be run again; an *Error of CodeUnsupported when the client has not declared that it can be
// asked, of CodeDenied when policy blocks what was answered, or of another code when no answer came; all of these can be
// passed on as they are. Any other error is a fault of the question. The time that a call waits for its client does not
// count as the handler's.
func (r *Request) AskAll(ctx context.Context, queries ...Query) ([]Reply, error) {
	asker, ok := r.peer.(Asker)
	if !ok || r.decision == nil || r.ended.Load() {
		return nil, &Error{Code: CodeUnsupported, Reason: "nobody can be asked here", CallID: r.call.ID}
	}
	inquiries, readers, err := r.inquire(asker, queries)
	if err != nil {
		return nil, err
	}
	resume := pause(ctx)
	answers, err := asker.Ask(ctx, inquiries)
	resume()
	if err != nil {
		return nil, err
	}
	if err := r.await(inquiries, answers); err != nil {
		return nil, err
	}
	if err := r.screen(ctx, inquiries, answers); err != nil {
		return nil, err
	}
	replies := make([]Reply, len(queries))
	for i, read := range readers {
		if replies[i], err = read(answers[i]); err != nil {
			return nil, fmt.Errorf("answer to %q: %w", inquiries[i].Key, err)
		}
	}
	return replies, nil
}

// Waits reports whether asking waits for the client while the call runs. Where it does not, the handler has to end for the
// client to answer, and is run again.
func (r *Request) Waits() bool {
	asker, ok := r.peer.(Asker)
	return !ok || asker.Waits()
}

// Answered reports whether the client has brought an answer to a query along, so that AskAll returns it at once. It asks
// nothing.
func (r *Request) Answered(ctx context.Context, q Query) bool {
	asker, ok := r.peer.(Asker)
	if !ok || asker.Waits() {
		return false
	}
	inquiry, _, read, err := q.inquiry()
	if err != nil {
		return false
	}
	inquiry.Check = func(answer json.RawMessage) error {
		_, err := read(answer)
		return err
	}
	answers, err := asker.Ask(ctx, []Inquiry{inquiry})
	return err == nil && len(answers) == 1 && answers[0] != nil
}

// inquire puts the queries into the protocol's words, when the client can be asked for them.
func (r *Request) inquire(asker Asker, queries []Query) ([]Inquiry, []func(json.RawMessage) (Reply, error), error) {
	inquiries := make([]Inquiry, len(queries))
	readers := make([]func(json.RawMessage) (Reply, error), len(queries))
	for i, q := range queries {
		inquiry, needs, read, err := q.inquiry()
		if err != nil {
			return nil, nil, fmt.Errorf("question %q: %w", inquiry.Key, err)
		}
		for _, c := range needs {
			if !asker.Supports(c) {
				return nil, nil, r.unsupported(c)
			}
		}
		inquiry.Check = func(answer json.RawMessage) error {
			_, err := read(answer)
			return err
		}
		inquiries[i], readers[i] = inquiry, read
	}
	return inquiries, readers, r.asks.name(inquiries)
}

// unsupported is the refusal of a question that the client has not declared it can be asked.
func (r *Request) unsupported(c Capability) *Error {
	return &Error{
		Code: CodeUnsupported, CallID: r.call.ID, Reason: "the client has not declared the capability " + string(c) + ", which this call needs",
		Details: json.RawMessage(`{"requiredCapabilities":` + string(c.document()) + `}`), failure: string(CodeUnsupported),
	}
}

// name gives keys to those that have none, by their order, and refuses bad ones and those that were used before.
func (d *dialogue) name(inquiries []Inquiry) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range inquiries {
		key := &inquiries[i].Key
		if *key == "" {
			d.unnamed++
			*key = "ask-" + strconv.Itoa(d.unnamed)
		}
		switch {
		case !validKey(*key):
			return fmt.Errorf("question %q: want a key of up to %d letters, digits, '_', '-' and '.'", clip(*key), maxKey)
		case slices.Contains(d.keys, *key):
			return fmt.Errorf("question %q: the key was used before in this call: each question needs its own", *key)
		case len(d.keys) == maxInquiries:
			return Fail("too_many_questions", fmt.Sprintf("the call asked more than %d questions", maxInquiries), nil)
		}
		d.keys = append(d.keys, *key)
	}
	return nil
}

func validKey(key string) bool {
	return 0 < len(key) && len(key) <= maxKey && !strings.ContainsFunc(key, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.'
	})
}

// await returns ErrInputRequired when an answer is missing, and remembers what the client is to be asked.
func (r *Request) await(inquiries []Inquiry, answers []json.RawMessage) error {
	if len(answers) != len(inquiries) {
		return errors.New("the peer did not answer each question")
	}
	var missing []Inquiry
	for i, answer := range answers {
		if answer == nil {
			missing = append(missing, inquiries[i])
		}
	}
	if len(missing) == 0 {
		return nil
	}
	r.asks.wait(missing)
	return ErrInputRequired
}

func (d *dialogue) wait(missing []Inquiry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pending = append(d.pending, missing...)
}

// screen lets the gate judge answers that came while the call ran. Those that came with the call were judged with its
// arguments: they are all there are where nothing can be asked while it runs.
func (r *Request) screen(ctx context.Context, inquiries []Inquiry, answers []json.RawMessage) error {
	if asker, ok := r.peer.(Asker); !governed || ok && !asker.Waits() && len(r.call.Answers) > 0 {
		return nil
	}
	came := make(map[string]json.RawMessage, len(answers))
	for i, answer := range answers {
		came[inquiries[i].Key] = answer
	}
	doc, err := json.Marshal(came)
	if err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	judged := *r.call
	judged.Answers = doc
	d := r.door.opts.Gate.Screen(ctx, &judged, *r.decision)
	if d.Allowed() {
		return nil
	}
	return r.blocked(&d)
}

// blocked is the refusal of an answer that policy blocks.
func (r *Request) blocked(d *governance.Decision) *Error {
	e := &Error{
		Code: CodeDenied, Reason: "what the client answered: " + d.Reason, CallID: r.call.ID, failure: string(CodeDenied), cause: d.Fault,
		Details: detail{Effect: d.Effect.String(), Stage: d.Stage, Check: d.Check, Rule: d.Rule, Policy: d.Policy, Pointer: d.Pointer}.json(),
	}
	if d.Check == governance.CheckFrozen {
		e.Code, e.failure = CodeFrozen, string(CodeFrozen)
	}
	return e
}

// asked is the ending of a handler that asked its client something and must wait for the next round, if it is one.
func (x *execution) asked(e *ending) bool {
	if !errors.Is(x.err, ErrInputRequired) {
		return false
	}
	d := &x.request.asks
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.pending) == 0 {
		return false
	}
	e.status, e.result = governance.StatusInputRequired, Result{Pending: slices.Clone(d.pending)}
	return true
}

// A nested is the peer of a call within a call. Its keys stand below the call's own, so that no two calls share one.
type nested struct {
	Asker
	prefix string
}

// nest returns the peer for the next call that this one makes, and what stands before the keys of its questions.
func (r *Request) nest() (Peer, string) {
	asker, ok := r.peer.(Asker)
	if !ok {
		return r.peer, ""
	}
	r.asks.mu.Lock()
	defer r.asks.mu.Unlock()
	r.asks.inner++
	prefix := strconv.Itoa(r.asks.inner) + "/"
	return nested{asker, prefix}, prefix
}

// Ask implements Asker.
func (n nested) Ask(ctx context.Context, inquiries []Inquiry) ([]json.RawMessage, error) {
	return n.Asker.Ask(ctx, below(n.prefix, inquiries))
}

// below returns the inquiries with a prefix before their keys.
func below(prefix string, inquiries []Inquiry) []Inquiry {
	all := slices.Clone(inquiries)
	for i := range all {
		all[i].Key = prefix + all[i].Key
	}
	return all
}

// adopt makes the questions of a call within this one this one's own.
func (r *Request) adopt(prefix string, result Result, err error) (Result, error) {
	if err != nil || len(result.Pending) == 0 {
		return result, err
	}
	r.asks.wait(below(prefix, result.Pending))
	return Result{}, ErrInputRequired
}
