package promcheck_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

const rulesFile = "../../deploy/prometheus/rules.yaml"

// ruleGroups reads the rules as Prometheus does when it starts.
func ruleGroups(t *testing.T) *rulefmt.RuleGroups {
	t.Helper()
	groups, errs := rulefmt.ParseFile(rulesFile, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	if len(errs) > 0 || len(groups.Groups) == 0 {
		t.FailNow()
	}
	return groups
}

// dashboard is as much of Grafana's model as has queries in it.
type dashboard struct {
	Title  string `json:"title"`
	UID    string `json:"uid"`
	Panels []struct {
		Title   string `json:"title"`
		Targets []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

// queries are all expressions of rules and dashboards, by who asks.
func queries(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, g := range ruleGroups(t).Groups {
		for _, r := range g.Rules {
			all["rule "+r.Alert+r.Record] = r.Expr
		}
	}
	files, err := filepath.Glob("../../deploy/grafana/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if d.UID == "" || d.Title == "" || len(d.Panels) < 5 {
			t.Errorf("%s: %+v", file, d)
		}
		for _, p := range d.Panels {
			if len(p.Targets) == 0 {
				t.Errorf("%s: %s asks nothing", file, p.Title)
			}
			for i, target := range p.Targets {
				all[d.UID+" "+p.Title+string(rune('A'+i))] = strings.NewReplacer("$__rate_interval", "5m", "$job", ".*", "$instance", ".*").Replace(target.Expr)
			}
		}
	}
	return all
}

// TestQueriesAskForWhatIsThere parses every expression and looks for each metric that it names, by its type, in the
// exposition.
func TestQueriesAskForWhatIsThere(t *testing.T) {
	t.Parallel()
	there := parse(t, textFile, "text/plain; version=0.0.4").names
	there["up"] = "gauge" // Prometheus' own
	for _, g := range ruleGroups(t).Groups {
		for _, r := range g.Rules {
			if r.Record != "" {
				there[r.Record] = "gauge"
			}
		}
	}
	p := parser.NewParser(parser.Options{})
	seen := 0
	for who, query := range queries(t) {
		expr, err := p.ParseExpr(query)
		if err != nil {
			t.Errorf("%s: %v", who, err)
			continue
		}
		parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
			v, ok := node.(*parser.VectorSelector)
			if !ok {
				return nil
			}
			seen++
			kind := there[name(v)]
			if kind == "" {
				t.Errorf("%s asks for %s, which is not there", who, name(v))
			}
			if rated(path) && kind == "gauge" {
				t.Errorf("%s takes the rate of %s, which goes up and down", who, name(v))
			}
			return nil
		})
	}
	if seen < 80 {
		t.Errorf("only %d selectors were seen", seen)
	}
}

// name is the metric that a selector names.
func name(v *parser.VectorSelector) string {
	for _, m := range v.LabelMatchers {
		if m.Name == model.MetricNameLabel {
			return m.Value
		}
	}
	return ""
}

// rated reports whether what is selected is only used by its rate.
func rated(path []parser.Node) bool {
	for _, node := range path {
		if call, ok := node.(*parser.Call); ok && (call.Func.Name == "rate" || call.Func.Name == "increase") {
			return true
		}
	}
	return false
}
