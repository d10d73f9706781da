package upstreams_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/internal/upstreams"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// Every form in which a sandbox and limits can be written means what it says, and is written again as it was.
func TestSandbox(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text    string
		sandbox *sandbox.Profile
		limits  sandbox.Limits
		written string // empty is as it is
	}{
		"nothing":       {"{command: x}", nil, sandbox.Limits{}, "command: x"},
		"off":           {"{command: x, sandbox: off}", nil, sandbox.Limits{}, "command: x"},
		"strict":        {"{command: x, sandbox: strict}", &sandbox.Profile{}, sandbox.Limits{}, "sandbox: strict"},
		"an empty list": {"{command: x, sandbox: {}}", &sandbox.Profile{}, sandbox.Limits{}, "sandbox: strict"},
		"required":      {"{command: x, sandbox: {required: true}}", &sandbox.Profile{Required: true}, sandbox.Limits{}, "required: true"},
		"paths": {
			"{command: x, sandbox: {read: [~/a, '${B}/c'], write: [/d], exec: [/bin/sh]}}",
			&sandbox.Profile{Read: []string{"~/a", "${B}/c"}, Write: []string{"/d"}, Run: []string{"/bin/sh"}},
			sandbox.Limits{},
			"${B}/c",
		},
		"no network":   {"{command: x, sandbox: {net: none}}", &sandbox.Profile{}, sandbox.Limits{}, "sandbox: strict"},
		"all of it":    {"{command: x, sandbox: {net: all}}", &sandbox.Profile{Net: sandbox.Net{All: true}}, sandbox.Limits{}, "net: all"},
		"ports":        {"{command: x, sandbox: {net: [443, 53]}}", &sandbox.Profile{Net: sandbox.Net{Connect: []uint16{443, 53}}}, sandbox.Limits{}, "443"},
		"both ways":    {"{command: x, sandbox: {net: {connect: [443], listen: [0]}}}", &sandbox.Profile{Net: sandbox.Net{Connect: []uint16{443}, Listen: []uint16{0}}}, sandbox.Limits{}, "listen: [0]"},
		"unix sockets": {"{command: x, sandbox: {unix_sockets: true}}", &sandbox.Profile{Net: sandbox.Net{Unix: true}}, sandbox.Limits{}, "unix_sockets: true"},
		"limits": {
			"{command: x, limits: {memory: 512MiB, processes: 20, open_files: 100, cpu: 10m, file_size: 2GB}}",
			nil,
			sandbox.Limits{Memory: 512 << 20, Processes: 20, Files: 100, CPU: 10 * time.Minute, FileSize: 2e9},
			"memory: 512MiB",
		},
		"bytes": {"{command: x, limits: {memory: 20000001}}", nil, sandbox.Limits{Memory: 20000001}, "memory: 20000001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := upstreams.Parse([]byte("servers:\n  a: " + tt.text + "\n"))
			want := []atr.Server{{Name: "a", Command: "x", Sandbox: tt.sandbox, Limits: tt.limits, Trust: pin.TrustFirst}}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Fatalf("%v (-want +got):\n%s", err, diff)
			}
			text, err := upstreams.Encode(got)
			if err != nil || !strings.Contains(string(text), tt.written) {
				t.Errorf("%v\n%s", err, text)
			}
			again, err := upstreams.Parse(text)
			if diff := cmp.Diff(want, again); diff != "" || err != nil {
				t.Errorf("written and read: %v (-want +got):\n%s\n%s", err, diff, text)
			}
		})
	}
}

func TestSandboxFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"sandbox: on":                        `sandbox: "on" is neither off nor strict`,
		"sandbox: true":                      `"true" is neither off nor strict`,
		"sandbox: {reads: [/a]}":             "reads",
		"sandbox: {net: some}":               `net: "some" is neither none nor all`,
		"sandbox: {net: [https]}":            "",
		"sandbox: {net: [65536]}":            "",
		"sandbox: {net: {ports: [1]}}":       "ports",
		"sandbox: [/a]":                      "",
		"limits: {memory: lots}":             `"lots" is no size such as 512MiB or 2GB`,
		"limits: {memory: 9999999999999GiB}": "is no size",
		"limits: {memory: 1MB}":              "too few to start anything",
		"limits: {cpu: 10}":                  `servers.a.limits.cpu: "10" is no duration`,
		"limits: {processes: -1}":            "must not be negative",
		"limits: {ram: 1}":                   "ram",
	} {
		got, err := upstreams.Parse([]byte("servers:\n  a:\n    command: x\n    " + text + "\n"))
		if err == nil || got != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

// The documented example is one that can be used, and says what it is meant to.
func TestExample(t *testing.T) {
	t.Parallel()
	servers, err := upstreams.Load(filepath.Join("..", "..", "configs", upstreams.FileName))
	if err != nil || len(servers) == 0 {
		t.Fatal(len(servers), err)
	}
	m, err := atr.New(atr.Options{Servers: servers})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
