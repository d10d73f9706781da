package tasks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// maxAsked is how many bytes all open questions of a task may have.
const maxAsked = 1 << 20

var errUnanswered = errors.New("the client did not answer in time")

// Supports implements tools.Asker.
func (r *running) Supports(c tools.Capability) bool { return r.start.Peer.Supports(c) }

// Waits implements tools.Asker: a task can wait for answers in any era.
func (*running) Waits() bool { return true }

// Ask implements tools.Asker. A task keeps what it asks in its record, for the client to find, and waits.
func (r *running) Ask(ctx context.Context, inquiries []tools.Inquiry) ([]json.RawMessage, error) {
	if !r.isTask() {
		return r.start.Peer.Ask(ctx, inquiries)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.m.opts.AskTimeout, errUnanswered)
	defer cancel()
	if err := r.pose(ctx, inquiries); err != nil {
		return nil, err
	}
	answers, err := r.await(ctx, inquiries)
	if err != nil {
		r.withdraw(context.WithoutCancel(ctx), inquiries)
	}
	return answers, err
}

// pose puts questions into the record.
func (r *running) pose(ctx context.Context, inquiries []tools.Inquiry) error {
	size := 0
	for i := range inquiries {
		size += len(inquiries[i].Params)
	}
	if size > maxAsked {
		return tools.Fail("questions_too_large", fmt.Sprintf("the questions are %d bytes, at most %d are kept", size, maxAsked), nil)
	}
	_, _, err := r.m.edit(ctx, r.at, func(rec *record) error {
		all := slices.Clone(rec.Questions)
		for i := range inquiries {
			all = append(all, Question{Key: inquiries[i].Key, Method: inquiries[i].Method, Params: inquiries[i].Params})
		}
		rec.ask(all, r.m.opts.Now())
		return nil
	})
	if err != nil {
		return fmt.Errorf("ask in task %s: %w", r.id, err)
	}
	r.tell()
	return nil
}

// await waits for the answers to all questions.
func (r *running) await(ctx context.Context, inquiries []tools.Inquiry) ([]json.RawMessage, error) {
	answers := make([]json.RawMessage, len(inquiries))
	for {
		changed, missing := r.collect(inquiries, answers)
		if !missing {
			break
		}
		select {
		case <-changed:
		case <-r.m.closing:
			return nil, ending(r.start.Call.ID)
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), errUnanswered) {
				within := r.m.opts.AskTimeout.Round(time.Millisecond)
				return nil, &tools.Error{Code: tools.CodeTimeout, Reason: fmt.Sprintf("the client did not answer within %s", within), CallID: r.start.Call.ID}
			}
			return nil, context.Cause(ctx)
		}
	}
	for i := range inquiries {
		if bytes.Equal(answers[i], noAnswer()) {
			return nil, tools.Fail("client_error", "the client answered with an error", nil)
		}
		if err := inquiries[i].Check(answers[i]); err != nil {
			return nil, tools.Fail("bad_answer", fmt.Sprintf("the client's answer to %q: %v", inquiries[i].Key, err), nil)
		}
	}
	return answers, nil
}

// noAnswer stands for the answer of a client that could not give one.
func noAnswer() json.RawMessage { return json.RawMessage("null") }

// collect takes the answers that have come. It reports whether any is missing, and what tells that more have come.
func (r *running) collect(inquiries []tools.Inquiry, answers []json.RawMessage) (changed <-chan struct{}, missing bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range inquiries {
		if came, ok := r.answers[inquiries[i].Key]; ok {
			answers[i] = came
			delete(r.answers, inquiries[i].Key)
		}
		missing = missing || answers[i] == nil
	}
	return r.changed, missing
}

// withdraw takes back questions that were not answered.
func (r *running) withdraw(ctx context.Context, inquiries []tools.Inquiry) {
	_, _, err := r.m.edit(ctx, r.at, func(rec *record) error {
		rec.ask(slices.DeleteFunc(slices.Clone(rec.Questions), func(q Question) bool {
			return slices.ContainsFunc(inquiries, func(i tools.Inquiry) bool { return i.Key == q.Key })
		}), r.m.opts.Now())
		return nil
	})
	if err != nil && !errors.Is(err, errOver) && !errors.Is(err, errNoTask) {
		r.m.opts.OnFault(r.start.Call.ID, fmt.Errorf("withdraw questions of task %s: %w", r.id, err))
	}
	r.tell()
}

// look takes from the record what others have put there: answers, or that the task is over.
func (r *running) look() {
	ctx := context.Background()
	rec, _, err := r.m.read(ctx, r.at)
	switch {
	case errors.Is(err, errNoTask):
		r.cancel(errExpired)
	case err != nil:
		r.m.opts.OnFault(r.start.Call.ID, err)
	case rec.Status.over():
		r.cancel(errByClient)
		r.tell()
	case len(rec.Answers) > 0:
		r.take(ctx)
	}
}

// take moves the answers out of the record, to whoever waits for them.
func (r *running) take(ctx context.Context) {
	var came map[string]json.RawMessage
	_, _, err := r.m.edit(ctx, r.at, func(rec *record) error {
		came, rec.Answers = rec.Answers, nil
		return nil
	})
	if err != nil {
		return // it is over, or the next look tries again
	}
	r.mu.Lock()
	if r.answers == nil {
		r.answers = map[string]json.RawMessage{}
	}
	maps.Copy(r.answers, came)
	r.mu.Unlock()
	r.tell()
}
