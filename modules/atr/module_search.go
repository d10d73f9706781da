package atr

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/search"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// The names of the tools by which others are found and called.
const (
	SearchTool   = "tool_search"
	DescribeTool = "tool_describe"
	InvokeTool   = "tool_invoke"
)

// maxLine is how much is shown of a description, in bytes.
const maxLine = 200

// A shelf is all tools of one catalog, to be searched.
type shelf struct {
	catalog *tools.Catalog
	index   *search.Index
	specs   map[string]*tools.Spec
}

// shelf returns the tools of the present catalog. They are indexed when they are first searched.
func (m *Module) shelf(catalog *tools.Catalog) *shelf {
	if s := m.found.Load(); s != nil && s.catalog == catalog {
		return s
	}
	m.indexing.Lock()
	defer m.indexing.Unlock()
	if s := m.found.Load(); s != nil && s.catalog == catalog {
		return s
	}
	specs := catalog.Tools(tools.ProfileFull)
	s := &shelf{catalog: catalog, specs: make(map[string]*tools.Spec, len(specs))}
	all := make([]search.Tool, 0, len(specs))
	for i := range specs {
		s.specs[specs[i].Name] = &specs[i]
		switch specs[i].Name {
		case SearchTool, DescribeTool, InvokeTool: // whoever searches knows them
		default:
			all = append(all, m.findable(&specs[i]))
		}
	}
	s.index = search.New(all)
	m.found.Store(s)
	return s
}

// findable is a tool as it is indexed.
func (m *Module) findable(spec *tools.Spec) search.Tool {
	t := search.Tool{
		Name: spec.Name, Title: spec.Title, Description: spec.Description, ReadOnly: spec.ReadOnly == tools.Yes, Params: paramsOf(spec.InputSchema),
	}
	if o, ok := m.offering(pin.Tool, spec.Name); ok {
		t.Own, t.Server, t.Tags = o.own, o.server.Name, o.override().Tags
	}
	return t
}

// paramsOf are the parameters of a schema, by name.
func paramsOf(schema json.RawMessage) (all []search.Param) {
	var doc struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	_ = json.Unmarshal(schema, &doc) // one that cannot be read names none
	for _, name := range slices.Sorted(maps.Keys(doc.Properties)) {
		var p struct {
			Description string `json:"description"`
		}
		_ = json.Unmarshal(doc.Properties[name], &p) // one that says nothing has no description
		all = append(all, search.Param{Name: name, Description: p.Description})
	}
	return all
}

// A toolQuery is the question of tool_search.
type toolQuery struct {
	Query   string   `json:"query" maxLength:"500" doc:"what it should do, in ordinary words, or its name; * is everything"`
	Limit   int      `json:"limit,omitempty" min:"1" max:"100" default:"10"`
	Server  string   `json:"server,omitempty" maxLength:"64" doc:"only tools of this server"`
	Tags    []string `json:"tags,omitempty" maxItems:"16" doc:"only tools with all of these"`
	Effects string   `json:"effects,omitempty" enum:"any,reads" default:"any" doc:"reads: only tools that change nothing"`
}

// A FoundTool is one that was searched for.
type FoundTool struct {
	Name        string   `json:"name" doc:"to be called by, with tool_invoke or by itself"`
	Title       string   `json:"title"`
	Description string   `json:"description" doc:"its beginning; tool_describe has all of it"`
	Server      string   `json:"server,omitempty" doc:"whose it is; none: the kernel's own"`
	Score       float64  `json:"score" doc:"how well it fits, beside the others"`
	Effects     []string `json:"effects" doc:"reads, or writes; destroys, repeatable, reaches out"`
	Trust       string   `json:"trust" doc:"own, first use or agreed"`
	Tags        []string `json:"tags,omitempty"`
	Cost        string   `json:"cost,omitempty" enum:"free,low,medium,high"`
	Deprecated  string   `json:"deprecated,omitempty" doc:"why it should not be used any more, and what to use instead"`
}

