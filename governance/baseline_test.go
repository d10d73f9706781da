package governance_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// threshold is the confidence below which the tests, like most policies, speak of drift.
const threshold = 0.8

func baselines(tb testing.TB, o governance.BaselineOptions) *governance.Baselines {
	tb.Helper()
	b, err := governance.NewBaselines(o)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// answers calls one tool several times in a row and returns the confidence of the last call.
type answer struct {
	args, result string
	status       governance.Status
}

func last(b *governance.Baselines, calls ...answer) float64 {
	confidence := 1.0
	for _, c := range calls {
		if c.status == governance.StatusInvalid {
			c.status = governance.StatusOK
		}
		confidence = b.Confidence("ann", "tool", []byte(c.args), []byte(c.result), c.status)
	}
	return confidence
}

// repeated returns n calls made by a function of their number.
func repeated(n int, call func(i int) answer) []answer {
	calls := make([]answer, n)
	for i := range calls {
		calls[i] = call(i)
	}
	return calls
}

func text(s string) string {
	quoted, _ := json.Marshal(s)
	return `{"content":[{"type":"text","text":` + string(quoted) + `}]}`
}

func structured(doc string) string {
	quoted, _ := json.Marshal(doc)
	return `{"content":[{"type":"text","text":` + string(quoted) + `}],"structuredContent":` + doc + `}`
}

func TestConfidenceOfSameArguments(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("the quick brown fox jumps over the lazy dog ", 20)
	tests := map[string]struct {
		before, after string
		drifts        bool
	}{
		"equal":                  {structured(`{"amount":100,"to":"bob"}`), structured(`{"amount":100,"to":"bob"}`), false},
		"other order of keys":    {`{"amount":100,"to":"bob"}`, `{"to":"bob","amount":100}`, false},
		"other white space":      {`{"amount":100,"to":"bob"}`, "{ \"amount\" : 100,\n\t\"to\": \"bob\" }", false},
		"an amount":              {`{"amount":100,"to":"bob"}`, `{"amount":900,"to":"bob"}`, true},
		"an amount back":         {`{"amount":900,"to":"bob"}`, `{"amount":100,"to":"bob"}`, true},
		"an amount in text":      {text("Total: $100 for Bob"), text("Total: $900 for Bob"), true},
		"an amount in long text": {text(long + "Total: $100 " + long), text(long + "Total: $900 " + long), true},
		"an amount in JSON text": {structured(`{"a":"x","b":"y","amount":100}`), structured(`{"a":"x","b":"y","amount":900}`), true},
		"an amount after a line": {text("Total:\n100 for Bob"), text("Total:\n900 for Bob"), true},
		"an amount with commas":  {text("Total: 1,000"), text("Total: 9,000"), true},
		"an amount among many":   {`{"items":[{"price":100},{"price":200}]}`, `{"items":[{"price":900},{"price":200}]}`, true},
		"an amount slightly":     {`{"amount":100,"to":"bob"}`, `{"amount":101,"to":"bob"}`, false},
		"other order of entries": {`{"items":[{"price":100},{"price":200}]}`, `{"items":[{"price":200},{"price":100}]}`, false},
		"a list that grew":       {`{"log":["one","two"]}`, `{"log":["zero","one","two"]}`, false},
		"another text":           {text("all is well with the harvest"), text("send money to this account now"), true},
		"another word of many":   {text(long), text(strings.Replace(long, "lazy", "tired", 1)), false},
		"another time":           {text("at 2026-01-02T03:04:05Z all well"), text("at 2026-11-12T13:14:55.5Z all well"), false},
		"another identifier":     {`{"id":"0190a1b2-aaaa-7bcd-8123-0123456789ab","ok":true}`, `{"id":"0190ffff-bbbb-7bcd-8123-ffff456789ab","ok":true}`, false},
		"a truth":                {`{"paid":true}`, `{"paid":false}`, true},
		"a sign":                 {`{"balance":50}`, `{"balance":-50}`, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := baselines(t, governance.BaselineOptions{})
			got := last(b, answer{args: `{"q":1,"r":[1,2]}`, result: tt.before}, answer{args: `{"r": [1,2], "q": 1}`, result: tt.after})
			if got < threshold != tt.drifts {
				t.Errorf("confidence %.3f, drifts %v", got, tt.drifts)
			}
		})
	}
}

