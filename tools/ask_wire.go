package tools

import "encoding/json"

// The types of content that only a conversation with a model has.
const (
	typeToolUse    ContentType = "tool_use"
	typeToolResult ContentType = "tool_result"
)

// wireSampling is a Sampling in the protocol's words.
type wireSampling struct {
	Messages    []wireTurn      `json:"messages"`
	Models      *wireModels     `json:"modelPreferences,omitempty"`
	System      string          `json:"systemPrompt,omitempty"`
	Context     string          `json:"includeContext,omitempty"`
	Temperature *float64        `json:"temperature,omitempty"`
	MaxTokens   int             `json:"maxTokens"`
	Stop        []string        `json:"stopSequences,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	Tools       []SampleTool    `json:"tools,omitempty"`
	Choice      *wireChoice     `json:"toolChoice,omitempty"`
}

type wireTurn struct {
	Role    Role `json:"role"`
	Content any  `json:"content"` // a wireBlock where there is one, which older clients need, else a list of them
}

type wireModels struct {
	Hints        []wireHint `json:"hints,omitempty"`
	Cost         float64    `json:"costPriority,omitempty"`
	Speed        float64    `json:"speedPriority,omitempty"`
	Intelligence float64    `json:"intelligencePriority,omitempty"`
}

type wireHint struct {
	Name string `json:"name"`
}

type wireChoice struct {
	Mode string `json:"mode"`
}

// wireBlock is a Block in the protocol's words.
type wireBlock struct {
	wireContent
	ID         string          `json:"id,omitempty"`
	Input      json.RawMessage `json:"input,omitempty"`
	ToolUseID  string          `json:"toolUseId,omitempty"`
	Content    []wireContent   `json:"content,omitempty"`
	Structured json.RawMessage `json:"structuredContent,omitempty"`
	IsError    bool            `json:"isError,omitempty"`
}

func wireSamplingOf(s *Sampling) wireSampling {
	w := wireSampling{
		Messages: mapped(s.Messages, wireTurnOf), System: s.System, Context: s.Context, Temperature: s.Temperature,
		MaxTokens: s.MaxTokens, Stop: s.Stop, Metadata: s.Metadata, Tools: s.Tools,
	}
	if m := s.Models; m != nil {
		w.Models = &wireModels{
			Hints: mapped(m.Hints, func(name string) wireHint { return wireHint{name} }),
			Cost:  m.Cost, Speed: m.Speed, Intelligence: m.Intelligence,
		}
	}
	if s.Choice != "" {
		w.Choice = &wireChoice{s.Choice}
	}
	return w
}

func wireTurnOf(t Turn) wireTurn {
	blocks := mapped(t.Blocks, wireBlockOf)
	if len(blocks) == 1 {
		return wireTurn{t.Role, blocks[0]}
	}
	return wireTurn{t.Role, blocks}
}

func wireBlockOf(b Block) wireBlock {
	switch {
	case b.Use != nil:
		return wireBlock{wireContent: wireContent{Type: typeToolUse, Name: b.Use.Name}, ID: b.Use.ID, Input: b.Use.Input}
	case b.Result != nil:
		return wireBlock{
			wireContent: wireContent{Type: typeToolResult}, ToolUseID: b.Result.ToolUseID,
			Content: mapped(b.Result.Content, wireOf), Structured: b.Result.Structured, IsError: b.Result.IsError,
		}
	default:
		return wireBlock{wireContent: wireOf(b.Content)}
	}
}

// block reads a block that a model made, and reports whether it is one.
func (w *wireBlock) block() (Block, bool) {
	switch w.Type {
	case TypeText, TypeImage, TypeAudio:
		return Block{Content: Content{Type: w.Type, Text: w.Text, Data: w.Data, MIMEType: w.MIMEType}}, true
	case typeToolUse:
		return Block{Use: &ToolUse{ID: w.ID, Name: w.Name, Input: w.Input}}, w.ID != "" && w.Name != ""
	default:
		return Block{}, false
	}
}
