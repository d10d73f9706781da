package monitor_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/observability"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/monitor"
)

var update = flag.Bool("update", false, "write what is generated")

// root leads to the repository's folders.
const root = "../../../"

// TestGenerated keeps docs/metrics.md and deploy/ in step with the tables.
func TestGenerated(t *testing.T) {
	t.Parallel()
	generated(t, "deploy/prometheus/rules.yaml", monitor.RulesFile())
	for _, d := range monitor.Dashboards() {
		text, err := d.File()
		if err != nil {
			t.Fatal(err)
		}
		generated(t, "deploy/grafana/"+d.UID+".json", text)
	}
	page, err := os.ReadFile(root + "docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	metrics, alerts := monitor.Page()
	page = between(t, page, "metrics", metrics)
	page = between(t, page, "alerts", alerts)
	generated(t, "docs/metrics.md", page)
}

// between replaces what stands between two marks of a page.
func between(t *testing.T, page []byte, name, table string) []byte {
	t.Helper()
	marks := regexp.MustCompile(fmt.Sprintf(`(?s)(<!-- %[1]s: [^\n]*-->\n).*?(<!-- end of %[1]s -->)`, name))
	if !marks.Match(page) {
		t.Fatalf("docs/metrics.md has lost the marks around its table of %s", name)
	}
	return marks.ReplaceAllFunc(page, func(old []byte) []byte {
		first, _, _ := bytes.Cut(old, []byte("\n"))
		return fmt.Appendf(nil, "%s\n%s<!-- end of %s -->", first, table, name)
	})
}

func generated(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(root + path)
	if err == nil && bytes.Equal(got, want) {
		return
	}
	if !*update {
		t.Errorf("%s is not what is generated (%v): make generate", path, err)
		return
	}
	if err := os.MkdirAll(filepath.Dir(root+path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(root+path, want, 0o644); err != nil {
		t.Fatal(err)
	}
}

// expressions are all that is asked of Prometheus, by who asks.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, r := range monitor.Rules() {
		all["rule "+r.Name] = r.Expr
	}
	for _, d := range monitor.Dashboards() {
		for _, p := range d.Panels {
			for i, q := range p.Queries {
				all[fmt.Sprintf("%s, %s, %d", d.UID, p.Title, i)] = q.Expr
			}
		}
	}
	return all
}

// TestNothingAsksForWhatIsNotThere compares names of metrics and labels in every expression with the table. That the
// expressions are PromQL, internal/promcheck finds out.
func TestNothingAsksForWhatIsNotThere(t *testing.T) {
	t.Parallel()
	table := map[string]metric.Desc{}
	for _, d := range observability.Table() {
		table[d.Name] = d
		if d.Kind == metric.Histogram {
			delete(table, d.Name)
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				table[d.Name+suffix] = d
			}
		}
	}
	named := regexp.MustCompile(`\b(?:mcp_kernel|process|go)_[a-z0-9_]+(\{[^}]*\})?`)
	label := regexp.MustCompile(`([a-z_]+)(?:=~|!~|=|!=)"`)
	asked := map[string]bool{}
	for who, expr := range expressions(t) {
		for _, found := range named.FindAllStringSubmatch(expr, -1) {
			name, _, _ := strings.Cut(found[0], "{")
			d, there := table[name]
			if !there {
				t.Errorf("%s asks for %s, which is not there", who, name)
			}
			asked[d.Name] = true
			for _, l := range label.FindAllStringSubmatch(found[1], -1) {
				if !has(&d, l[1]) {
					t.Errorf("%s: %s has no label %s", who, name, l[1])
				}
			}
		}
	}
	if len(asked) < 30 {
		t.Errorf("only %d metrics are asked for, so this shows little", len(asked))
	}
}

// has reports whether a metric has a label, its own or one that Prometheus adds.
func has(d *metric.Desc, name string) bool {
	for _, l := range d.Labels {
		if l.Name == name {
			return true
		}
	}
	return name == "job" || name == "instance" || name == "le" && d.Kind == metric.Histogram
}

func TestEveryAlertSaysWhatToDo(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range monitor.Rules() {
		if seen[r.Name] {
			t.Errorf("%s: there are two", r.Name)
		}
		if seen[r.Name] = true; r.Recorded() {
			continue
		}
		if !strings.HasPrefix(r.Name, "MCPKernel") || r.Summary == "" || !strings.HasSuffix(r.Action, ".") || r.For%60e9 != 0 {
			t.Errorf("%+v", r)
		}
	}
}
