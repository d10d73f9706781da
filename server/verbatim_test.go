package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// foreign is the surface of another server, published under other names.
type foreign struct{}

func (foreign) Name() string { return "foreign" }

const foreignTool = `{"name":"read","title":"Read","icons":[{"src":"data:,"}],"inputSchema":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"n":{"type":"integer"}}},"_meta":{"x":1e2},"execution":{"y":[]}}`

// foreignAnswers are results by the text of the argument, word for word.
func foreignAnswers(text string) string {
	switch text {
	case "odd":
		return `{"content":[{"type":"hologram","size":1.0e3,"annotations":{"audience":["user"],"priority":0.50}}],"structuredContent":{"n":12345678901234567890},"extra":null,"_meta":{"io.mcp-kernel/call":{"id":"forged"},"theirs":{"a":1}},"resultType":"complete"}`
	case "failed":
		return `{"isError":true,"content":[{"type":"text","text":"no"}]}`
	case "secret":
		return `{"content":[{"type":"text","text":"open sesame now","annotations":{"priority":1}}],"extra":true}`
	default:
		return `{"content":[]}`
	}
}

func (foreign) Surface() tools.Surface {
	spec := tools.Spec{
		Name: "files__read", Title: "T", Description: "D.", Audience: tools.ForAgents, Profiles: []string{tools.ProfileDefault},
		ReadOnly: tools.No, Destructive: tools.Yes, Idempotent: tools.No, OpenWorld: tools.Yes,
	}
	call := func(_ context.Context, _ *tools.Request, args json.RawMessage) (tools.Result, error) {
		var in struct{ Text string }
		if err := json.Unmarshal(args, &in); err != nil {
			return tools.Result{}, err
		}
		switch in.Text {
		case "broken":
			return tools.Verbatim(json.RawMessage(`{"content":[],"content":[]}`))
		case "error":
			return tools.Result{}, tools.FailRemote(tools.Remote{Code: -32042, Message: "not today", Data: json.RawMessage(`{"retry":1.50}`)}, errors.New("for the log"))
		case "secret error":
			return tools.Result{}, tools.FailRemote(tools.Remote{Code: -32000, Message: "say sesame", Data: json.RawMessage(`{"word":"sesame"}`)}, nil)
		}
		return tools.Verbatim(json.RawMessage(foreignAnswers(in.Text)))
	}
	read := func(_ context.Context, _ *tools.Request, uri string) (tools.Result, error) {
		return tools.Verbatim(json.RawMessage(`{"contents":[{"uri":"` + uri + `","text":"hi","_meta":{"k":1}}],"ttlMs":5,"cacheScope":"public"}`))
	}
	get := func(_ context.Context, _ *tools.Request, args map[string]string) (tools.Result, error) {
		return tools.Verbatim(json.RawMessage(`{"messages":[{"role":"user","content":{"type":"text","text":"` + args["who"] + `","annotations":{}}}]}`))
	}
	pass := func(_ context.Context, _ *tools.Request, asked json.RawMessage) (tools.Result, error) {
		values, err := json.Marshal([]string{string(asked)})
		if err != nil {
			return tools.Result{}, err
		}
		return tools.Verbatim(json.RawMessage(`{"completion":{"values":` + string(values) + `,"total":1}}`))
	}
	return tools.Surface{
		Tools: []tools.Tool{tools.Foreign(spec, json.RawMessage(foreignTool), call)},
		Resources: []tools.Resource{
			tools.ForeignResource(tools.ResourceSpec{URI: "note://1", Name: "files__one", Title: "T", Description: "D.", Audience: tools.ForAgents},
				json.RawMessage(`{"uri":"note://1","name":"one","annotations":{"priority":0.10}}`), read),
			tools.ForeignResource(tools.ResourceSpec{Template: "note://{id}/x", Name: "files__all", Title: "T", Description: "D.", Audience: tools.ForAgents},
				json.RawMessage(`{"uriTemplate":"note://{id}/x","name":"all","size":3}`), read).WithPass(pass),
		},
		Prompts: []tools.Prompt{tools.ForeignPrompt(
			tools.PromptSpec{Name: "files__hello", Title: "T", Description: "D.", Audience: tools.ForAgents, Arguments: []tools.PromptArgument{{Name: "who", Required: true}}},
			json.RawMessage(`{"name":"hello","arguments":[{"name":"who","required":true,"x":1}],"icons":[]}`), get).WithPass(pass)},
	}
}

