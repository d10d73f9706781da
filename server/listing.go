package server

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// An entry is one line of a listing: its unique name, by which pages are cut, and its JSON.
type entry struct {
	name string
	size int // about how many bytes of JSON it is
	body func(b []byte) []byte
}

// list answers one page of a listing. The order is by name, so that a page means the same whatever was added or taken
// away since the last one.
func (s *Server) list(ctx context.Context, r *request) ([]byte, *rpcError) {
	if fault := r.meta.fault(); fault != nil {
		return nil, fault
	}
	var params struct {
		Cursor *string `json:"cursor"`
	}
	if json.Unmarshal(r.env.rawParams(), &params) != nil {
		return nil, &rpcError{code: codeParams, message: "invalid params: cursor must be a string"}
	}
	after, ok := openCursor(r.env.method, params.Cursor)
	if !ok {
		return nil, &rpcError{code: codeParams, message: "invalid params: unknown cursor; start the listing again without one"}
	}
	visible, err := s.visible(ctx, r)
	if err != nil {
		return nil, protocolError(governance.KindTool, r, asToolError(err))
	}
	key, entries := entriesOf(r.env.method, visible, s.toolSpec(r))
	s.measure(entries)
	return s.page(r, key, entries, after), nil
}

// visible is what the caller may see; the members of families, which their handlers list, only where they are asked for.
func (s *Server) visible(ctx context.Context, r *request) (tools.Listing, error) {
	visible, err := s.opts.Dispatcher.List(ctx, r.as(), s.opts.Profile, kindListed(r.env.method))
	if err != nil || r.env.method != "resources/list" {
		return visible, err
	}
	members, err := s.opts.Dispatcher.Members(ctx, r.as())
	visible.Resources = append(slices.Clone(visible.Resources), members...)
	return visible, err
}

func kindListed(method string) governance.Kind {
	switch method {
	case "tools/list":
		return governance.KindTool
	case "prompts/list":
		return governance.KindPrompt
	default:
		return governance.KindResource
	}
}

func (s *Server) page(r *request, key string, entries []entry, after string) []byte {
	from := 0
	if after != "" {
		from = sort.Search(len(entries), func(i int) bool { return entries[i].name > after })
	}
	to := min(from+s.opts.PageSize, len(entries))
	b := append(appendString(append(make([]byte, 0, roomFor(entries[from:to])), '{'), key), `:[`...)
	for i, e := range entries[from:to] {
		b = e.body(appendComma(b, i))
	}
	b = append(b, ']')
	if to < len(entries) {
		b = appendField(b, "nextCursor", sealCursor(r.env.method, entries[to-1].name))
	}
	if r.meta.modern {
		b = append(b, `,"ttlMs":`...)
		b = strconv.AppendInt(b, s.opts.ListTTL.Milliseconds(), 10)
		b = append(b, `,"cacheScope":"private"`...)
	}
	return s.closeResult(b, r.meta.modern, &tools.Result{}, false)
}

// roomFor is about how many bytes the page of these entries takes.
func roomFor(entries []entry) int {
	const frame = 512 // of the page: its key, cursor and _meta
	size := frame
	for i := range entries {
		size += entries[i].size
	}
	return size
}

// A cursor is the method and the last name of the page before. It needs no seal: whoever makes one up sees nothing that
// a listing from the start would not show.
func sealCursor(method, name string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(method + "\n" + name))
}

func openCursor(method string, cursor *string) (after string, ok bool) {
	if cursor == nil {
		return "", true
	}
	text, err := base64.RawURLEncoding.DecodeString(*cursor)
	prefix := method + "\n"
	if err != nil || len(text) <= len(prefix) || string(text[:len(prefix)]) != prefix {
		return "", false
	}
	return string(text[len(prefix):]), true
}

// toolSpec returns what writes a tool, which in the 2025 era says whether it runs as a task.
func (s *Server) toolSpec(r *request) func([]byte, *tools.Spec) []byte {
	written := *s.written.Load()
	plain := func(b []byte, t *tools.Spec) []byte {
		if body, ok := written[t.Name]; ok {
			return append(b, body...)
		}
		return appendToolSpec(b, t) // of a catalog that Refresh has not told us of yet
	}
	if s.opts.Tasks == nil || r.meta.modern || !r.knowsTasks() {
		return plain
	}
	return func(b []byte, t *tools.Spec) []byte {
		b = plain(b, t)
		if t.Task == tools.TaskNever {
			return b
		}
		return append(appendString(append(b[:len(b)-1], `,"execution":{"taskSupport":`...), t.Task.String()), "}}"...)
	}
}