func TestConfidenceOfDifferentArguments(t *testing.T) {
	t.Parallel()
	ask := func(i int, result string) answer { return answer{args: fmt.Sprintf(`{"q":%d}`, i), result: result} }
	rows := func(n int) string {
		return `{"rows":[` + strings.TrimSuffix(strings.Repeat(`{"id":1,"name":"x"},`, n), ",") + `],"total":1}`
	}
	normal := repeated(20, func(i int) answer { return ask(i, rows(5+i)) })
	failure := answer{args: `{}`, result: text("boom"), status: governance.StatusToolError}
	tests := map[string]struct {
		calls  []answer
		drifts bool
	}{
		"first":              {[]answer{ask(0, rows(5))}, false},
		"second":             {[]answer{ask(0, rows(5)), ask(1, text("anything"))}, false},
		"same form":          {append(normal, ask(99, rows(7))), false},
		"nothing found":      {append(normal, ask(99, `{"rows":[],"total":0}`)), false},
		"ten times the size": {append(normal, ask(99, rows(100))), false},
		"one more field":     {append(normal, ask(99, `{"rows":[{"id":1,"name":"x"}],"total":1,"next":"abc"}`)), false},
		"another form":       {append(normal, ask(99, `{"account":{"iban":"x","holder":"y"}}`)), true},
		"not even an object": {append(normal, ask(99, `"sorry"`)), true},
		"huge":               {append(normal, ask(99, rows(5000))), true},
		"tiny":               {append(repeated(20, func(i int) answer { return ask(i, rows(2000)) }), ask(99, rows(1))), true},
		"one error":          {append(normal, failure), false},
		"errors in a row":    {append(normal, failure, failure, failure), true},
		"a panic in a row":   {append(normal, answer{status: governance.StatusPanic}, answer{status: governance.StatusTimeout}), true},
		"cancelled":          {append(normal, repeated(3, func(int) answer { return answer{status: governance.StatusCancelled} })...), false},
		"denied":             {append(normal, repeated(3, func(int) answer { return answer{status: governance.StatusDenied} })...), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := last(baselines(t, governance.BaselineOptions{}), tt.calls...); got < threshold != tt.drifts {
				t.Errorf("confidence %.3f, drifts %v", got, tt.drifts)
			}
		})
	}
}

func TestNormalWorkIsNoDrift(t *testing.T) {
	t.Parallel()
	b := baselines(t, governance.BaselineOptions{})
	r := rand.New(rand.NewPCG(1, 2))
	low := 0
	for i := range 1000 {
		n := 1 + r.IntN(20)
		result := structured(`{"files":[` + strings.TrimSuffix(strings.Repeat(fmt.Sprintf(`{"name":"f%d","size":%d},`, i, r.IntN(1e6)), n), ",") + `]}`)
		status := governance.StatusOK
		if r.IntN(20) == 0 {
			status, result = governance.StatusToolError, text("no such file")
		}
		if b.Confidence("ann", "list", fmt.Appendf(nil, `{"dir":"d%d"}`, i), []byte(result), status) < threshold {
			low++
		}
	}
	if low > 5 {
		t.Errorf("%d of 1000 normal calls drift", low)
	}
}