// FoundTools is the answer of tool_search.
type FoundTools struct {
	Tools    []FoundTool `json:"tools" doc:"the best first"`
	Searched int         `json:"searched" doc:"how many tools there are"`
}

// searchTools are the tools by which others are found and called. Where others are not listed for their number, these are.
func (m *Module) searchTools(shown []string) []tools.Tool {
	reads := tools.Spec{Audience: tools.ForAgents, Profiles: shown, ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No}
	find, describe, invoke := reads, reads, reads
	find.Name, find.Title = SearchTool, "Which tool does that?"
	find.Description = "Finds tools by what they do, the best first. Many tools of other servers are not listed: search before you say that something cannot be done. Then tool_describe for the arguments, and tool_invoke."
	describe.Name, describe.Title = DescribeTool, "How is that tool called?"
	describe.Description = "Shows the whole definition of one tool with the schema of its arguments, whether it is trusted, how it has done so far, and what the policies say of calling it."
	invoke.Name, invoke.Title = InvokeTool, "Call a tool"
	invoke.Description = "Calls a tool that tool_search has found, with arguments as tool_describe shows them. It is as if the tool itself were called: the same policies hold, and what it answers comes back as it is."
	invoke.ReadOnly, invoke.Destructive, invoke.Idempotent, invoke.OpenWorld = tools.No, tools.Yes, tools.No, tools.Yes
	invoke.InputSchema = json.RawMessage(`{"type":"object","properties":{` +
		`"name":{"type":"string","minLength":1,"maxLength":64,"description":"of the tool, as tool_search has it"},` +
		`"arguments":{"type":"object","description":"of the tool, as its inputSchema says; none are {}"}},` +
		`"required":["name"],"additionalProperties":false}`)
	return []tools.Tool{
		tools.Func(find, m.search).Instead(), tools.Func(describe, m.describe).Instead(), tools.Relay(invoke, invoked).Instead(),
	}
}

// invoked reads whom tool_invoke is to call.
func invoked(args json.RawMessage) (name string, inner json.RawMessage, err error) {
	var in struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	}
	err = json.Unmarshal(args, &in)
	return in.Name, in.Arguments, err
}

// search answers tool_search.
func (m *Module) search(ctx context.Context, r *tools.Request, q toolQuery) (FoundTools, error) {
	shelf := m.shelf(r.Catalog())
	hits := shelf.index.Find(search.Query{
		Text: q.Query, Limit: q.Limit, Server: q.Server, Tags: q.Tags, Reads: q.Effects == "reads",
		Keep: func(name string) bool { return r.Sees(ctx, name) },
	})
	answer := FoundTools{Tools: make([]FoundTool, len(hits)), Searched: shelf.index.Len()}
	for i, hit := range hits {
		spec := shelf.specs[hit.Name]
		found := FoundTool{Name: hit.Name, Title: spec.Title, Description: line(spec.Description), Score: hit.Score, Effects: effects(spec), Trust: "own"}
		if o, ok := m.offering(pin.Tool, hit.Name); ok {
			said := o.override()
			found.Server, found.Trust = o.server.Name, trust(&o.record)
			found.Tags, found.Cost, found.Deprecated = said.Tags, said.Cost, said.farewell()
		}
		answer.Tools[i] = found
	}
	return answer, ctx.Err()
}

// line is the beginning of a text on a line.
func line(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxLine {
		return text
	}
	cut := maxLine - len("…")
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	text = text[:cut]
	if i := strings.LastIndexByte(text, ' '); i > maxLine/2 {
		text = text[:i]
	}
	return strings.TrimRight(text, " ,.;:") + "…"
}