// What another server says leaves as it was said, but for what the kernel writes itself and what policies take out.
func TestVerbatim(t *testing.T) {
	t.Parallel()
	c := begin(t, newGoverned(t, &book{}, foreign{}, nil), `{}`)
	tool := func(text string) string {
		return `"method":"tools/call","params":{"name":"files__read","arguments":{"text":"` + text + `","unknown":1}}`
	}
	for _, tt := range []struct{ name, request, want string }{
		{"tools", `"method":"tools/list"`, `"result":{"tools":[{"name":"files__read",` + strings.TrimPrefix(foreignTool, `{"name":"read",`) + `]}`},
		{"resources", `"method":"resources/list"`, `"result":{"resources":[{"uri":"note://1","name":"one","annotations":{"priority":0.10}}]}`},
		{"templates", `"method":"resources/templates/list"`, `"result":{"resourceTemplates":[{"uriTemplate":"note://{id}/x","name":"all","size":3}]}`},
		{"prompts", `"method":"prompts/list"`, `"result":{"prompts":[{"name":"files__hello","arguments":[{"name":"who","required":true,"x":1}],"icons":[]}]}`},
		{"odd", tool("odd"), `"result":{"content":[{"type":"hologram","size":1.0e3,"annotations":{"audience":["user"],"priority":0.50}}],"structuredContent":{"n":12345678901234567890},"extra":null,"_meta":{"io.mcp-kernel/call":{"id":ID},"theirs":{"a":1}}}`},
		{"failed", tool("failed"), `"result":{"isError":true,"content":[{"type":"text","text":"no"}],"_meta":{"io.mcp-kernel/call":{"id":ID}}}`},
		{"redacted", tool("secret"), `"result":{"content":[{"type":"text","text":"open [key:1] now","annotations":{"priority":1}}],"extra":true,"_meta":{"io.mcp-kernel/call":{"id":ID}}}`},
		{"error", tool("error"), `"error":{"code":-32042,"message":"not today","data":{"retry":1.50}}`},
		{"redacted error", tool("secret error"), `"error":{"code":-32000,"message":"say [key:1]","data":{"word":"[key:1]"}}`},
		{"resource", `"method":"resources/read","params":{"uri":"note://7/x"}`, `"result":{"contents":[{"uri":"note://7/x","text":"hi","_meta":{"k":1}}],"_meta":{"io.mcp-kernel/call":{"id":ID}}}`},
		{"prompt", `"method":"prompts/get","params":{"name":"files__hello","arguments":{"who":"ann"}}`, `"result":{"messages":[{"role":"user","content":{"type":"text","text":"ann","annotations":{}}}],"_meta":{"io.mcp-kernel/call":{"id":ID}}}`},
		{"prompt without", `"method":"prompts/get","params":{"name":"files__hello"}`, `"result":{"messages":[{"role":"user","content":{"type":"text","text":"","annotations":{}}}],"_meta":{"io.mcp-kernel/call":{"id":ID}}}`},
		{
			"completion", `"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"files__hello"},"argument":{"name":"other","value":"a"}}`,
			`"result":{"completion":{"values":["{\"argument\":{\"name\":\"other\",\"value\":\"a\"},\"context\":null}"],"total":1},"_meta":{"io.mcp-kernel/call":{"id":ID}}}`,
		},
		{
			"completion of a template", `"method":"completion/complete","params":{"ref":{"type":"ref/resource","uri":"note://{id}/x"},"argument":{"name":"id","value":""}}`,
			`"result":{"completion":{"values":["{\"argument\":{\"name\":\"id\",\"value\":\"\"},\"context\":null}"],"total":1},"_meta":{"io.mcp-kernel/call":{"id":ID}}}`,
		},
	} {
		got := c.ask(`{"jsonrpc":"2.0","id":1,%s}`, tt.request)
		if diff := cmp.Diff(`{"jsonrpc":"2.0","id":1,`+tt.want+`}`, withoutIDs(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if got := c.ask(`{"jsonrpc":"2.0","id":1,%s}`, tool("broken")); !strings.Contains(got, `"code":"internal_error"`) {
		t.Errorf("a result with a key twice: %s", got)
	}
}

// In the 2026 era a result of another server has the era's members, of which those that only it can know are its own.
func TestVerbatimModern(t *testing.T) {
	t.Parallel()
	c := host(t, newGoverned(t, &book{}, foreign{}, nil), "user:ada")
	got := c.ask(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"note://1","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`)
	want := `{"jsonrpc":"2.0","id":1,"result":{"contents":[{"uri":"note://1","text":"hi","_meta":{"k":1}}],"ttlMs":5,"cacheScope":"public","_meta":{"io.mcp-kernel/call":{"id":ID},"io.modelcontextprotocol/serverInfo":{"name":"mcp-kernel","version":"1"}},"resultType":"complete"}}`
	if diff := cmp.Diff(want, withoutIDs(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// withoutIDs puts ID in the place of the ids of calls.
func withoutIDs(line string) string {
	const before = `"io.mcp-kernel/call":{"id":`
	at := strings.Index(line, before)
	if at < 0 {
		return strings.TrimSpace(line)
	}
	from := at + len(before)
	end := from + strings.IndexByte(line[from:], '}')
	return strings.TrimSpace(line[:from] + "ID" + line[end:])
}
