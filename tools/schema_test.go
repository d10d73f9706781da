package tools_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

type everything struct {
	paging
	Action  string            `json:"action" doc:"What to do." enum:"read,write"`
	Limit   int               `json:"limit,omitempty" min:"1" max:"100" default:"20"`
	Ratio   *float64          `json:"ratio,omitempty" min:"0" max:"1"`
	Next    *int64            `json:"next"`
	Names   []string          `json:"names,omitempty" maxItems:"3"`
	Labels  map[string]string `json:"labels,omitempty"`
	Since   time.Time         `json:"since,omitzero"`
	Wait    tools.Duration    `json:"wait,omitempty"`
	Blob    []byte            `json:"blob,omitempty"`
	Raw     json.RawMessage   `json:"raw,omitempty"`
	Any     any               `json:"any,omitempty"`
	Level   level             `json:"level,omitempty"`
	Inner   inner             `json:"inner,omitzero"`
	Tree    *tree             `json:"tree,omitempty"`
	Pair    [2]int            `json:"pair,omitempty"`
	Pattern string            `json:"pattern,omitempty" pattern:"^[a-z]+$" minLength:"2" maxLength:"4" format:"word"`
	hidden  int
	Skipped int `json:"-"`
}

type paging struct {
	Cursor string `json:"cursor,omitempty"`
}

type inner struct {
	Deep bool `json:"deep,omitempty" default:"true"`
}

type tree struct {
	Value    int     `json:"value"`
	Children []*tree `json:"children,omitempty"`
}

type level string

func (level) JSONSchema() json.RawMessage {
	return json.RawMessage(`{ "type": "string", "enum": ["low", "high"] }`)
}

type described struct {
	Of documented `json:"of" doc:"Twice."`
}

type documented string

func (documented) JSONSchema() json.RawMessage { return json.RawMessage(`{"description":"Once."}`) }

const everythingSchema = `{"type":"object","properties":{"cursor":{"type":"string"},` +
	`"action":{"type":"string","enum":["read","write"],"description":"What to do."},` +
	`"limit":{"type":"integer","minimum":1,"maximum":100,"default":20},` +
	`"ratio":{"type":"number","minimum":0,"maximum":1},` +
	`"next":{"type":["integer","null"]},` +
	`"names":{"type":"array","maxItems":3,"items":{"type":"string"}},` +
	`"labels":{"type":"object","additionalProperties":{"type":"string"}},` +
	`"since":{"type":"string","format":"date-time"},` +
	`"wait":{"type":"string","pattern":"^[-+]?([0-9.]+(ns|us|µs|ms|s|m|h))+$"},` +
	`"blob":{"type":"string","contentEncoding":"base64"},` +
	`"raw":{},"any":{},"level":{"type":"string","enum":["low","high"]},` +
	`"inner":{"type":"object","properties":{"deep":{"type":"boolean","default":true}},"additionalProperties":false},` +
	`"tree":{"$ref":"#/$defs/tree"},` +
	`"pair":{"type":"array","minItems":2,"maxItems":2,"items":{"type":"integer"}},` +
	`"pattern":{"type":"string","minLength":2,"maxLength":4,"pattern":"^[a-z]+$","format":"word"}},` +
	`"required":["action","next"],"additionalProperties":false,` +
	`"$defs":{"tree":{"type":"object","properties":{"value":{"type":"integer"},"children":{"type":"array","items":` +
	`{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]}}},"required":["value"],"additionalProperties":false}}}`

func TestSchemaOfEverything(t *testing.T) {
	t.Parallel()
	_ = everything{}.hidden
	for range 10 { // the bytes are the same each time
		tool := tools.Func(spec("x"), func(context.Context, *tools.Request, everything) (struct{}, error) { return struct{}{}, nil })
		if got := string(tool.Spec().InputSchema); got != everythingSchema {
			t.Fatalf("got  %s\nwant %s", got, everythingSchema)
		}
		if got := string(tool.Spec().OutputSchema); got != `{"type":"object","properties":{}}` {
			t.Fatalf("output schema %s", got)
		}
	}
}

// spec is a complete spec.
func spec(name string) tools.Spec {
	return tools.Spec{
		Name: name, Title: "Title", Description: "Does it.", Audience: tools.ForAgents,
		ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No,
	}
}

// module is a module made of its surface.
type module struct {
	name    string
	surface tools.Surface
}

func (m module) Name() string           { return m.name }
func (m module) Surface() tools.Surface { return m.surface }

