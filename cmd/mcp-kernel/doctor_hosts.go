package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
)

// hosts looks at the files that install has changed.
func (d *doctor) hosts(c config.Config) {
	receipts, err := ledger(c).Receipts()
	if err != nil {
		d.note("hosts", healthBad, "what is there of it can be undone by hand with the backups beside the hosts' files", "%v", err)
	}
	for _, r := range receipts {
		check := "host " + r.Host
		if r.Scope == hosts.Project {
			check += ", " + r.Base
		}
		if r.Hooks {
			d.hooks(check+", hooks", r)
		} else {
			d.host(check, r)
		}
	}
}

// again is the command that installs once more what a receipt is of.
func again(r *hosts.Receipt) string {
	text := "mcp-kernel install --client " + r.Host
	if r.Hooks {
		text += " --hooks"
	}
	if r.Scope == hosts.Project {
		text = "cd " + shellLine([]string{r.Base}) + " && " + text + " --scope project"
	}
	return text
}

// host looks at a host's list of servers.
func (d *doctor) host(check string, r *hosts.Receipt) {
	line, found, err := r.Line()
	switch {
	case err != nil:
		d.note(check, healthBad, "mend the file, as it was it is in "+orDash(r.Backup), "%v", err)
	case !found:
		d.note(check, healthOdd, again(r)+", or forget it with uninstall", "mcp-kernel is not in %s any more", r.File)
	default:
		d.program(check, r, line.Command)
	}
}

// hooks looks at a host's hooks.
func (d *doctor) hooks(check string, r *hosts.Receipt) {
	commands, left, err := r.Hooked()
	switch {
	case err != nil:
		d.note(check, healthBad, "mend the file, as it was it is in "+orDash(r.Backup), "%v", err)
	case left < len(commands):
		d.note(check, healthOdd, again(r)+", or forget it with uninstall", "%d of %d hooks are not in %s any more: the host's own tools are not governed", len(commands)-left, len(commands), r.File)
	case len(commands) > 0:
		d.program(check, r, firstWord(commands[0]))
	}
}

// program looks at the program that a host starts.
func (d *doctor) program(check string, r *hosts.Receipt, program string) {
	about, err := os.Stat(program)
	self, fault := os.Executable()
	switch {
	case err != nil:
		d.note(check, healthBad, again(r), "it starts a program that is not there: %v", err)
	case !filepath.IsAbs(program):
		d.note(check, healthOdd, again(r), "it starts %s, which depends on where it is started", program)
	case about.IsDir() || runtime.GOOS != "windows" && about.Mode().Perm()&0o111 == 0:
		d.note(check, healthBad, again(r), "it starts %s, which is no program", program)
	case fault == nil && !sameFile(program, self):
		d.note(check, healthOdd, again(r)+" has it start this one", "it starts %s, which is another than this", program)
	default:
		d.note(check, healthGood, "", "%s starts %s", r.File, program)
	}
}

// firstWord is the program of a command as shellLine writes it.
func firstWord(command string) string {
	if command == "" || command[0] != '\'' && command[0] != '"' {
		word, _, _ := strings.Cut(command, " ")
		return word
	}
	quote := command[:1]
	word, _, _ := strings.Cut(command[1:], quote+" ")
	return strings.ReplaceAll(strings.TrimSuffix(word, quote), `'\''`, "'")
}
