package tools

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

type small struct {
	Action string  `json:"action" enum:"read,write"`
	Path   string  `json:"path" maxLength:"4096"`
	Limit  int     `json:"limit,omitempty" min:"1" max:"100"`
	Ratio  float64 `json:"ratio,omitempty"`
	Force  bool    `json:"force,omitempty"`
}

func BenchmarkDecode(b *testing.B) {
	p, faults := planOf(reflect.TypeFor[small]())
	if len(faults) > 0 {
		b.Fatal(faults)
	}
	for name, args := range map[string]string{
		"five fields": `{"action":"read","path":"notes/today.txt","limit":20,"ratio":0.5,"force":true}`,
		"64KiB":       `{"action":"read","path":"` + strings.Repeat("é\\n", 1<<14) + `"}`,
	} {
		p.root.object.fields[1].node.limits = nil
		data := []byte(args)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				var in small
				if err := p.decode(data, reflect.ValueOf(&in).Elem(), 1<<20); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/encoding-json", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				var in small
				if err := json.Unmarshal(data, &in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkTemplateMatch(b *testing.B) {
	p, err := parseTemplate("vfs://{agent}/mem/{key}")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := p.match("vfs://alice/mem/notes%20today"); !ok {
			b.Fatal("no match")
		}
	}
}
