package tools

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A Sampling lets the client's model answer. The client chooses the model, and a person there may see and change both
// what is asked and what is answered.
type Sampling struct {
	Key   string // as in a Question
	Early bool   // as in a Question

	Messages    []Turn
	System      string   // the client may ignore it
	MaxTokens   int      // at most so many are made; required
	Temperature *float64 // nil leaves it to the client
	Stop        []string // texts that end the answer
	Models      *ModelPreferences
	Context     string          // "", "none", "thisServer" or "allServers"; the last two need CanSampleContext
	Metadata    json.RawMessage // for the model's provider; a JSON object or nil

	Tools  []SampleTool // that the model may use; needs CanSampleTools
	Choice string       // "", "auto", "required" or "none"
}

// ModelPreferences say which model is wanted. The priorities are 0 (does not matter) to 1.
type ModelPreferences struct {
	Hints        []string // parts of names, best first
	Cost         float64
	Speed        float64
	Intelligence float64
}

// A SampleTool is a tool that a model may use while it answers. Whoever samples runs it, and samples again.
type SampleTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	InputSchema json.RawMessage `json:"inputSchema"`
}

// A Turn is one message of a conversation with a model.
type Turn struct {
	Role   Role
	Blocks []Block
}

// Say is a turn of one text.
func Say(role Role, text string) Turn {
	return Turn{Role: role, Blocks: []Block{{Content: Text(text)}}}
}

// A Block is one part of a turn: a text, an image, audio, the use of a tool or what came of it. The last two are told
// by their fields.
type Block struct {
	Content
	Use    *ToolUse    // of a model
	Result *ToolOutput // for a model
}

// A ToolUse is the wish of a model to use a tool.
type ToolUse struct {
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"` // a JSON object
}

// A ToolOutput is what came of a ToolUse.
type ToolOutput struct {
	ToolUseID  string          // the ToolUse's ID
	Content    []Content       // texts, images, audio, links and resources
	Structured json.RawMessage // a JSON object or nil
	IsError    bool
}

// A Sampled is what the client's model answered.
type Sampled struct {
	Turn
	Model      string // its name, as the client says
	StopReason string // "endTurn", "stopSequence", "maxTokens", "toolUse" or the provider's own; may be empty
}

// Text joins the texts of the answer.
func (s Sampled) Text() string {
	var b strings.Builder
	for _, block := range s.Blocks {
		if block.Type == TypeText {
			b.WriteString(block.Text)
		}
	}
	return b.String()
}

// inquiry implements Query.
func (s Sampling) inquiry() (Inquiry, []Capability, func(json.RawMessage) (Reply, error), error) {
	inquiry := Inquiry{Key: s.Key, Method: "sampling/createMessage", Early: s.Early}
	if len(s.Messages) == 0 || s.MaxTokens <= 0 {
		return inquiry, nil, nil, errors.New("want messages, and how many tokens may be made")
	}
	params, err := json.Marshal(wireSamplingOf(&s))
	if err != nil {
		return inquiry, nil, nil, err
	}
	inquiry.Params = params
	needs := []Capability{CanSample}
	if len(s.Tools) > 0 || s.Choice != "" {
		needs = append(needs, CanSampleTools)
	}
	if s.Context != "" && s.Context != "none" {
		needs = append(needs, CanSampleContext)
	}
	return inquiry, needs, readSampled, nil
}

// readSampled reads what a model answered.
func readSampled(raw json.RawMessage) (Reply, error) {
	var doc struct {
		Role       Role            `json:"role"`
		Content    json.RawMessage `json:"content"`
		Model      string          `json:"model"`
		StopReason string          `json:"stopReason"`
	}
	if json.Unmarshal(raw, &doc) != nil || doc.Model == "" {
		return Reply{}, errors.New("is no message of a model")
	}
	if doc.Role != RoleAssistant && doc.Role != RoleUser {
		return Reply{}, errors.New("the role is neither assistant nor user")
	}
	blocks, err := readBlocks(doc.Content)
	if err != nil {
		return Reply{}, err
	}
	return Reply{Sampled: Sampled{Turn: Turn{doc.Role, blocks}, Model: doc.Model, StopReason: doc.StopReason}}, nil
}

// readBlocks reads one block, or a list of them.
func readBlocks(raw json.RawMessage) ([]Block, error) {
	var several []wireBlock
	if json.Unmarshal(raw, &several) != nil {
		several = make([]wireBlock, 1)
		if json.Unmarshal(raw, &several[0]) != nil {
			return nil, errors.New("the content is not readable")
		}
	}
	blocks := make([]Block, len(several))
	for i := range several {
		var ok bool
		if blocks[i], ok = several[i].block(); !ok {
			return nil, fmt.Errorf("content of type %s is not known here", quote(string(several[i].Type)))
		}
	}
	return blocks, nil
}
