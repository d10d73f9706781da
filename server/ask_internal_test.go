package server

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

func newSealer(random string) *sealer {
	s := &sealer{secret: bytes.Repeat([]byte("s"), secretSize), random: rand.Reader, now: func() time.Time { return time.Unix(0, 0) }}
	if random != "" {
		s.random = strings.NewReader(random)
	}
	return s
}

func TestSeal(t *testing.T) {
	t.Parallel()
	state := callState{Expires: 1, Round: 3, Asked: map[string]posed{"k": {"digest", json.RawMessage(`{"action":"accept"}`)}, "l": {Question: "other"}}}
	s := newSealer("")
	one, err := s.close(state, []byte("bound"))
	if err != nil {
		t.Fatal(err)
	}
	two, _ := s.close(state, []byte("bound"))
	if one == two || strings.Contains(one, "accept") {
		t.Error("a state can be told from another, or read")
	}
	opened, err := s.open(one, []byte("bound"))
	if diff := cmp.Diff(state, opened); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, err := s.open(one, []byte("bond")); err != errForeign { //nolint:errorlint // the very error
		t.Errorf("got %v", err)
	}
	s.now = func() time.Time { return time.UnixMilli(1) }
	if _, err := s.open(one, []byte("bound")); err != errExpired { //nolint:errorlint // the very error
		t.Errorf("got %v", err)
	}
	if _, err := newSealer("short").close(state, nil); err == nil {
		t.Error("sealed without a salt")
	}
	state.Asked["m"] = posed{"digest", json.RawMessage(`"` + strings.Repeat("x", maxState) + `"`)}
	if _, err := s.close(state, nil); err == nil {
		t.Error("sealed more than the bound")
	}
}

// FuzzOpenState shows the sealer what a stranger made: it opens none, and does not fall over.
func FuzzOpenState(f *testing.F) {
	s := newSealer(strings.Repeat("r", saltSize))
	good, err := s.close(callState{Expires: 1}, []byte("b"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add("")
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := s.open(text, []byte("b"))
		if opened := err == nil; opened != (text == good) {
			t.Errorf("%q opened: %v", text, opened)
		}
	})
}

func TestReadCaps(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		``:                            "",
		`{}`:                          "",
		`null`:                        "",
		`{"elicitation":{}}`:          "elicitation",
		`{"elicitation":null}`:        "",
		`{"elicitation":true}`:        "",
		`{"elicitation":{"form":{}}}`: "elicitation",
		`{"elicitation":{"url":{}}}`:  "elicitation.url",
		`{"elicitation":{"form":{},"url":{}},"roots":{"listChanged":true}}`: "elicitation elicitation.url roots",
		`{"sampling":{}}`:                          "sampling",
		`{"sampling":{"tools":{},"context":null}}`: "sampling sampling.tools",
		`{"sampling":{"context":{}}}`:              "sampling sampling.context",
	} {
		caps := readCaps(json.RawMessage(raw))
		var got []string
		for _, c := range []tools.Capability{tools.CanElicit, tools.CanOpenURL, tools.CanSample, tools.CanSampleTools, tools.CanSampleContext, tools.CanListRoots, "invented"} {
			if caps.supports(c) {
				got = append(got, string(c))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v, want %s", raw, got, want)
		}
	}
}