// effects are those of a tool, in words.
func effects(s *tools.Spec) []string {
	all := []string{"writes"}
	if s.ReadOnly == tools.Yes {
		all[0] = "reads"
	}
	for _, h := range []struct {
		hint tools.Hint
		word string
	}{{s.Destructive, "destroys"}, {s.Idempotent, "repeatable"}, {s.OpenWorld, "reaches out"}} {
		if h.hint == tools.Yes {
			all = append(all, h.word)
		}
	}
	return all
}

// trust is why a definition may be used.
func trust(r *pin.Record) string {
	switch {
	case r.Standing != pin.Trusted:
		return string(r.Standing)
	case r.By == pin.FirstUse:
		return pin.FirstUse
	default:
		return "agreed"
	}
}

// A toolName is the question of tool_describe.
type toolName struct {
	Name string `json:"name" minLength:"1" maxLength:"64" doc:"as tool_search has it"`
}

// A DescribedTool is the answer of tool_describe.
type DescribedTool struct {
	Name       string          `json:"name"`
	Server     string          `json:"server,omitempty" doc:"whose it is; none: the kernel's own"`
	Definition json.RawMessage `json:"definition" doc:"as tools/list would show it"`
	Effects    []string        `json:"effects"`
	Trust      string          `json:"trust" doc:"own, first use or agreed"`
	Since      *time.Time      `json:"since,omitempty" doc:"when it was last agreed to"`
	Digest     string          `json:"digest,omitempty" doc:"of the definition that was agreed to"`
	Stats      *ToolStat       `json:"stats,omitempty" doc:"how it has done; none where it was not called"`
	Policy     *tools.Outlook  `json:"policy,omitempty" doc:"what would come of a call, as far as that does not hang on its arguments"`
}

// describe answers tool_describe.
func (m *Module) describe(ctx context.Context, r *tools.Request, q toolName) (DescribedTool, error) {
	o, foreign := m.offering(pin.Tool, q.Name)
	if foreign {
		if why := o.refused(); why != "" {
			return DescribedTool{}, tools.Fail("changed", why, nil)
		}
	}
	spec := m.shelf(r.Catalog()).specs[q.Name]
	if spec == nil || !r.Sees(ctx, q.Name) {
		return DescribedTool{}, tools.Fail("not_found", "there is no tool of that name that you may call: look for it with "+SearchTool, nil)
	}
	answer := DescribedTool{Name: q.Name, Effects: effects(spec), Trust: "own", Policy: r.Outlook(ctx, q.Name)}
	if foreign {
		answer.Server, answer.Trust, answer.Digest = o.server.Name, trust(&o.record), o.record.Digest
		answer.Since = when(o.record.Since)
		if s, called := m.stats.stat(q.Name); called {
			done := toolStat(&s, o.server.Name)
			answer.Stats = &done
		}
	}
	var err error
	if answer.Definition, err = defined(spec); err != nil {
		return DescribedTool{}, err
	}
	return answer, ctx.Err()
}

// defined is the definition of a tool in the protocol's words, under the name that it has here.
func defined(spec *tools.Spec) (json.RawMessage, error) {
	if len(spec.Definition) == 0 {
		all := map[string]any{
			"name": spec.Name, "title": spec.Title, "description": spec.Description, "inputSchema": spec.InputSchema,
			"annotations": map[string]bool{
				"readOnlyHint": spec.ReadOnly == tools.Yes, "destructiveHint": spec.Destructive == tools.Yes,
				"idempotentHint": spec.Idempotent == tools.Yes, "openWorldHint": spec.OpenWorld == tools.Yes,
			},
		}
		if len(spec.OutputSchema) > 0 {
			all["outputSchema"] = spec.OutputSchema
		}
		return json.Marshal(all)
	}
	var members map[string]json.RawMessage
	name, err := json.Marshal(spec.Name)
	if err = errors.Join(err, json.Unmarshal(spec.Definition, &members)); err != nil {
		return nil, err
	}
	members["name"] = name
	return json.Marshal(members)
}
