package cmvk

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

func TestDriftCompare(t *testing.T) {
	t.Parallel()
	huge := `"` + strings.Repeat("a", bound) + `"`
	many := `["` + strings.Repeat(`a","`, 4096) + `a"]`
	for _, c := range []struct {
		name    string
		q       question
		passed  bool
		first   string // change
		refused string
	}{
		{name: "text", q: question{A: json.RawMessage(`"it is safe"`), B: json.RawMessage(`"it is not safe"`)}, first: "negation"},
		{name: "equal texts", q: question{A: json.RawMessage(`"a"`), B: json.RawMessage(`"a"`), Kind: "text"}, passed: true},
		{name: "json", q: question{A: json.RawMessage(`{"a":100,"b":1}`), B: json.RawMessage(`{"b":1,"a":900}`), Kind: "json"}, first: "numeric"},
		{name: "json in strings", q: question{A: json.RawMessage(`"{\"a\":1,\"b\":2}"`), B: json.RawMessage(`{"b":2,"a":1}`), Kind: "json"}, passed: true},
		{name: "numbers", q: question{A: json.RawMessage(`[1,1]`), B: json.RawMessage(`[100,100]`), Kind: "numbers"}},
		{name: "numbers by a metric", q: question{A: json.RawMessage(`[1,1]`), B: json.RawMessage(`[9,9]`), Kind: "numbers", Metric: "jensen-shannon"}, passed: true},
		{name: "sequence", q: question{A: json.RawMessage(`["a","b"]`), B: json.RawMessage(`["a","c"]`), Kind: "sequence"}, first: "structure"},
		{name: "a strict profile", q: question{A: json.RawMessage(`"10.0 kg"`), B: json.RawMessage(`"11.0 kg"`), Profile: "strict"}, first: "numeric"},
		{name: "a lenient profile", q: question{A: json.RawMessage(`"10.0 kg"`), B: json.RawMessage(`"11.0 kg"`), Profile: "lenient"}, passed: true, first: "numeric"},
		{name: "a number as text", q: question{A: json.RawMessage(`1`), B: json.RawMessage(`"a"`)}, refused: "a string"},
		{name: "null as text", q: question{A: json.RawMessage(`null`), B: json.RawMessage(`"a"`)}, refused: "a string"},
		{name: "null among numbers", q: question{A: json.RawMessage(`[null]`), B: json.RawMessage(`[0]`), Kind: "numbers"}, refused: "list of numbers"},
		{name: "lengths", q: question{A: json.RawMessage(`[1]`), B: json.RawMessage(`[1,2]`), Kind: "numbers"}, refused: "differ in length"},
		{name: "a metric for text", q: question{A: json.RawMessage(`"a"`), B: json.RawMessage(`"a"`), Metric: "cosine"}, refused: "numbers only"},
		{name: "too large", q: question{A: json.RawMessage(huge), B: json.RawMessage(`"a"`)}, refused: "too large"},
		{name: "too many", q: question{A: json.RawMessage(many), B: json.RawMessage(`[]`), Kind: "sequence"}, refused: "too large"},
		{name: "no profile", q: question{A: json.RawMessage(`"a"`), B: json.RawMessage(`"a"`), Profile: "lax"}, refused: "no profile"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := compareAnswers(t.Context(), nil, c.q)
			if c.refused != "" {
				var refusal *tools.Error
				if !errors.As(err, &refusal) || !strings.Contains(refusal.Reason, c.refused) {
					t.Fatalf("%v, want a refusal that says %q", err, c.refused)
				}
				return
			}
			if err != nil || got.Passed != c.passed || (got.Severity == SeverityNone) != c.passed || got.Changes == nil {
				t.Fatalf("%+v %v", got, err)
			}
			if c.first != "" && string(got.Changes[0].Dimension) != c.first {
				t.Errorf("the first change is %+v", got.Changes[0])
			}
		})
	}
}
