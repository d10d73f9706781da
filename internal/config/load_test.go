package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
)

// write puts a configuration file into a directory of the test's and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mcp-kernel.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDocumentedFileIsTheDefault(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "configs", "mcp-kernel.yaml")
	got, err := config.Load(path, pflag.NewFlagSet("", pflag.ContinueOnError), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.File = path
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("configs/mcp-kernel.yaml does not say the defaults (-want +got):\n%s", diff)
	}
}

func TestLoadPrecedence(t *testing.T) {
	file := write(t, "audit:\n  durability: disk\n  checkpoint_every: 7\ngovernance:\n  window: 5m\n")
	t.Setenv("MCP_KERNEL_AUDIT_CHECKPOINT_EVERY", "8")
	t.Setenv("MCP_KERNEL_GOVERNANCE_WINDOW", "6m")
	t.Setenv("MCP_KERNEL_GOVERNANCE_POLICIES", "strict,read_only")
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.Duration("window", time.Hour, "")
	flags.String("data-dir", "", "")
	if err := flags.Parse([]string{"--window=7m"}); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(file, flags, map[string]string{"governance.window": "window", "data_dir": "data-dir"})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.File = file
	want.Audit.Durability = "disk"                             // file over default
	want.Audit.CheckpointEvery = 8                             // environment over file
	want.Governance.Window = 7 * time.Minute                   // flag over environment
	want.Governance.Policies = []string{"strict", "read_only"} // a list in the environment
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestLoadFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"unknown key", "audit:\n  durabilty: disk\n", []string{`unknown key "audit.durabilty": did you mean "audit.durability"?`}},
		{"unknown section", "polices: []\n", []string{`unknown key "polices"`}},
		{"unknown key in a record", "files:\n  roots:\n    - name: a\n      pth: /x\n", []string{"pth"}},
		{"not yaml", "audit: [\n", []string{"configuration "}},
		{"wrong type", "audit:\n  checkpoint_every: many\n", []string{"checkpoint_every"}},
		{
			"every fault at once", "log:\n  level: loud\naudit:\n  durability: paper\nfiles:\n  roots:\n    - {name: a, path: relative}\n",
			[]string{`log.level: "loud"`, `audit.durability: "paper"`, `files.roots[0].path: "relative" must be absolute`},
		},
		{"sealed without a recipient", "audit:\n  capture: sealed\n", []string{"audit.recipient"}},
		{
			"authentication", "server:\n  http:\n    client_ca: x\n    client_cert: required\n    auth:\n      resource: https://a.example\n      scopes: ['a\"b']\n      otherwise: shrug\n      roles:\n        - {name: A}\n        - {name: b, principals: ['a*b*'], scopes: ['x y']}\n",
			[]string{
				"server.http.client_ca: needs server.http.tls_cert", "server.http.auth.resource: and server.http.auth.issuers",
				"server.http.auth.scopes: ", "server.http.auth.otherwise: \"shrug\"", "roles[0].name: \"A\"", "roles[0]: says for nobody",
				"roles[1].principals: \"a*b*\"", "roles[1].scopes: \"x y\"",
			},
		},
		{"an issuer's unknown key", "server: {http: {auth: {resource: 'https://a.example', issuers: [{ur: x}]}}}\n", []string{"ur"}},
		{"no policies", "governance:\n  policies: []\n", []string{"governance.policies"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(write(t, c.text), pflag.NewFlagSet("", pflag.ContinueOnError), nil)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestLoadNamesAMissingFile(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "none.yaml")
	if _, err := config.Load(missing, pflag.NewFlagSet("", pflag.ContinueOnError), nil); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("error %v does not name %s", err, missing)
	}
}
