package intent

import (
	"context"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

// examine has the engine of code safety look at a text. What it finds is put down as what it is for.
func (a *analysis) examine(text string, language code.Language, share float64) {
	report, err := a.engine.Check(context.Background(), code.Source{Code: text, Language: string(language)}, code.Options{})
	if err != nil {
		a.unread = true
		return
	}
	for i := range report.Findings {
		f := &report.Findings[i]
		if category := meant(f.RuleID); category != Unclassified {
			a.add(category, share*sureness(f), "code_"+f.RuleID, 0, len(text))
		}
	}
}

// sureness makes a confidence of a finding's severity and confidence.
func sureness(f *code.Finding) float64 {
	sure := [...]float64{code.Low: 0.5, code.Medium: 0.66, code.High: 0.86, code.Critical: 0.95}[f.Severity]
	switch f.Confidence {
	case code.Unsure:
		return sure * 0.6
	case code.Likely:
		return sure * 0.9
	default:
		return sure
	}
}

// meant returns what code is for in which a rule of code safety finds something, Unclassified where that tells nothing.
func meant(rule string) Category {
	switch rule {
	case "drop_table", "delete_all", "truncate_table", "update_all", "rm_rf", "rm_root", "find_delete", "shred", "shutil_rmtree", "recursive_delete", "mkfs", "dd_disk", "device_write", "format_drive", "cloud_delete", "history_loss":
		return DestructiveData
	case "sql_file", "exfiltration":
		return DataExfiltration
	case "grant_all", "sudo", "chmod_777", "setuid_root", "container_escape":
		return PrivilegeEscalation
	case "fork_bomb", "stops_machine", "guard_off":
		return SystemModification
	case "eval", "exec", "dynamic_code", "os_command", "pipe_to_shell", "reverse_shell", "unsafe_deserialization", "nested_code":
		return CodeExecution
	default:
		return Unclassified
	}
}
