package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
)

// Servers come under names that are legal here and nobody else's; what cannot be governed stays, with the reason.
func TestAdopt(t *testing.T) {
	t.Parallel()
	known := []atr.Server{{Name: "files", Command: "files", Args: []string{"a"}}, {Name: "notes", Command: "old"}}
	found := []hosts.Server{
		{Name: "files", Command: "files", Args: []string{"a"}},
		{Name: "notes", Command: "new"},
		{Name: "@scope/My  Server", Command: "x"},
		{Name: "@scope/my server", Command: "y"},
		{Name: "a_name_that_is_much_too_long_for_us", Command: "z"},
		{Name: "日本", Command: "z"},
		{Name: "off", Command: "z", Disabled: true},
		{Name: "odd", Fault: "it is odd"},
		{Name: "local", URL: "http://localhost:3000/mcp"},
		{Name: "both", Command: "z", Headers: map[string]string{"A": "b"}},
		{Name: "me", Command: "/opt/mcp-kernel", Kernel: true},
	}
	ignored := cmpopts.IgnoreUnexported(hostServer{})
	want := []hostServer{
		{Name: "files", As: "files"},
		{Name: "notes", As: "notes-2"},
		{Name: "@scope/My  Server", As: "scope-My-Server"},
		{Name: "@scope/my server", As: "scope-my-server-2"},
		{Name: "a_name_that_is_much_too_long_for_us", As: "a_name_that_is_much"},
		{Name: "日本", Why: "its name has no letter or digit that a name here could have"},
		{Name: "off", Why: "the host does not start it"},
		{Name: "odd", Why: "it is odd"},
		{Name: "local", As: "local"},
		{Name: "both", Why: `server "both": headers are for servers with a url`},
	}
	got := adopt(found, known, true)
	if diff := cmp.Diff(want, got, ignored); diff != "" {
		t.Error(diff)
	}
	if !got[0].known || got[1].known || !got[8].server.Private {
		t.Errorf("%+v", got)
	}
	if again := adopt(found[1:2], known, false); again[0].Why != "there is another server notes here already" {
		t.Errorf("%+v", again)
	}
}

// Whatever a host calls a server, what is left of the name can be governed.
func TestLegal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name") + rapid.StringMatching(`[a-z_ -]{0,30}`).Draw(t, "more")
		h := hostServer{Name: name, server: atr.Server{Command: "x"}}
		known := []atr.Server{{Name: legal(name), Command: "y"}}
		h.settle(known, true)
		if (h.As == "") != (legal(name) == "") || h.As != "" && strings.EqualFold(h.As, known[0].Name) {
			t.Fatalf("%q is %+v", name, h)
		}
	})
}

// TestUpstreamImportHost reads the file of a host that is named, comments and all, and leaves it alone.
func TestUpstreamImportHost(t *testing.T) {
	t.Parallel()
	p := newResident(t)
	text := "{\n  // mine\n  \"context_servers\": {\n    \"a\": {\"command\": {\"path\": \"sh\", \"args\": [\"-c\", \"true\"]}},\n    \"b\": {\"command\": \"b\", \"enabled\": false},\n  },\n}\n"
	write(t, p.file(t, "zed"), text)
	got := p.run(t, "upstream", "import", "zed", "--no-test")
	if got.code != exitOK || !strings.Contains(got.err, "b stays: the host does not start it") || read(t, p.file(t, "zed")) != text {
		t.Errorf("%+v", got)
	}
	if list := p.ok(t, "upstream", "list"); !strings.Contains(list, "sh -c true") {
		t.Errorf("%s", list)
	}
	if got := p.run(t, "upstream", "import", "cursor"); got.code != exitFault {
		t.Errorf("%+v", got)
	}
}
