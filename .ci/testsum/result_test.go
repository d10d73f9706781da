package main

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, events, out, line string
		fails                   bool
	}{
		{
			"passes",
			`{"Action":"run","Package":"a","Test":"T"} {"Action":"output","Package":"a","Test":"T","Output":"chatter\n"}
			 {"Action":"pass","Package":"a","Test":"T"} {"Action":"pass","Package":"a","Elapsed":0.5}`,
			"ok    a  0.5s\n", "1 passed, 0 failed, 0 skipped", false,
		},
		{
			"a failure is shown",
			`{"Action":"output","Package":"a","Test":"T","Output":"t.go:1: bad\n"} {"Action":"fail","Package":"a","Test":"T"}
			 {"Action":"pass","Package":"a","Test":"U"} {"Action":"fail","Package":"a","Elapsed":0.1}`,
			"t.go:1: bad\nFAIL  a  0.1s\n", "1 passed, 1 failed, 0 skipped", true,
		},
		{
			"a package that does not build counts once",
			`{"ImportPath":"a","Action":"build-output","Output":"a.go:1: nonsense\n"} {"ImportPath":"a","Action":"build-fail"}
			 {"Action":"fail","Package":"a","Elapsed":0,"FailedBuild":"a"} {"Action":"pass","Package":"b","Test":"T"}`,
			"a.go:1: nonsense\nFAIL  a  0.0s\n", "1 passed, 1 failed, 0 skipped", true,
		},
		{
			"a panic is shown, though its test never ends",
			`{"Action":"output","Package":"a","Test":"T","Output":"panic: oh\n"} {"Action":"fail","Package":"a","Elapsed":0}`,
			"panic: oh\nFAIL  a  0.0s\n", "0 passed, 1 failed, 0 skipped", true,
		},
		{
			"skips are told",
			`{"Action":"output","Package":"a","Test":"T","Output":"t.go:1: no node\n"} {"Action":"skip","Package":"a","Test":"T"}
			 {"Action":"pass","Package":"a","Test":"U"} {"Action":"pass","Package":"a"} {"Action":"skip","Package":"b"}`,
			"ok    a  0.0s\n-     b  has no test\nSKIPPED a: t.go:1: no node\n", "1 passed, 0 failed, 1 skipped", false,
		},
		{"nothing ran", `{"Action":"skip","Package":"a"}`, "-     a  has no test\n", "0 passed, 0 failed, 0 skipped", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			result, err := read(strings.NewReader(test.events), &out)
			if err != nil {
				t.Fatal(err)
			}
			result.skips(&out)
			if out.String() != test.out || result.String() != test.line || (result.err() != nil) != test.fails {
				t.Errorf("got\n%s%v (%v), want\n%s%s (fails: %v)", &out, result, result.err(), test.out, test.line, test.fails)
			}
		})
	}
}

func TestReadRefusesWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	if _, err := read(strings.NewReader("FAIL"), new(strings.Builder)); err == nil {
		t.Error("no error for text that is no JSON")
	}
}