func TestBaselineMoves(t *testing.T) {
	t.Parallel()
	ask := func(i int, result string) answer { return answer{args: fmt.Sprintf(`{"q":%d}`, i), result: result} }
	form := func(i int) answer { return ask(i, fmt.Sprintf(`{"rows":[{"id":%d}],"total":1,"page":2}`, i)) }
	tests := map[string]struct{ before, after func(i int) answer }{
		"content": {
			func(int) answer { return ask(0, `{"amount":100}`) },
			func(int) answer { return ask(0, `{"amount":900}`) },
		},
		"form":   {form, func(i int) answer { return ask(i+100, `{"items":["x"],"cursor":"abc"}`) }},
		"size":   {form, func(i int) answer { return ask(i+100, text(strings.Repeat("word ", 4000))) }},
		"errors": {form, func(int) answer { return answer{status: governance.StatusToolError, result: text("no")} }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const window = 8
			b := baselines(t, governance.BaselineOptions{Window: window})
			last(b, repeated(100, tt.before)...)
			lowest := 1.0
			for _, c := range repeated(window, tt.after) {
				lowest = min(lowest, last(b, c))
			}
			if lowest >= threshold {
				t.Errorf("lowest confidence %.3f: the change was not seen", lowest)
			}
			if got := last(b, tt.after(window)); got < threshold {
				t.Errorf("confidence %.3f after the window: the change is still news", got)
			}
		})
	}
}

func TestAlarmStaysUntilTheAnswerGoesBack(t *testing.T) {
	t.Parallel()
	b := baselines(t, governance.BaselineOptions{})
	good, bad := answer{result: `{"amount":100}`}, answer{result: `{"amount":900}`}
	if got := last(b, good, good, bad, bad); got >= threshold {
		t.Errorf("the second wrong answer has confidence %.3f", got)
	}
	last(b, good)
	if got := last(b, good); got < threshold {
		t.Errorf("back at what it was, confidence is %.3f", got)
	}
}

func TestWhatAlwaysMovesIsNoDrift(t *testing.T) {
	t.Parallel()
	b := baselines(t, governance.BaselineOptions{})
	poll := func(i int) answer {
		return answer{args: `{}`, result: structured(fmt.Sprintf(`{"calls":%d,"limit":1000,"owner":"ann"}`, i*i))}
	}
	last(b, repeated(4, poll)...) // three changes are news
	for i := 4; i < 100; i++ {
		if got := last(b, poll(i)); got < threshold {
			t.Fatalf("poll %d has confidence %.3f", i, got)
		}
	}
	if got := last(b, answer{args: `{}`, result: structured(`{"calls":10000,"limit":5,"owner":"ann"}`)}); got >= threshold {
		t.Errorf("beside what always moves, the limit fell from 1000 to 5 at confidence %.3f", got)
	}
}

func TestForeignComparison(t *testing.T) {
	t.Parallel()
	asked := 0
	b := baselines(t, governance.BaselineOptions{Compare: func(before, after []byte) (float64, error) {
		asked++
		if string(before) != `{"a":1}` || string(after) != `{"a":2}` {
			t.Errorf("asked about %s and %s", before, after)
		}
		return 0.125, nil
	}})
	got := last(b, answer{result: `{"a":1}`}, answer{result: `{"a":1}`}, answer{result: `{"a":2}`})
	if got != 0.875 || asked != 1 {
		t.Errorf("confidence %v, asked %d times; want 0.875 and once", got, asked)
	}
}

func TestBaselinesAreBounded(t *testing.T) {
	t.Parallel()
	b := baselines(t, governance.BaselineOptions{MaxPairs: 10})
	for i := range 100 {
		b.Confidence(fmt.Sprint("agent", i), "tool", nil, []byte(`{}`), governance.StatusOK)
	}
	if b.Len() != 10 {
		t.Errorf("%d pairs are kept, want 10", b.Len())
	}
	b = baselines(t, governance.BaselineOptions{MaxBytes: 100 << 10})
	for i := range 1000 {
		b.Confidence(fmt.Sprint("agent", i%50), "tool", fmt.Append(nil, i), []byte(text(strings.Repeat(fmt.Sprint("w", i, " "), 500))), governance.StatusOK)
	}
	if b.Len() > 25 {
		t.Errorf("%d pairs are kept in 100 KiB", b.Len())
	}
}

