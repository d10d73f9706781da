package detect_test

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

func TestDefaultSettingsAreCompleteAndValid(t *testing.T) {
	t.Parallel()
	settings := detect.DefaultSettings()
	if err := settings.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range detect.Classes() {
		certain := match.Finding{Class: c.Name, Confidence: 1, Severity: c.Severity}
		if got := settings.Action(certain, detect.Results); got == detect.Block && c.Check != "injection" && c.Check != "definition" && c.Name != "unread" {
			t.Errorf("%s: blocked, as classes without a setting are", c.Name)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	var own detect.Settings
	text := "classes:\n  - class: email\n    action: redact\n    threshold: 0.9\n    on: [results]\n"
	if err := yaml.UnmarshalWithOptions([]byte(text), &own, yaml.DisallowUnknownField()); err != nil {
		t.Fatal(err)
	}
	settings := detect.DefaultSettings()
	settings.Classes = append(settings.Classes, own.Classes...)
	for _, c := range []struct {
		name    string
		finding match.Finding
		source  detect.Source
		want    detect.Action
	}{
		{"sure", match.Finding{Class: "email", Confidence: 0.95}, detect.Results, detect.Redact},
		{"less sure", match.Finding{Class: "email", Confidence: 0.6}, detect.Results, detect.Log},
		{"elsewhere", match.Finding{Class: "email", Confidence: 0.95}, detect.Arguments, detect.Log},
		{"by source", match.Finding{Class: "private_key", Confidence: 0.99}, detect.Arguments, detect.Block},
		{"off stays off", match.Finding{Class: "terminal_style", Confidence: 0.1}, detect.Results, detect.Off},
		{"unknown class", match.Finding{Class: "new", Confidence: 0.1}, detect.Results, detect.Block},
	} {
		if got := settings.Action(c.finding, c.source); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := (detect.Settings{}).Action(match.Finding{Class: "email"}, detect.Results); got != detect.Block {
		t.Errorf("no settings: %v", got)
	}
}

func TestSettingsFaults(t *testing.T) {
	t.Parallel()
	err := detect.Settings{Classes: []detect.Setting{{Class: "emial"}, {Class: "email", Threshold: 2}, {Class: "email", Action: 99, On: []detect.Source{9}}}}.Validate()
	if err == nil {
		t.Fatal("taken")
	}
	want := []string{"classes[0] (emial): unknown class", "classes[1] (email): threshold 2", "classes[2] (email): unknown action 99", "classes[2] (email): unknown source 9"}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q lacks %q", err, w)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for a := detect.Off; a <= detect.Block; a++ {
		text, err := a.MarshalText()
		var back detect.Action
		if err != nil || back.UnmarshalText(text) != nil || back != a {
			t.Errorf("%v became %v", a, back)
		}
	}
	for s := detect.Results; s <= detect.Prompts; s++ {
		text, err := s.MarshalText()
		var back detect.Source
		if err != nil || back.UnmarshalText(text) != nil || back != s {
			t.Errorf("%v became %v", s, back)
		}
	}
	if new(detect.Action).UnmarshalText([]byte("drop")) == nil || new(detect.Source).UnmarshalText([]byte("web")) == nil || detect.Action(9).String() != "invalid" || detect.Source(9).String() != "invalid" {
		t.Error("an unknown name was taken")
	}
	d, err := detect.ParseDetectors("secrets", "terminal")
	if err != nil || d.String() != "secrets,terminal" {
		t.Errorf("%v, %v", d, err)
	}
	if _, err := detect.ParseDetectors("secret", "pii", "foo"); err == nil || !strings.Contains(err.Error(), `"foo"`) || !strings.Contains(err.Error(), `"secret"`) {
		t.Errorf("not all faults at once: %v", err)
	}
	if d, err := detect.ParseDetectors("all"); err != nil || d != detect.All {
		t.Errorf("%v, %v", d, err)
	}
	if _, err := detect.New(detect.Options{MaxFindings: -1}); err == nil || !strings.Contains(err.Error(), "no detector") || !strings.Contains(err.Error(), "-1") {
		t.Errorf("not all faults at once: %v", err)
	}
}
