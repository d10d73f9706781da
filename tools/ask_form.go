package tools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
)

// A Question is put to a person at the client. With a URL the person is asked to open it, and what happens there passes
// the client by; otherwise the person is shown a form of the fields in Schema, which must not ask for secrets.
type Question struct {
	Key     string          // by which the answer is known; empty is by order. Name it where questions are asked concurrently
	Message string          // for the person: what is asked, and why
	Schema  json.RawMessage // a flat object of texts, numbers, yes and no, and choices; nil asks for no more than agreement
	URL     string          // to be opened; it must hold nothing that is secret

	// Early lets an answer count that a client sends along before it was asked. Without it an answer counts only when it
	// comes with the proof that this very question was put to this client.
	Early bool
}

// Action is what a person did about a Question.
type Action string

// The actions.
const (
	ActionAccept  Action = "accept"  // sent the form, or agreed to open the URL
	ActionDecline Action = "decline" // said no
	ActionCancel  Action = "cancel"  // went away without a choice
)

// An Answer is what came back for a Question. The zero value is no answer.
type Answer struct {
	Action  Action
	Content json.RawMessage // of an accepted form: an object that fits the schema
}

// Accepted reports whether the person agreed.
func (a Answer) Accepted() bool { return a.Action == ActionAccept }

// Decode reads the content of an accepted form into what v points to.
func (a Answer) Decode(v any) error {
	if !a.Accepted() {
		return fmt.Errorf("the question was answered with %q", a.Action)
	}
	return json.Unmarshal(a.Content, v)
}

// maxAnswer bounds the content of a form in bytes.
const maxAnswer = 64 << 10

// inquiry implements Query.
func (q Question) inquiry() (Inquiry, []Capability, func(json.RawMessage) (Reply, error), error) {
	inquiry := Inquiry{Key: q.Key, Method: "elicitation/create", Early: q.Early}
	if q.Message == "" {
		return inquiry, nil, nil, errors.New("has no message")
	}
	params := appendString([]byte(`{"message":`), q.Message)
	if q.URL != "" {
		return q.opening(inquiry, params)
	}
	schema := q.Schema
	if len(schema) == 0 {
		schema = json.RawMessage(`{"type":"object","properties":{}}`)
	}
	form, err := formOf(schema)
	if err != nil {
		return inquiry, nil, nil, fmt.Errorf("schema: %w", err)
	}
	inquiry.Params = append(append(append(params, `,"requestedSchema":`...), form.whole.document...), '}')
	return inquiry, []Capability{CanElicit}, form.read, nil
}

// opening is the inquiry of a question that has a URL.
func (q Question) opening(inquiry Inquiry, params []byte) (Inquiry, []Capability, func(json.RawMessage) (Reply, error), error) {
	if to, err := url.Parse(q.URL); err != nil || to.Scheme == "" || to.Host == "" || len(q.Schema) > 0 {
		return inquiry, nil, nil, errors.New("want an absolute URL, and no schema beside it")
	}
	inquiry.Params = append(appendString(append(params, `,"mode":"url","url":`...), q.URL), '}')
	return inquiry, []Capability{CanOpenURL}, func(raw json.RawMessage) (Reply, error) {
		answer, err := readAnswer(raw)
		answer.Content = nil
		return Reply{Answer: answer}, err
	}, nil
}

// readAnswer reads what every answer to a question has.
func readAnswer(raw json.RawMessage) (Answer, error) {
	var a struct {
		Action  Action          `json:"action"`
		Content json.RawMessage `json:"content"`
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return Answer{}, errors.New("is no object with an action")
	}
	switch a.Action {
	case ActionAccept:
		return Answer{Action: a.Action, Content: a.Content}, nil
	case ActionDecline, ActionCancel:
		return Answer{Action: a.Action}, nil
	default:
		return Answer{}, errors.New("the action is none of accept, decline and cancel")
	}
}

// A form is the plan of a Question's fields.
type form struct{ *plan }

// read reads an answer and holds it to the form.
func (f form) read(raw json.RawMessage) (Reply, error) {
	a, err := readAnswer(raw)
	if err != nil || !a.Accepted() {
		return Reply{Answer: a}, err
	}
	if len(a.Content) == 0 || string(a.Content) == "null" {
		a.Content = json.RawMessage("{}")
	}
	if err := f.check(a.Content, maxAnswer); err != nil {
		return Reply{}, err
	}
	return Reply{Answer: a}, nil
}

// formOf makes the plan of a form, which the protocol keeps simple: an object of fields that a person can fill in.
func formOf(schema json.RawMessage) (form, error) {
	p, err := planFrom(schema)
	if err != nil {
		return form{}, err
	}
	var doc struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Required   []string                   `json:"required"`
	}
	if err := json.Unmarshal(p.whole.document, &doc); err != nil {
		return form{}, err
	}
	for _, name := range sortedKeys(doc.Properties) {
		if !simple(doc.Properties[name]) {
			return form{}, fmt.Errorf("field %s: want a string, number, integer, boolean, or array of choices", quote(name))
		}
	}
	for _, name := range doc.Required {
		if _, ok := doc.Properties[name]; !ok {
			return form{}, fmt.Errorf("field %s is required and not among the properties", quote(name))
		}
	}
	return form{p}, nil
}

// simple reports whether a field is one that forms have.
func simple(field json.RawMessage) bool {
	var f struct {
		Type  string `json:"type"`
		Items struct {
			Type  string            `json:"type"`
			Enum  []string          `json:"enum"`
			AnyOf []json.RawMessage `json:"anyOf"`
		} `json:"items"`
	}
	d := json.NewDecoder(bytes.NewReader(field))
	if d.Decode(&f) != nil {
		return false
	}
	if f.Type == "array" {
		return len(f.Items.Enum) > 0 || len(f.Items.AnyOf) > 0
	}
	return slices.Contains([]string{"string", "number", "integer", "boolean"}, f.Type)
}
