package tools_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

const secret = "hunter2"

// redacting lets the gate find one secret, and put a placeholder in its place wherever the document has it.
func redacting(d *desk, doc string) {
	d.gate.review.Store(&governance.Decision{
		Effect: governance.Allow, Stage: governance.StageReview, Confidence: 1,
		Findings: []match.Finding{{Check: "secrets", Class: "password"}, {Check: "secrets", Class: "password"}},
		Redacted: json.RawMessage(strings.ReplaceAll(doc, secret, "[password:1]")),
	})
}

func TestRedactedAnswers(t *testing.T) {
	t.Parallel()
	type answer struct {
		Text string `json:"text"`
		Kind string `json:"kind,omitempty" enum:"a,hunter2"`
	}
	mixed := tools.Result{
		Content: []tools.Content{
			tools.Text("it is hunter2"),
			{Type: tools.TypeImage, Data: []byte{1, 2}, MIMEType: "image/png"},
			{Type: tools.TypeResourceLink, URI: "x://hunter2", Name: "n", Title: "hunter2", MIMEType: "text/plain"},
			{Type: tools.TypeResource, Resource: &tools.ResourceContents{URI: "x://y", Text: "hunter2"}},
		},
		IsError: true,
	}
	redacted := tools.Result{
		Content: []tools.Content{
			tools.Text("it is [password:1]"),
			{Type: tools.TypeImage, Data: []byte{1, 2}, MIMEType: "image/png"},
			{Type: tools.TypeResourceLink, URI: "x://[password:1]", Name: "n", Title: "[password:1]", MIMEType: "text/plain"},
			{Type: tools.TypeResource, Resource: &tools.ResourceContents{URI: "x://y", Text: "[password:1]"}},
		},
		IsError: true,
	}
	mixedDoc := `{"content":[{"type":"text","text":"it is hunter2"},{"type":"image","data":"AQI=","mimeType":"image/png"},` +
		`{"type":"resource_link","mimeType":"text/plain","uri":"x://hunter2","name":"n","title":"hunter2"},` +
		`{"type":"resource","resource":{"uri":"x://y","text":"hunter2"}}],"isError":true}`
	typed := func(out answer) tools.Tool {
		return tools.Func(spec("x"), func(context.Context, *tools.Request, struct{}) (answer, error) { return out, nil })
	}
	for _, c := range []struct {
		name string
		tool tools.Tool
		doc  string
		want tools.Result
	}{
		{"text, images and links", tools.FuncMixed(spec("x"), func(context.Context, *tools.Request, struct{}) (tools.Result, error) { return mixed, nil }), mixedDoc, redacted},
		{"a structured answer", typed(answer{Text: secret}), `{"text":"hunter2"}`, tools.Result{
			Content: []tools.Content{tools.Text(`{"text":"[password:1]"}`)}, Structured: json.RawMessage(`{"text":"[password:1]"}`),
		}},
		{"one that does not fit its schema any more", typed(answer{Text: "t", Kind: secret}), `{"text":"t","kind":"hunter2"}`, tools.Result{
			Content: []tools.Content{tools.Text(`{"text":"t","kind":"[password:1]"}`)}, IsError: true,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, tools.Surface{Tools: []tools.Tool{c.tool}})
			redacting(d, c.doc)
			got, err := d.Dispatch(t.Context(), d.call("x", "{}"), nil)
			c.want.CallID = got.CallID
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			entry := d.journal.entries[1]
			if diff := cmp.Diff(map[string]int{"secrets/password": 2}, entry.Findings); diff != "" || strings.Contains(entry.Result.Preview, secret) {
				t.Errorf("recorded with %s\n%s", entry.Result.Preview, diff)
			}
			if strings.Contains(c.name, "schema") && entry.SchemaValid != audit.No {
				t.Errorf("schema validity %v", entry.SchemaValid)
			}
		})
	}
}

func TestRedactedResourcesAndPrompts(t *testing.T) {
	t.Parallel()
	s := tools.Surface{
		Resources: []tools.Resource{tools.NewResource(
			tools.ResourceSpec{URI: "x://y", Name: "y", Title: "Y", Description: "Holds it.", MIMEType: "text/plain", Audience: tools.ForAgents},
			func(context.Context, *tools.Request, string) ([]tools.ResourceContents, error) {
				return []tools.ResourceContents{{URI: "x://y", Text: secret}, {URI: "x://z", Blob: []byte{1}}}, nil
			})},
	}
	d := newDesk(t, s)
	redacting(d, `{"contents":[{"uri":"x://y","text":"hunter2"},{"uri":"x://z","blob":"AQ=="}]}`)
	got, err := d.Dispatch(t.Context(), d.of(governance.KindResource, "x://y", ""), nil)
	want := tools.Result{CallID: got.CallID, Contents: []tools.ResourceContents{{URI: "x://y", Text: "[password:1]"}, {URI: "x://z", Blob: []byte{1}}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	redacting(d, `{"contents":[{"uri":"x://y","blob":"hunter2"}]}`) // bytes that were a secret are none of anything now
	_, err = d.Dispatch(t.Context(), d.of(governance.KindResource, "x://y", ""), nil)
	if refused := refusal(t, err); refused.Code != tools.CodeWithheld {
		t.Errorf("%v", refused)
	}
}

func TestRedactedErrors(t *testing.T) {
	t.Parallel()
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{
		tools.Func(spec("x"), func(context.Context, *tools.Request, struct{}) (struct{}, error) {
			return struct{}{}, tools.Fail("denied", "hunter2 is wrong", nil)
		}),
	}})
	redacting(d, `{"code":"failed","reason":"hunter2 is wrong","call_id":"call-1","failure":"denied"}`)
	_, err := d.Dispatch(t.Context(), d.call("x", "{}"), nil)
	refused := refusal(t, err)
	if refused.Reason != "[password:1] is wrong" || string(refused.Details) != `{"failure":"denied"}` {
		t.Errorf("%q %s", refused.Reason, refused.Details)
	}
}
