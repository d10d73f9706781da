package tools

import (
	"encoding/json"
	"errors"
	"fmt"
)

// A Forwarded is what another server asks the client, in the protocol's words; so is its answer. Policies judge the
// answer like any other.
type Forwarded struct {
	Key    string          // by which it is known within the call; empty for one by its order
	Method string          // elicitation/create, sampling/createMessage or roots/list
	Params json.RawMessage // a JSON object; nil is {}
	Early  bool            // an answer that came before the question was asked will do
}

// inquiry implements Query.
func (f Forwarded) inquiry() (Inquiry, []Capability, func(json.RawMessage) (Reply, error), error) {
	inquiry := Inquiry{Key: f.Key, Method: f.Method, Params: f.Params, Early: f.Early}
	if len(inquiry.Params) == 0 {
		inquiry.Params = json.RawMessage("{}")
	}
	if err := wellFormed(inquiry.Params); err != nil {
		return inquiry, nil, nil, fmt.Errorf("params: %w", err)
	}
	needs, err := needsOf(f.Method, inquiry.Params)
	return inquiry, needs, readForwarded, err
}

// needsOf returns what a client must have declared to be asked.
func needsOf(method string, params json.RawMessage) ([]Capability, error) {
	var p struct {
		Mode    string          `json:"mode"`
		Tools   json.RawMessage `json:"tools"`
		Choice  json.RawMessage `json:"toolChoice"`
		Context string          `json:"includeContext"`
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, err
	}
	switch method {
	case "elicitation/create":
		if p.Mode == "url" {
			return []Capability{CanOpenURL}, nil
		}
		return []Capability{CanElicit}, nil
	case "sampling/createMessage":
		needs := []Capability{CanSample}
		if len(p.Tools) > 0 || len(p.Choice) > 0 {
			needs = append(needs, CanSampleTools)
		}
		if p.Context != "" && p.Context != "none" {
			needs = append(needs, CanSampleContext)
		}
		return needs, nil
	case "roots/list":
		return []Capability{CanListRoots}, nil
	default:
		return nil, errors.New("a client cannot be asked by " + quote(method))
	}
}

// readForwarded reads the answer to a Forwarded.
func readForwarded(answer json.RawMessage) (Reply, error) {
	if err := wellFormed(answer); err != nil {
		return Reply{}, err
	}
	return Reply{Forwarded: answer}, nil
}
