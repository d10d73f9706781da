package tools

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzTree holds tree to encoding/json: what the strict reader accepts, both read alike.
func FuzzTree(f *testing.F) {
	for _, seed := range []string{
		`null`, `true`, ` [ false , 1 , -0.5e3 ] `, `{"a":{"b":[],"":{}},"\u0061c":"\ud83d\ude00\n"}`, `1e999`, `[1,]`, `{"a"}`, `"a`, `[`, `{`, ``, `-`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		checked := decoder{data: text}
		if _, ok := checked.skip(); !ok || !checked.end() || len(checked.faults) > 0 {
			return
		}
		d := decoder{data: text}
		got, ok := d.tree()
		var want any
		if err := json.Unmarshal(text, &want); ok != (err == nil) {
			t.Fatalf("%q: %v, encoding/json says %v", text, ok, err)
		}
		if !ok {
			return
		}
		if diff := cmp.Diff(want, got); diff != "" || !d.end() {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	})
}
