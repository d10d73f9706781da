package governance_test

import (
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

func TestInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, args, answers, want string }{
		{"nothing", "", "", "{}"},
		{"arguments", `{"a": 1}`, "", `{"a": 1}`},
		{"answers", "", `{"k":{}}`, `{"io.mcp-kernel/answers":{"k":{}}}`},
		{"empty arguments", " { } ", `{"k":{}}`, `{"io.mcp-kernel/answers":{"k":{}}}`},
		{"both", ` {"a":{}} `, `{"k":{}}`, `{"a":{},"io.mcp-kernel/answers":{"k":{}}}`},
		{"no object", `[1]`, `{"k":{}}`, `{"arguments":[1],"io.mcp-kernel/answers":{"k":{}}}`},
		{"white space", ` `, `{"k":{}}`, `{"arguments":null,"io.mcp-kernel/answers":{"k":{}}}`},
		{"half an object", `{`, `{}`, `{"arguments":{,"io.mcp-kernel/answers":{}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			call := governance.Call{Args: []byte(c.args), Answers: []byte(c.answers)}
			if got := string(call.Input()); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