func TestTypesThatCannotBePublished(t *testing.T) {
	t.Parallel()
	type untagged struct{ Name string }
	type unexported struct {
		name string `doc:"Hidden."`
	}
	type reader struct {
		Reader interface{ Read() } `json:"reader"`
	}
	type wait struct {
		Wait time.Duration `json:"wait"`
	}
	type twice struct {
		paging
		Mark string `json:"cursor"`
	}
	type badTags struct {
		Min     string         `json:"min" min:"1"`
		Max     int            `json:"max" max:"many"`
		Default int            `json:"default" default:"3"`
		Wrong   int            `json:"wrong,omitempty" default:"three" `
		Over    int            `json:"over,omitempty" max:"3" default:"4"`
		Enum    string         `json:"enum" enum:"a,,b"`
		Pattern string         `json:"pattern" pattern:"("`
		Option  int            `json:"option,string"`
		Keys    map[int]string `json:"keys"`
		Chan    chan int       `json:"chan"`
	}
	_ = unexported{}.name
	for name, c := range map[string]struct {
		tool tools.Tool
		want []string
	}{
		"no tag":      {fn[untagged](), []string{"untagged.Name: has no json tag"}},
		"unexported":  {fn[unexported](), []string{"unexported.name: has a tag but is unexported"}},
		"interface":   {fn[reader](), []string{"reader.Reader: ", "has no JSON: use any, json.RawMessage"}},
		"duration":    {fn[wait](), []string{"wait.Wait: time.Duration is a bare number", "tools.Duration"}},
		"two docs":    {fn[described](), []string{"described.Of: its type describes itself"}},
		"one name":    {fn[twice](), []string{`twice.Mark: there is a field "cursor" already`}},
		"no object":   {fn[string](), []string{"string: is no object"}},
		"schema set":  {tools.Func(tools.Spec{Name: "x", InputSchema: json.RawMessage(`{}`)}, func(context.Context, *tools.Request, struct{}) (struct{}, error) { return struct{}{}, nil }), []string{"Func reflects"}},
		"no function": {tools.Func[struct{}, struct{}](spec("x"), nil), []string{"has no function"}},
		"tags": {fn[badTags](), []string{
			"badTags.Min: tag min is not for a string", "badTags.Max: tag max: want a number",
			"badTags.Default: tag default: the field is required", "badTags.Wrong: tag default: ",
			"badTags.Over: tag default: want at most 3", "badTags.Enum: tag enum:", "badTags.Pattern: tag pattern:",
			`badTags.Option: json tag: option "string" is not supported`, "badTags.Keys: a map needs plain string keys",
			"badTags.Chan: chan int has no JSON",
		}},
		"raw without schema": {raw(""), []string{`input schema: is missing; for no arguments write {"type":"object"}`}},
		"raw no object":      {raw(`{"type":"string"}`), []string{`needs "type":"object"`}},
		"raw no JSON":        {raw(`{"type":`), []string{"not valid JSON"}},
		"raw remote ref":     {raw(`{"type":"object","properties":{"a":{"$ref":"https://example.org/a"}}}`), []string{"does not lead to a place in the document"}},
		"raw endless ref":    {raw(`{"type":"object","$ref":"#"}`), []string{`$ref "#" refers to itself`}},
		"raw endless allOf":  {raw(`{"type":"object","$defs":{"a":{"allOf":[{"$ref":"#/$defs/a"}]}}}`), []string{"refers to itself"}},
		"raw explosion":      {raw(explosion(20)), []string{"multiply"}},
		"raw bad keyword":    {raw(`{"type":"object","minProperties":"one"}`), []string{"input schema"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tools.NewCatalog(module{"m", tools.Surface{Tools: []tools.Tool{c.tool}}})
			if err == nil {
				t.Fatal("no fault")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nwant %q in it", err, want)
				}
			}
		})
	}
}

// explosion is a schema whose n definitions each refer to the next one twice.
func explosion(n int) string {
	var b strings.Builder
	b.WriteString(`{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"`)
	for i := range n {
		name := strings.Repeat("a", i+1)
		b.WriteString(name + `":{"allOf":[{"$ref":"#/$defs/` + name + `a"},{"$ref":"#/$defs/` + name + `a"}]},"`)
	}
	b.WriteString(strings.Repeat("a", n+1) + `":{}}}`)
	return b.String()
}

func fn[In any]() tools.Tool {
	return tools.Func(spec("x"), func(context.Context, *tools.Request, In) (struct{}, error) { return struct{}{}, nil })
}

func raw(schema string) tools.Tool {
	s := spec("x")
	s.InputSchema = json.RawMessage(schema)
	return tools.Raw(s, func(context.Context, *tools.Request, json.RawMessage) (tools.Result, error) {
		return tools.Result{}, nil
	})
}
