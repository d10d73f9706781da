package intent

import "strings"

// windows judges programs of Windows and cmdlets of PowerShell, and reports whether it knows the program.
func (c *command) windows() bool {
	switch c.name {
	case "cmd", "powershell", "pwsh":
		c.windowsShell(c.line())
	case "del", "erase", "rd", "remove-item", "ri":
		tree := hasPart(c.line(), " /s| -recurse|-force -r| -r ")
		category, confidence, rule := removal(c.operandOfWindows(), tree)
		c.says(category, confidence, rule)
	case "format", "clear-disk", "format-volume", "initialize-disk":
		if c.name != "format" || strings.Contains(c.line(), ":") {
			c.says(DestructiveData, 0.96, "formats_disk")
		}
	case "vssadmin", "wbadmin":
		if strings.Contains(c.line(), "delete") || strings.Contains(c.line(), "resize") {
			c.says(DestructiveData, 0.96, "deletes_shadow_copies")
			return true
		}
		c.says(DataRead, 0.7, "command_data_read")
	case "reg", "bcdedit", "sc", "schtasks", "netsh", "wevtutil", "set-executionpolicy", "set-mppreference", "stop-service", "restart-computer", "stop-computer", "set-itemproperty", "new-itemproperty",
		"clear-eventlog", "taskkill", "new-service", "disable-netadapter", "set-netfirewallprofile", "restart-service", "start-service", "stop-process", "register-scheduledtask":
		if hasPart(c.line(), " query| list| show| /query| el") && !strings.Contains(c.line(), "delete") {
			c.says(DataRead, 0.82, "command_data_read")
			return true
		}
		c.says(SystemModification, 0.91, "changes_windows")
	case "net", "net1", "add-localgroupmember", "new-localuser":
		c.netOfWindows(c.line())
	case "iex", "invoke-expression", "start-process", "mshta", "rundll32", "regsvr32", "wscript", "cscript", "invoke-command":
		c.says(CodeExecution, 0.88, "runs_code")
	case "certutil", "bitsadmin", "invoke-webrequest", "iwr", "invoke-restmethod", "irm", "test-netconnection", "start-bitstransfer":
		c.webOfWindows(c.line())
	case "get-content", "get-childitem", "get-process", "get-service", "get-item", "gci", "gc", "select-string", "get-eventlog", "get-winevent", "systeminfo", "tasklist", "get-date", "test-path":
		c.says(DataRead, 0.85, "command_data_read")
	case "set-content", "out-file", "copy-item", "move-item", "new-item", "add-content", "copy", "xcopy", "robocopy", "move", "ren", "md":
		c.writesTo(c.words[len(c.words)-1].text)
	default:
		return false
	}
	return true
}

// line returns the command in small letters, a space between words.
func (c *command) line() string { return strings.ToLower(strings.Join(texts(c.words), " ")) }

// operandOfWindows returns the first word that is no option, with either sign.
func (c *command) operandOfWindows() string {
	for i := 1; i < len(c.words); i++ {
		if w := c.words[i].text; !strings.HasPrefix(w, "-") && (!strings.HasPrefix(w, "/") || len(w) > 2) {
			return w
		}
	}
	return ""
}

// windowsShell judges a shell that is given a command.
func (c *command) windowsShell(all string) {
	switch {
	case strings.Contains(all, "-enc"), strings.Contains(all, "frombase64string"):
		c.says(CodeExecution, 0.93, "runs_encoded")
	case strings.Contains(all, "downloadstring"), strings.Contains(all, "iex"), strings.Contains(all, "invoke-expression"):
		c.says(CodeExecution, 0.95, "runs_download")
	}
	for i := 1; i < len(c.words); i++ {
		switch w := strings.ToLower(c.words[i].text); {
		case w == "/c" || w == "/k" || w == "-command" || w == "-c":
			if i+2 == len(c.words) {
				c.nested(c.words[i+1].text, c.words[i+1].start)
				return
			}
			c.rest(i + 1)
			return
		case !strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "/") && i > 1 && strings.Contains(w, " "):
			c.nested(c.words[i].text, c.words[i].start)
			return
		}
	}
}

// netOfWindows judges net.
func (c *command) netOfWindows(all string) {
	switch {
	case strings.Contains(all, "localgroup") && strings.Contains(all, "/add"), strings.HasPrefix(all, "add-localgroup"):
		c.says(PrivilegeEscalation, 0.95, "makes_administrator")
	case strings.Contains(all, "/add"), strings.Contains(all, " user ") && len(c.words) > 3, strings.HasPrefix(all, "new-local"):
		c.says(PrivilegeEscalation, 0.84, "makes_account")
	case strings.Contains(all, " stop ") || strings.Contains(all, " start "):
		c.says(SystemModification, 0.9, "changes_service")
	default:
		c.says(DataRead, 0.72, "command_data_read")
	}
}

// webOfWindows judges what fetches and sends.
func (c *command) webOfWindows(all string) {
	if hasPart(all, "-infile|-method post|-method put") && hasPart(all, "-infile|get-content|$env") {
		c.says(DataExfiltration, 0.88, "uploads_file")
		return
	}
	c.says(NetworkAccess, 0.86, "transfer")
}
