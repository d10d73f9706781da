package tools_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// FuncMixed decodes as strictly as Func and answers as freely as Raw.
func TestFuncMixed(t *testing.T) {
	t.Parallel()
	type picture struct {
		Name string `json:"name" doc:"of the picture"`
	}
	tool := tools.FuncMixed(spec("draw"), func(_ context.Context, _ *tools.Request, in picture) (tools.Result, error) {
		return tools.Result{Content: []tools.Content{tools.Text(in.Name), {Type: tools.TypeImage, Data: []byte{1}, MIMEType: "image/png"}}}, nil
	})
	want := `{"type":"object","properties":{"name":{"type":"string","description":"of the picture"}},"required":["name"],"additionalProperties":false}`
	if s := tool.Spec(); len(s.OutputSchema) > 0 || string(s.InputSchema) != want {
		t.Errorf("input %s, output %s", s.InputSchema, s.OutputSchema)
	}
	d := newDesk(t, tools.Surface{Tools: []tools.Tool{tool}})
	d.gate.pass()
	got, err := d.Dispatch(t.Context(), d.call("draw", `{"name":"sun"}`), nil)
	content := []tools.Content{{Type: tools.TypeText, Text: "sun"}, {Type: tools.TypeImage, Data: []byte{1}, MIMEType: "image/png"}}
	if diff := cmp.Diff(content, got.Content); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	d.gate.pass()
	_, err = d.Dispatch(t.Context(), d.call("draw", `{"nam":"sun"}`), nil)
	if err == nil || refusal(t, err).Code != tools.CodeBadArguments {
		t.Errorf("an unknown argument: %v", err)
	}
}
