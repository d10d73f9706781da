package cmvk_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/cmvk"
)

func TestSeverity(t *testing.T) {
	t.Parallel()
	general, err := cmvk.ProfileOf("general")
	if err != nil {
		t.Fatal(err)
	}
	for score, want := range map[float64]cmvk.Severity{
		0: cmvk.SeverityNone, 0.3: cmvk.SeverityNone, 0.31: cmvk.SeverityWarning, 0.45: cmvk.SeverityWarning,
		0.46: cmvk.SeverityCritical, 0.6: cmvk.SeverityCritical, 0.61: cmvk.SeveritySevere, 1: cmvk.SeveritySevere,
	} {
		if got := general.Severity(score); got != want || general.Passed(score) != (want == cmvk.SeverityNone) {
			t.Errorf("%v is %s, want %s", score, got, want)
		}
	}
	if _, err := cmvk.ProfileOf("lax"); err == nil || !strings.Contains(err.Error(), "lenient") {
		t.Errorf("an unknown profile: %v", err)
	}
	if got := (cmvk.Profile{}).Severity(0.01); got != cmvk.SeveritySevere {
		t.Errorf("the zero profile tolerates: %s", got)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	small := cmvk.Options{MaxBytes: 3}
	for name, err := range map[string]error{
		"text":  second(cmvk.Text("abcd", "a", small)),
		"json":  second(cmvk.JSON([]byte("1"), []byte("1111"), small)),
		"shape": second(cmvk.Shape([]byte("1"), []byte("1111"), small)),
	} {
		if !errors.Is(err, cmvk.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d, err := cmvk.Text(strings.Repeat("a b ", 100), strings.Repeat("c. d. ", 100), cmvk.Options{MaxChanges: 1})
	if err != nil || len(d.Changes) != 1 || d.Found < 2 {
		t.Errorf("%+v %v", d, err)
	}
	none, err := cmvk.Text("a cat", "a dog", cmvk.Options{MaxChanges: -1})
	if err != nil || len(none.Changes) != 0 || none.Found == 0 || none.Score == 0 {
		t.Errorf("%+v %v", none, err)
	}
	if _, err := cmvk.JSON([]byte(`{`), []byte(`1`), cmvk.Options{}); err == nil || !strings.HasPrefix(err.Error(), "a: ") {
		t.Errorf("broken JSON: %v", err)
	}
}

func second(_ cmvk.Drift, err error) error { return err }

func TestShape(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, a, b  string
		least, most float64
	}{
		{"another answer of the form", `{"name":"Ann","age":30,"tags":["a","b"]}`, `{"name":"Bob","age":77,"tags":["x","y"]}`, 0, 0},
		{"a few more elements", `{"rows":[{"n":1},{"n":2}]}`, `{"rows":[{"n":5},{"n":6},{"n":7}]}`, 0, 0.01},
		{"many more elements", `{"rows":[1]}`, `{"rows":[` + strings.Repeat("1,", 4000) + `1]}`, 0.1, 0.5},
		{"a longer string", `{"t":"short"}`, `{"t":"` + strings.Repeat("long ", 1000) + `"}`, 0.1, 0.5},
		{"another type", `{"a":1,"b":2}`, `{"a":1,"b":"2"}`, 0.3, 0.4},
		{"a member less", `{"a":1,"b":2}`, `{"a":1}`, 0.3, 0.4},
		{"another form", `{"a":{"b":1}}`, `[1,2]`, 0.9, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, err := cmvk.Shape([]byte(c.a), []byte(c.b), cmvk.Options{})
			if err != nil || d.Score < c.least || d.Score > c.most {
				t.Errorf("%+v %v, want %v to %v", d, err, c.least, c.most)
			}
		})
	}
}
