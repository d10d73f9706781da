package intent_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

func TestSettingsSayAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	err := intent.Settings{
		Deny: []string{"destructive_dta", "code_execution", "code_execution"}, Ask: []string{"everything"}, Threshold: 1.5, Unread: "perhaps",
	}.Validate()
	if err == nil {
		t.Fatal("no fault")
	}
	want := []string{
		`deny[0]: unknown category "destructive_dta": did you mean "destructive_data"?`,
		"deny[2]: code_execution is listed already, to deny",
		`ask[0]: unknown category "everything": want one of destructive_data, data_exfiltration, privilege_escalation, system_modification, ` +
			"code_execution, network_access, data_read, data_write, benign",
		"threshold 1.5 is not from 0 to 1",
		`unread: unknown action "perhaps": want deny, ask or allow`,
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	found := func(class string, confidence float64) []match.Finding {
		return []match.Finding{{Class: class, Confidence: confidence}}
	}
	settings := intent.Settings{Deny: []string{"destructive_data"}, Ask: []string{"code_execution"}}
	for name, c := range map[string]struct {
		settings intent.Settings
		verdict  intent.Verdict
		action   intent.Action
		category intent.Category
	}{
		"no settings":               {intent.Settings{}, intent.Verdict{Category: intent.DestructiveData, Confidence: 1}, intent.Allow, intent.Unclassified},
		"denied":                    {settings, intent.Verdict{Category: intent.DestructiveData, Confidence: 0.8}, intent.Deny, intent.DestructiveData},
		"not sure enough":           {settings, intent.Verdict{Category: intent.DestructiveData, Confidence: 0.79}, intent.Allow, intent.Unclassified},
		"asked":                     {settings, intent.Verdict{Category: intent.CodeExecution, Confidence: 0.9}, intent.Ask, intent.CodeExecution},
		"not listed":                {settings, intent.Verdict{Category: intent.DataRead, Confidence: 1}, intent.Allow, intent.Unclassified},
		"not classified":            {settings, intent.Verdict{}, intent.Deny, intent.Unclassified},
		"evidence of worse":         {settings, intent.Verdict{Category: intent.CodeExecution, Confidence: 0.9, Evidence: found("destructive_data", 0.85)}, intent.Deny, intent.DestructiveData},
		"evidence that is not sure": {settings, intent.Verdict{Category: intent.DataRead, Confidence: 0.9, Evidence: found("destructive_data", 0.5)}, intent.Allow, intent.Unclassified},
		"unread":                    {settings, intent.Verdict{Category: intent.DataRead, Confidence: 0.9, Unread: true}, intent.Deny, intent.Unclassified},
		"unread, to be asked":       {intent.Settings{Deny: settings.Deny, Unread: "ask"}, intent.Verdict{Category: intent.DataRead, Unread: true}, intent.Ask, intent.Unclassified},
		"lower threshold":           {intent.Settings{Deny: settings.Deny, Threshold: 0.5}, intent.Verdict{Category: intent.DestructiveData, Confidence: 0.6}, intent.Deny, intent.DestructiveData},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, err := c.settings.Compile()
			if err != nil {
				t.Fatal(err)
			}
			if action, category := j.Judge(c.verdict); action != c.action || category != c.category {
				t.Errorf("%v for %v, want %v for %v", action, category, c.action, c.category)
			}
		})
	}
}

func TestZeroJudgementDenies(t *testing.T) {
	t.Parallel()
	var j intent.Judgement
	if action, _ := j.Judge(intent.Verdict{Category: intent.Benign, Confidence: 1}); action != intent.Deny {
		t.Error(action)
	}
}

func TestNamesAreReadBack(t *testing.T) {
	t.Parallel()
	for _, c := range intent.Categories() {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back intent.Category
		if err := json.Unmarshal(text, &back); err != nil || back != c || c.Explain() == "" {
			t.Errorf("%s: %v, %v", text, back, err)
		}
	}
	for a := intent.Deny; a <= intent.Allow; a++ {
		text, err := a.MarshalText()
		var back intent.Action
		if err != nil || back.UnmarshalText(text) != nil || back != a {
			t.Errorf("%s: %v", text, back)
		}
	}
}
