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
	s := &sealer{secrets: func() [][]byte { return [][]byte{bytes.Repeat([]byte("s"), secretSize)} }, random: rand.Reader, now: func() time.Time { return time.Unix(0, 0) }}
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

// TestAnswerOfAnotherQuestion lets no answer reach a handler that was given to another question, or that was not judged.
func TestAnswerOfAnotherQuestion(t *testing.T) {
	t.Parallel()
	q := &tools.Inquiry{Key: "k", Method: "m", Params: json.RawMessage(`{}`), Check: func(json.RawMessage) error { return nil }}
	const was, came = `"before"`, `"now"`
	for _, c := range []struct {
		name   string
		past   posed
		early  bool
		answer string
		judged string
	}{
		{"not asked", posed{}, false, "", came},
		{"not asked, but early", posed{}, true, came, came},
		{"asked", posed{Question: digestOf(q)}, false, came, came},
		{"answered", posed{digestOf(q), json.RawMessage(was)}, false, was, was},
		{"another was asked", posed{Question: "other"}, false, "", came},
		{"another was asked, but early", posed{Question: "other"}, true, came, came},
		{"another was answered", posed{"other", json.RawMessage(was)}, false, "", was},
		{"another was answered, but early", posed{"other", json.RawMessage(was)}, true, "", was},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := &round{past: callState{Asked: map[string]posed{"k": c.past}}, given: map[string]json.RawMessage{"k": json.RawMessage(came)}}
			asked := *q
			asked.Early = c.early
			answers, err := p.Ask(t.Context(), []tools.Inquiry{asked})
			if string(answers[0]) != c.answer || err != nil {
				t.Errorf("answer %s, want %s (%v)", answers[0], c.answer, err)
			}
			if got := string(p.input()); got != `{"k":`+c.judged+`}` {
				t.Errorf("judged %s, want %s", got, c.judged)
			}
		})
	}
}