// measure notes how long the entries are that are written already, as those of tools are.
func (s *Server) measure(entries []entry) {
	written := *s.written.Load()
	for i := range entries {
		if body, ok := written[entries[i].name]; ok {
			entries[i].size = len(body) + len(`,"execution":{"taskSupport":"forbidden"},`)
		}
	}
}

func entriesOf(method string, visible tools.Listing, toolSpec func([]byte, *tools.Spec) []byte) (key string, entries []entry) {
	switch method {
	case "tools/list":
		return "tools", entriesFrom(visible.Tools, func(t *tools.Spec) string { return t.Name }, toolSpec)
	case "prompts/list":
		return "prompts", entriesFrom(visible.Prompts, func(p *tools.PromptSpec) string { return p.Name }, appendPromptSpec)
	case "resources/list":
		return "resources", entriesFrom(visible.Resources, func(r *tools.ResourceSpec) string { return r.URI }, appendResourceSpec)
	default:
		return "resourceTemplates", entriesFrom(visible.Templates, func(r *tools.ResourceSpec) string { return r.Template }, appendResourceSpec)
	}
}

func entriesFrom[T any](specs []T, name func(*T) string, body func([]byte, *T) []byte) []entry {
	const usual = 512 // bytes of one that is not written yet
	entries := make([]entry, len(specs))
	for i := range specs {
		spec := &specs[i]
		entries[i] = entry{name: name(spec), size: usual, body: func(b []byte) []byte { return body(b, spec) }}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return entries
}

func appendToolSpec(b []byte, t *tools.Spec) []byte {
	if len(t.Definition) > 0 {
		return replaced(b, t.Definition, text("name", t.Name))
	}
	b = appendString(append(b, `{"name":`...), t.Name)
	b = appendField(b, "title", t.Title)
	b = appendField(b, "description", t.Description)
	b = append(append(b, `,"inputSchema":`...), t.InputSchema...)
	if len(t.OutputSchema) > 0 {
		b = append(append(b, `,"outputSchema":`...), t.OutputSchema...)
	}
	b = appendString(append(b, `,"annotations":{"title":`...), t.Title)
	b = appendBool(b, "readOnlyHint", t.ReadOnly == tools.Yes)
	b = appendBool(b, "destructiveHint", t.Destructive == tools.Yes)
	b = appendBool(b, "idempotentHint", t.Idempotent == tools.Yes)
	b = appendBool(b, "openWorldHint", t.OpenWorld == tools.Yes)
	return append(b, "}}"...)
}

func appendResourceSpec(b []byte, r *tools.ResourceSpec) []byte {
	switch {
	case len(r.Definition) == 0:
	case r.Template != "":
		return replaced(b, r.Definition, text("uriTemplate", r.Template))
	default:
		return replaced(b, r.Definition, text("uri", r.URI))
	}
	if r.Template != "" {
		b = appendString(append(b, `{"uriTemplate":`...), r.Template)
	} else {
		b = appendString(append(b, `{"uri":`...), r.URI)
	}
	b = appendField(b, "name", r.Name)
	b = appendField(b, "title", r.Title)
	b = appendField(b, "description", r.Description)
	b = appendField(b, "mimeType", r.MIMEType)
	if r.Size > 0 {
		b = strconv.AppendInt(append(b, `,"size":`...), r.Size, 10)
	}
	return append(b, '}')
}

func appendPromptSpec(b []byte, p *tools.PromptSpec) []byte {
	if len(p.Definition) > 0 {
		return replaced(b, p.Definition, text("name", p.Name))
	}
	b = appendString(append(b, `{"name":`...), p.Name)
	b = appendField(b, "title", p.Title)
	b = appendField(b, "description", p.Description)
	b = append(b, `,"arguments":[`...)
	for i, a := range p.Arguments {
		b = appendString(append(appendComma(b, i), `{"name":`...), a.Name)
		b = appendField(b, "title", a.Title)
		b = appendField(b, "description", a.Description)
		b = append(appendBool(b, "required", a.Required), '}')
	}
	return append(b, "]}"...)
}
