package templates_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/policy/templates"
)

func TestEveryTemplateIsWhole(t *testing.T) {
	t.Parallel()
	want := []string{"enterprise", "gdpr", "hipaa", "no_pii", "pci-dss", "permissive", "read_only", "research", "soc2", "strict"}
	if got := templates.Names(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, name := range templates.Names() {
		text, ok := templates.Policy(name)
		if !ok || !strings.HasPrefix(string(text), "# "+name+": ") {
			t.Errorf("%s does not begin by saying what it is for", name)
		}
		if _, ok := templates.Fixtures(name); !ok {
			t.Errorf("%s has no fixtures", name)
		}
	}
	for _, name := range []string{"", "none", "strict.test", "../templates"} {
		if _, ok := templates.Policy(name); ok {
			t.Errorf("there is a template %q", name)
		}
	}
}

func ExamplePolicy() {
	text, ok := templates.Policy("read_only")
	first, _, _ := strings.Cut(string(text), "\n")
	fmt.Println(ok, first)
	// Output: true # read_only: looks, and changes nothing. The list names what reads; the rule below it refuses whatever says of itself that
}