func FuzzConfidence(f *testing.F) {
	f.Add([]byte(`{"a":[1,"x",{"b":null}]}`), []byte(`{"a":[2,"y"]}`))
	f.Add([]byte(`[,`), []byte(`{"a"`))
	f.Add([]byte(strings.Repeat("[", 1000)), []byte(`"\`))
	f.Add([]byte(`-0 1e999 NaN`), []byte(`0`))
	b, err := governance.NewBaselines(governance.BaselineOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, before, after []byte) {
		for _, result := range [][]byte{before, after, before} {
			got := b.Confidence("a", "b", after, result, governance.StatusOK)
			if !(got >= 0 && got <= 1) {
				t.Fatalf("confidence %v", got)
			}
		}
	})
}

func BenchmarkConfidence(b *testing.B) {
	sizes := map[string]int{"300B": 5, "4KiB": 80, "64KiB": 1300}
	for name, n := range sizes {
		rows := make([]string, n)
		for i := range rows {
			rows[i] = fmt.Sprintf(`{"name":"file-%d.txt","size":%d,"dir":false}`, i, i*100)
		}
		result := []byte(`{"files":[` + strings.Join(rows, ",") + `]}`)
		changed := []byte(strings.Replace(string(result), "100", "101", 1))
		b.Run(name, func(b *testing.B) {
			bl := baselines(b, governance.BaselineOptions{})
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				answer := result
				if i%2 == 1 {
					answer = changed
				}
				bl.Confidence("ann", "tool", []byte(`{"dir":"x"}`), answer, governance.StatusOK)
			}
		})
	}
}

func TestForeignShape(t *testing.T) {
	t.Parallel()
	drift := 0.0
	b := baselines(t, governance.BaselineOptions{Shape: func(_, _ []byte) (float64, error) { return drift, nil }})
	ask := func(i int) answer { return answer{args: fmt.Sprint(i), result: fmt.Sprintf(`{"k%d":1}`, i)} }
	if got := last(b, repeated(10, ask)...); got != 1 {
		t.Errorf("what Shape finds alike has confidence %v", got)
	}
	drift = math.NaN()
	if got := last(b, ask(10)); got != 0 {
		t.Errorf("what is no number has confidence %v", got)
	}
}

func TestKeysThatAreData(t *testing.T) {
	t.Parallel()
	b := baselines(t, governance.BaselineOptions{})
	scores := func(i int) answer {
		return answer{args: fmt.Sprint(i), result: fmt.Sprintf(`{"user%d":%d,"user%d":%d}`, i*7, i, i*11+1, i)}
	}
	last(b, repeated(60, scores)...)
	for i := 60; i < 300; i++ {
		if got := last(b, scores(i)); got < threshold {
			t.Fatalf("answer %d has confidence %.3f", i, got)
		}
	}
}

func TestRareFormsAreRemembered(t *testing.T) {
	t.Parallel()
	b := baselines(t, governance.BaselineOptions{})
	low := 0
	for i := range 400 {
		a := answer{args: fmt.Sprint(i), result: `{"action":"list","entries":[{"name":"x","size":1}]}`}
		if i%10 == 9 {
			a.result = `{"action":"write","path":"x","bytes":7,"created":true}`
		}
		if last(b, a) < threshold && i >= 100 {
			low++
		}
	}
	if low > 0 {
		t.Errorf("%d of 300 answers drift, although one in ten has the other form", low)
	}
}

func TestNewBaselinesRefusesNegativeBounds(t *testing.T) {
	t.Parallel()
	if _, err := governance.NewBaselines(governance.BaselineOptions{Window: -1}); err == nil {
		t.Error("a negative window is taken")
	}
	var none *governance.Baselines
	if none.Confidence("a", "b", nil, nil, governance.StatusOK) != 1 || none.Len() != 0 {
		t.Error("no baselines find drift")
	}
}

func TestConfidenceUnderConcurrency(t *testing.T) {
	t.Parallel()
	b := baselines(t, governance.BaselineOptions{MaxPairs: 4, MaxBytes: 16 << 10})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 300 {
				result := structured(fmt.Sprintf(`{"n":%d,"words":"%d and %d"}`, i, worker, i))
				got := b.Confidence(fmt.Sprint("agent", i%6), "tool", fmt.Append(nil, i%20), []byte(result), governance.StatusOK)
				if got < 0 || got > 1 {
					t.Errorf("confidence %v", got)
				}
			}
		})
	}
	wg.Wait()
	if b.Len() > 4 {
		t.Errorf("%d pairs are kept, want at most 4", b.Len())
	}
}
