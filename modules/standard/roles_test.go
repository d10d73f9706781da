package standard_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// withRoles is a kernel whose callers have roles.
func withRoles(t *testing.T) (*standard.Kernel, *standard.Roles) {
	t.Helper()
	o := settings(t)
	file := filepath.Join(t.TempDir(), "policies.yaml")
	put(t, file, `[{name: default, allowed_tools: ["file_*"]}, {name: reader, allowed_tools: [file_read, memory_get]}, {name: writer, allowed_tools: [file_write]}]`)
	o.Governance.PolicyFiles = []string{file}
	o.Server.HTTP.Auth.Roles = []config.Role{
		{Name: "readers", Scopes: []string{"read"}, Policies: []string{"reader"}},
		{Name: "writers", Scopes: []string{"read", "write"}, Policies: []string{"writer"}},
		{Name: "staff", Principals: []string{"oauth:*@https://login.example"}, Groups: []string{"staff"}, Policies: []string{"writer"}},
		{Name: "build", Principals: []string{"service:ci"}},
	}
	return open(t, o), standard.RolesOf(o)
}

func TestWhoHasWhichRole(t *testing.T) {
	t.Parallel()
	_, roles := withRoles(t)
	for name, c := range map[string]struct {
		principal      string
		scopes, groups []string
		want           string // empty is refused
	}{
		"a scope":            {"oauth:ada@https://a.example", []string{"read"}, nil, "readers"},
		"all scopes":         {"oauth:ada@https://a.example", []string{"read", "write"}, nil, "readers,writers"},
		"one of two scopes":  {"oauth:ada@https://a.example", []string{"write"}, nil, ""},
		"a group":            {"oauth:ada@https://login.example", nil, []string{"x", "staff"}, "staff"},
		"another's group":    {"oauth:ada@https://evil.example", nil, []string{"staff"}, ""},
		"a name that begins": {"service:ci2", nil, nil, ""},
		"a name":             {"service:ci", nil, nil, "build"},
		"nothing":            {"oauth:ada@https://login.example", nil, nil, ""},
		"an issuer's end":    {"oauth:x@https://login.example@https://evil.example", nil, []string{"staff"}, ""},
	} {
		got, err := roles.Of(c.principal, c.scopes, c.groups)
		if got != c.want || errors.Is(err, standard.ErrNoRole) != (c.want == "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestRolesGovern(t *testing.T) {
	t.Parallel()
	k, _ := withRoles(t)
	for _, c := range []struct {
		roles, tool string
		allowed     bool
		missing     []string
	}{
		{"readers", "file_read", true, nil},
		{"readers", "file_write", false, []string{"read", "write"}},
		{"readers", "memory_get", false, nil}, // the active policy does not
		{"readers,writers", "file_write", true, nil},
		{"readers,writers", "file_read", true, nil},
		{"build", "file_list", true, nil},
		{"", "file_list", true, nil},
		{"?", "file_read", false, nil},
		{"-", "file_read", false, nil}, // nobody is served without a role here
		{"readers,gone", "file_write", false, nil},
	} {
		caller := governance.Caller{Principal: "oauth:ada@https://a.example", Roles: c.roles}
		call := governance.Call{ID: k.IDs(), Kind: governance.KindTool, Name: c.tool, Caller: caller, At: k.Now()}
		if got := k.Gate.Shows(t.Context(), &call); got != c.allowed {
			t.Errorf("%q sees %s: %v", c.roles, c.tool, got)
		}
		if d := k.Gate.Decide(t.Context(), &call); d.Allowed() != c.allowed {
			t.Errorf("%q calls %s: %+v", c.roles, c.tool, d)
		}
		if got := k.Policies.Missing(caller, governance.KindTool, c.tool); !slices.Equal(got, c.missing) {
			t.Errorf("%q lacks %v for %s", c.roles, got, c.tool)
		}
	}
}

func TestRolesNameLoadedPolicies(t *testing.T) {
	t.Parallel()
	o := settings(t)
	o.Server.HTTP.Auth.Roles = []config.Role{{Name: "a", Principals: []string{"*"}, Policies: []string{"nowhere"}}}
	if _, err := standard.LoadPolicies(t.Context(), o); !errors.Is(err, governance.ErrUnknownPolicy) {
		t.Error(err)
	}
}
