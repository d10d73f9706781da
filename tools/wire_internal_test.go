package tools

import "testing"

func TestDocumentOfWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		result Result
		want   string
	}{
		{"nothing", Result{}, `{}`},
		{"an error without words", Result{IsError: true}, `{"isError":true}`},
		{"a text", Result{Content: []Content{Text(`a "<b>"`)}}, `{"content":[{"type":"text","text":"a \"<b>\""}]}`},
		{
			"texts",
			Result{Content: []Content{Text("a"), Text(""), Text("\xff\n")}, IsError: true},
			`{"content":[{"type":"text","text":"a"},{"type":"text"},{"type":"text","text":"` + "\ufffd" + `\n"}],"isError":true}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.result.document()
			if string(got) != c.want || err != nil {
				t.Errorf("got  %s (%v)\nwant %s", got, err, c.want)
			}
		})
	}
}
