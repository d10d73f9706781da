package rpc_test

import (
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []rpc.Event
	}{
		"nothing":             {"", nil},
		"one":                 {"data: a\n\n", []rpc.Event{{Data: "a"}}},
		"all kinds of ends":   {"data: a\r\n\r\ndata: b\r\rdata: c\n\r\ndata: d\r\n\n", []rpc.Event{{Data: "a"}, {Data: "b"}, {Data: "c"}, {Data: "d"}}},
		"several lines":       {"data: a\ndata\ndata:b\n\n", []rpc.Event{{Data: "a\n\nb"}}},
		"begins with nothing": {"data\ndata: a\n\n", []rpc.Event{{Data: "\na"}}},
		"empty data":          {"data:\n\n", []rpc.Event{{}}},
		"one space is ours":   {"data:  a \n\n", []rpc.Event{{Data: " a "}}},
		"colons":              {"data: a: b\n\n", []rpc.Event{{Data: "a: b"}}},
		"comments":            {": hello\n\n:\n\ndata: a\n: b\n\n", []rpc.Event{{Data: "a"}}},
		"name and id":         {"event: x\nid: 1\ndata: a\n\ndata: b\n\n", []rpc.Event{{Name: "x", Data: "a", ID: "1"}, {Data: "b", ID: "1"}}},
		"id alone":            {"id: 1\n\nid: \x00\ndata: a\n\nid\ndata: b\n\n", []rpc.Event{{Data: "a", ID: "1"}, {Data: "b"}}},
		"name without data":   {"event: x\n\ndata: a\n\n", []rpc.Event{{Data: "a"}}},
		"unknown fields":      {"Data: x\n data: y\nretry: soon\ndata: a\n\n", []rpc.Event{{Data: "a"}}},
		"no end":              {"data: a\n\ndata: b\n", []rpc.Event{{Data: "a"}}},
		"mark at the front":   {"\ufeffdata: a\n\n\ufeffdata: b\n\n", []rpc.Event{{Data: "a"}}},
		"at the bound":        {"data: " + strings.Repeat("x", 58) + "\n\n", []rpc.Event{{Data: strings.Repeat("x", 58)}}},
		"too long":            {"data: " + strings.Repeat("x", 59) + "\n\ndata: a\n\n", []rpc.Event{{TooLarge: true}, {Data: "a"}}},
		"too many lines":      {strings.Repeat("data: x\r\n", 20) + "\r\ndata: a\r\n\r\n", []rpc.Event{{TooLarge: true}, {Data: "a"}}},
		"far too long":        {"data: " + strings.Repeat("x", 100_000) + "\ndata: y\n\ndata: a\n\n", []rpc.Event{{TooLarge: true}, {Data: "a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, rpc.ReadEvents(strings.NewReader(test.text), 64)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, rpc.ReadEvents(iotest.OneByteReader(strings.NewReader(test.text)), 64)); diff != "" {
				t.Errorf("byte by byte (-want +got):\n%s", diff)
			}
		})
	}
}

// spelled reads a whole stream by the letter of the standard.
func spelled(text string) (all []rpc.Event) {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	lines := strings.Split(text, "\n")
	var found rpc.Event
	var data []string
	id := ""
	for _, line := range lines[:len(lines)-1] {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			if found.Data, found.ID = strings.Join(data, "\n"), id; data != nil {
				all = append(all, found)
			}
			found, data = rpc.Event{}, nil
		case name == "data":
			data = append(data, value)
		case name == "event":
			found.Name = value
		case name == "id" && len(value) <= 1024 && strings.Trim(value, " ") == value && strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) < 0:
			id = value
		}
	}
	return all
}

// However a stream comes in, its events are what the standard says, and none has more than its bound.
func FuzzEvents(f *testing.F) {
	f.Add("event: x\nid: 1\ndata: a\r\ndata: b\r\r: c\n\n", uint16(64))
	f.Add("\ufeffdata\n\ndata: "+strings.Repeat("x", 100)+"\n\ndata: a\n\n", uint16(32))
	f.Add("retry: 10\rdata:\r\n\r\nid\n\n\n", uint16(1))
	f.Fuzz(func(t *testing.T, text string, most uint16) {
		got := rpc.ReadEvents(strings.NewReader(text), int(most))
		if diff := cmp.Diff(got, rpc.ReadEvents(iotest.OneByteReader(strings.NewReader(text)), int(most))); diff != "" {
			t.Errorf("byte by byte (-at once +byte by byte):\n%s", diff)
		}
		large := false
		for _, e := range got {
			large = large || e.TooLarge
			if len(e.Data) > int(most) {
				t.Errorf("%d bytes of %d", len(e.Data), most)
			}
		}
		if large || len(text) > int(most) {
			return
		}
		if diff := cmp.Diff(spelled(text), got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
