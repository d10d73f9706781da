package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// A scanTarget is what is to be scanned: a server, or a file.
type scanTarget struct {
	env, headers []string
	private      bool
	confine      func(*atr.Server) error // by the flags of a sandbox

	server *atr.Server // nil for a file
	file   string      // empty or - for standard input
	kept   atr.Server  // whose sandbox is that of each server which is started
}

func (t *scanTarget) given() bool { return t.server != nil || t.file != "" }

// read reads the arguments.
func (t *scanTarget) read(cmd *cobra.Command, args []string) error {
	s := atr.Server{Name: "server", Private: t.private}
	var err error
	if s.Env, err = pairs(t.env, "="); err == nil {
		s.Headers, err = pairs(t.headers, ":")
	}
	if err == nil {
		err = t.confine(&s)
	}
	t.kept = s
	switch dash := cmd.ArgsLenAtDash(); {
	case err != nil:
		return misused(cmd, "%v", err)
	case dash == 0 && len(args) > 0:
		s.Command, s.Args, t.server = args[0], args[1:], &s
	case len(args) > 1 || dash > 0:
		return misused(cmd, "one file, one address, or one command behind --")
	case len(args) == 1 && (strings.HasPrefix(args[0], "https://") || strings.HasPrefix(args[0], "http://")):
		s.URL, t.server = args[0], &s
	case len(t.env)+len(t.headers) > 0:
		return misused(cmd, "--env is for a command, --header for an address")
	default:
		t.file = first(args)
	}
	return nil
}

// scanTarget looks through all that the target defines.
func (a *app) scanTarget(ctx context.Context, s *scan, t *scanTarget) error {
	if t.server != nil {
		return s.servers(ctx, []atr.Server{*t.server})
	}
	text, err := a.scanText(t.file)
	if err != nil {
		return err
	}
	found, err := hosts.Servers(text)
	if err != nil {
		return s.document(text) // it is no host's file
	}
	return s.listed(ctx, t, found)
}

// listed looks through the servers of a host's file.
func (s *scan) listed(ctx context.Context, t *scanTarget, found []hosts.Server) error {
	var servers []atr.Server
	var faults []error
	for i := range found {
		if found[i].Kernel {
			continue
		}
		server := serverOf(&found[i])
		if server.Private = t.private; server.Command != "" {
			server.Sandbox = t.kept.Sandbox
		}
		if err := s.entry(&server); err != nil {
			return err
		}
		if why := found[i].Fault; why != "" {
			faults = append(faults, fmt.Errorf("server %s: %s", oneLine(server.Name, 80), oneLine(why, 200)))
			continue
		}
		servers = append(servers, server)
	}
	return errors.Join(append(faults, s.servers(ctx, servers))...)
}

// entry looks through how a server is started or reached: a secret stands there for everybody who reads the file, and is
// sent in the clear where the address is not https.
func (s *scan) entry(server *atr.Server) error {
	doc, err := json.Marshal(map[string]any{"command": server.Command, "args": server.Args, "env": server.Env, "url": server.URL, "headers": server.Headers})
	if err != nil {
		return err
	}
	if strings.HasPrefix(server.URL, "http://") && len(server.Headers) > 0 {
		s.report.Findings = append(s.report.Findings, scanLine{
			Server: server.Name, Kind: "server", Name: server.Name, Severity: match.Medium, Confidence: 1, Class: "unencrypted", Rule: "headers_over_http", Pointer: "/url",
		})
	}
	return s.one(s.secrets, server.Name, "server", server.Name, doc)
}

// servers starts or reaches servers, one after the other, and looks through what they define. One that cannot be looked
// at does not keep the others from it.
func (s *scan) servers(ctx context.Context, servers []atr.Server) error {
	var faults []error
	for i := range servers {
		if err := s.visit(ctx, servers[i]); err != nil {
			faults = append(faults, fmt.Errorf("server %s: %w", oneLine(servers[i].Name, 80), reasonDown(err)))
		}
	}
	return errors.Join(faults...)
}

// visit looks through what one server defines.
func (s *scan) visit(ctx context.Context, server atr.Server) (err error) {
	name := server.Name
	server.Name, server.Trust = "server", pin.TrustNew // hosts take any name
	m, err := standard.Visit(server, version)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	if _, err := m.Learn(ctx, server.Name); err != nil {
		return err
	}
	l, _ := m.Listing(server.Name)
	doc, err := json.Marshal(map[string]string{"name": name, "description": m.Instructions(server.Name)})
	return errors.Join(err, s.all(name, "tool", l.Tools), s.all(name, "resource", l.Resources), s.all(name, "template", l.Templates),
		s.all(name, "prompt", l.Prompts), s.one(s.engine, name, "instructions", name, doc))
}
