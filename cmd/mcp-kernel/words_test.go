package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
)

func TestNameOf(t *testing.T) {
	t.Parallel()
	const passwd = "root:x:0:0:root:/root:/bin/sh\n# no line\nada:x:1000:1000:Ada,,,:/home/ada:/bin/sh\n:x:7:7::/:/bin/sh\nshort:x:8\n"
	for uid, want := range map[string]string{"0": "root", "1000": "ada", "7": "7", "8": "8", "9": "9", "": ""} {
		if got := nameOf(passwd, uid); got != want {
			t.Errorf("user %q: got %q, want %q", uid, got, want)
		}
	}
}

// TestCallerIsNotTheEnvironments sees that nobody gets another name, and with it other limits, by setting a variable.
func TestCallerIsNotTheEnvironments(t *testing.T) {
	before := osUser()
	t.Setenv("USER", "mallory")
	t.Setenv("LOGNAME", "mallory")
	t.Setenv("HOME", "/home/mallory")
	if got := osUser(); got != before || got == "mallory" {
		t.Errorf("got %q, was %q", got, before)
	}
	if c := agent(); c.Operator || c.Principal != "user:"+before {
		t.Errorf("got %+v", c)
	}
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain": "plain", "two\nlines": "two lines", "\x1b[31mred": " [31mred", "a\u009bb": "a b",
		"exactly 10": "exactly 10", "more than 10": "more than…", "éééééééééééé": "ééééééééé…",
	} {
		if got := oneLine(text, 10); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"": {}, "24h": now.Add(-24 * time.Hour), "2026-11-01T00:00:00Z": time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
	} {
		if got, err := moment(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
	if _, err := moment("noon", now); err == nil {
		t.Error("noon is no time")
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	var l list
	for _, text := range []string{"a", "b,c"} {
		if err := l.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(l, []string{"a", "b", "c"}) || l.String() != "a,b,c" {
		t.Errorf("got %v, %q", l, l.String())
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := newLog(&out, config.Log{Level: "warn", Format: "auto"})
	log.Info().Msg("unseen")
	log.Warn().Str("call", "c").Msg("seen")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line["message"] != "seen" || line["call"] != "c" {
		t.Errorf("got %q, %v", out.String(), err)
	}
	out.Reset()
	log = newLog(&out, config.Log{Level: "off", Format: "pretty"})
	log.Error().Msg("unseen")
	if out.Len() > 0 {
		t.Errorf("off still says %q", out.String())
	}
	log = newLog(&out, config.Log{Level: "info", Format: "pretty"})
	log.Info().Msg("for people")
	if !strings.Contains(out.String(), "for people") || strings.HasPrefix(out.String(), "{") {
		t.Errorf("got %q", out.String())
	}
}

// TestMatcher tests what the transcripts are compared by: a comparison that finds nothing proves nothing.
func TestMatcher(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		ok            bool
	}{
		{`{"a":1}`, `{"a":1}`, true},
		{`{"a":1}`, `{"a":1,"b":2}`, false},
		{`{"a":1,"...":0}`, `{"a":1,"b":2}`, true},
		{`{"a":1,"...":0}`, `{"b":2}`, false},
		{`9007199254740993`, `9007199254740992`, false},
		{`[1,"..."]`, `[1,2,3]`, true},
		{`[1,"..."]`, `[2]`, false},
		{`[1]`, `[1,2]`, false},
		{`"~^ab"`, `"abc"`, true},
		{`"~^ab"`, `"xab"`, false},
		{`"~."`, `7`, false},
		{`"..."`, `{"any":["thing"]}`, true},
		{`"=x"`, `"kept"`, true},
		{`null`, `null`, true},
		{`null`, `0`, false},
		{`{}`, `[]`, false},
		{`{}`, `no`, false},
	} {
		m := &matcher{kept: map[string]string{}}
		if diff := m.match(c.pattern, c.text); (diff == "") != c.ok {
			t.Errorf("%s and %s: %q", c.pattern, c.text, diff)
		}
		if c.pattern == `"=x"` && m.expand("@{x}@{ab*2}") != "keptabab" {
			t.Errorf("expand: %q", m.expand("@{x}@{ab*2}"))
		}
	}
}
