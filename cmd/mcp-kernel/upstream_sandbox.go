package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// sandboxFlags adds the flags that say what a server may reach, and returns what puts them into effect.
func sandboxFlags(cmd *cobra.Command) func(s *atr.Server) error {
	var p sandbox.Profile
	var word string
	var connect []string
	flags := cmd.Flags()
	flags.StringVar(&word, "sandbox", "", "strict: the server reaches nothing but its own code and --dir; off (default off, strict with any of the next four)")
	flags.StringArrayVar(&p.Read, "read", nil, "`path` that a sandboxed server may read; repeat it for several")
	flags.StringArrayVar(&p.Write, "write", nil, "`path` that it may read and change; repeat it for several")
	flags.StringArrayVar(&p.Run, "exec", nil, "`path` of a program that it may start; repeat it for several")
	flags.StringArrayVar(&connect, "connect", nil, "TCP `port` that it may connect to, or all; with 53 names are looked up; repeat it for several")
	return func(s *atr.Server) error {
		for _, text := range connect {
			if text == "all" {
				p.Net.All = true
				continue
			}
			const base, bits = 10, 16
			number, err := strconv.ParseUint(text, base, bits)
			if err != nil {
				return fmt.Errorf("--connect %q: want a TCP port or all", text)
			}
			p.Net.Connect = append(p.Net.Connect, uint16(number))
		}
		granted := len(p.Read)+len(p.Write)+len(p.Run)+len(connect) > 0
		switch {
		case word == "strict" || word == "" && granted:
			s.Sandbox = &p
		case word != "" && word != "off":
			return fmt.Errorf("--sandbox %q: want strict or off", word)
		case granted:
			return errors.New("--sandbox off: nothing is to be granted where all is open")
		}
		return nil
	}
}

// tellSandbox says what became of a server's sandbox.
func tellSandbox(t *table, r *sandbox.Report) {
	if r == nil {
		return
	}
	if len(r.Enforced) > 0 {
		t.line("Its sandbox holds, on %s:", r.System)
	}
	for _, m := range r.Enforced {
		t.line("  %s: %s", m.Name, m.Detail)
	}
	for _, m := range r.Lacking {
		t.line("NOT ENFORCED: %s: %s", m.Name, m.Detail)
	}
	for _, path := range r.Absent {
		t.line("%s is not there, so nothing in it is granted, even when it is made.", path)
	}
}

// onOff is a yes or no of a setting.
func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
