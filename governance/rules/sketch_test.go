package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/rules"
)

func TestSketch(t *testing.T) {
	t.Parallel()
	d, err := rules.Parse(rules.Source{Text: `
@id("hours") // a comment
@reason("forbid (no)")
forbid (principal, action == Action::"shell", resource)
unless { context.time.hour >= 8 && context.labels.contains("read:x") };

permit (principal == Principal::"user:ada", action, resource)
when { context has args && context.args has path && context.args.path like "work:*\*" && context.args.path != "a\"b" };
`})
	if err != nil {
		t.Fatal(err)
	}
	want := rules.Sketch{
		Forbids:   []string{`forbid ( principal , action == Action :: "shell" , resource ) unless { context . time . hour >= 8 && context . labels . contains ( "read:x" ) } ;`},
		Permits:   []string{`permit ( principal == Principal :: "user:ada" , action , resource ) when { context has args && context . args has path && context . args . path like "work:*\*" && context . args . path != "a\"b" } ;`},
		Texts:     []string{`a"b`, "read:x", "shell", "user:ada", "work:*", "work:x*"},
		Numbers:   []int64{8},
		Arguments: [][]string{{"path"}},
		Labels:    true,
	}
	if diff := cmp.Diff(want, d.Sketch()); diff != "" {
		t.Error(diff)
	}
}
