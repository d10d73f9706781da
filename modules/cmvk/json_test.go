package cmvk_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/cmvk"
)

// large is an object of n records, in which the record in the middle has the members that are given.
func large(n int, members string) string {
	var b strings.Builder
	b.WriteString(`{"records":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		extra := `"amount":100`
		if i == n/2 {
			extra = members
		}
		fmt.Fprintf(&b, `{"id":%d,"name":"record number %d of the list","open":true,%s}`, i, i, extra)
	}
	b.WriteString(`]}`)
	return b.String()
}

// counted is a list of a hundred numbers from 100 on.
func counted() string {
	items := make([]string, 100)
	for i := range items {
		items[i] = strconv.Itoa(100 + i)
	}
	return "[" + strings.Join(items, ",") + "]"
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, a, b  string
		least, most float64
	}{
		{"equal", `{"a":1}`, `{"a":1}`, 0, 0},
		{"key order and spelling", `{"a": 1.0, "b": [1, 2]}`, `{"b":[1,2],"a":1}`, 0, 0},
		{"amount in a large object", large(200, `"amount":100`), large(200, `"amount":900`), 0.5, 1},
		{"amount in a string", large(200, `"note":"you owe $100 now"`), large(200, `"note":"you owe $900 now"`), 0.5, 1},
		{"dose in a string", `{"order":"take 5 mg daily"}`, `{"order":"take 50 mg daily"}`, 0.5, 1},
		{"one percent", large(200, `"amount":100`), large(200, `"amount":101`), 0.001, 0.05},
		{"sign", `{"balance":5}`, `{"balance":-5}`, 0.5, 1},
		{"a truth reversed", large(200, `"safe":true`), large(200, `"safe":false`), 0.5, 1},
		{"a negation in a string", large(200, `"note":"it is safe"`), large(200, `"note":"it is not safe"`), 0.5, 1},
		{"another type", large(200, `"amount":100`), large(200, `"amount":null`), 0.5, 1},
		{"a member removed", large(200, `"amount":100,"note":"x"`), large(200, `"amount":100`), 0.05, 0.3},
		{"an element put into the middle", `[1,2,3,4,5,6,7,8,9]`, `[1,2,3,4,100,5,6,7,8,9]`, 0.01, 0.3},
		{"an element put into a list of objects", `[{"id":1,"n":"a"},{"id":2,"n":"b"},{"id":3,"n":"c"}]`, `[{"id":1,"n":"a"},{"id":9,"n":"z"},{"id":2,"n":"b"},{"id":3,"n":"c"}]`, 0.05, 0.3},
		{"two elements put into a long list", counted(), strings.NewReplacer("[100,", "[100,7777,", ",160,", ",160,3,").Replace(counted()), 0.001, 0.1},
		{"two elements exchanged in a long list", counted(), strings.NewReplacer(",120,", ",170,", ",170,", ",120,").Replace(counted()), 0.01, 1},
		{"wholly different", `{"a":"the sky is blue today"}`, `[4,5,6]`, 0.9, 1},
		{"empty and not", `{}`, `{"a":"the sky is blue today"}`, 0.5, 1},
		{"text", `{"a":"all systems are in good order today"}`, `{"a":"nearly every machine has broken badly"}`, 0.5, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, err := cmvk.JSON([]byte(c.a), []byte(c.b), cmvk.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if d.Score < c.least || d.Score > c.most {
				t.Errorf("score %.4f %+v, want %v to %v; %+v", d.Score, d.Dimensions, c.least, c.most, d.Changes)
			}
			if (d.Score == 0) != (len(d.Changes) == 0) {
				t.Errorf("score %v with changes %+v", d.Score, d.Changes)
			}
			turned, err := cmvk.JSON([]byte(c.b), []byte(c.a), cmvk.Options{})
			if err != nil || turned.Score != d.Score || turned.Dimensions != d.Dimensions {
				t.Errorf("turned round it is %v %v, not %v", turned, err, d)
			}
		})
	}
}
