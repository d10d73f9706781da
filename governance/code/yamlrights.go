package code

import "strings"

// grants looks at settings of pods, containers and workflows that give away the machine or the repository.
func (y *yamlReader) grants(key string, value *passage) {
	set := lower(value.text)
	h := hit{rule: containerEscape, severity: Medium, confidence: Certain}
	switch key {
	case "privileged":
		h.severity = High
		if set != "true" && set != "yes" {
			return
		}
	case "hostNetwork", "hostPID", "hostIPC", "allowPrivilegeEscalation":
		if set != "true" {
			return
		}
	case "network_mode", "pid", "ipc", "userns_mode":
		if set != "host" {
			return
		}
	case "path":
		if y.key != "hostPath" || !mountsMachine(value.text+":") {
			return
		}
		if h.severity = High; strings.HasSuffix(set, ".sock") {
			h.severity = Medium
		}
	case "permissions":
		if set != "write-all" {
			return
		}
		h.note = "gives a workflow every right to the repository"
	default:
		return
	}
	y.scan.found(value, 0, len(value.text), h)
}

// listed looks at an item of a list that is no command: volumes, capabilities, rights.
func (y *yamlReader) listed(from, to int) {
	text := y.scalar(from, to)
	value := strings.Trim(text.text, `"'`)
	h := hit{rule: containerEscape, severity: Medium, confidence: Certain}
	y.itemSetting(&text)
	switch y.key {
	case "volumes":
		if !mountsMachine(value) {
			return
		}
		if !strings.Contains(value, ".sock") {
			h.severity = High
		}
	case "cap_add", "add":
		if v := strings.TrimPrefix(strings.ToUpper(value), "CAP_"); v != "ALL" && v != "SYS_ADMIN" && v != "SYS_MODULE" && v != "SYS_PTRACE" && v != "NET_ADMIN" && v != "DAC_READ_SEARCH" && v != "SYS_RAWIO" && v != "BPF" {
			return
		}
	case "verbs", "resources":
		if value != "*" {
			return
		}
		h.note = "grants every right, or rights to everything"
	default:
		return
	}
	y.scan.found(&text, 0, len(text.text), h)
}

// expressions looks in a command for ${{ … }} of GitHub's workflows that strangers may fill: they are put in before the
// shell reads the command (GitHub's security hardening guide lists the fields).
func (y *yamlReader) expressions(p *passage) {
	for at := 0; ; {
		n := strings.Index(p.text[at:], "${{")
		if n < 0 {
			return
		}
		from := at + n
		size := strings.Index(p.text[from:min(len(p.text), from+300)], "}}")
		if size < 0 {
			return
		}
		at = from + size + 2
		if isStrangers(p.text[from:at]) {
			y.scan.found(p, from, at, hit{rule: workflowInjection, severity: High, confidence: Certain})
		}
	}
}

// isStrangers reports whether an expression holds what anybody can write into an issue or a pull request.
func isStrangers(expression string) bool {
	if strings.Contains(expression, "github.head_ref") {
		return true
	}
	if !strings.Contains(expression, "github.event.") {
		return false
	}
	for _, field := range [...]string{".title", ".body", ".message", ".head.ref", ".head.label", ".page_name", ".email", ".author.name", ".default_branch", ".comment.", ".head_branch"} {
		if strings.Contains(expression, field) {
			return !strings.Contains(expression, "contains(") && !strings.Contains(expression, ".id ")
		}
	}
	return false
}
