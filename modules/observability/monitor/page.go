package monitor

import (
	"fmt"
	"math"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/observability"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

// Page returns the tables of docs/metrics.md: every metric, and every alert.
func Page() (metrics, alerts string) {
	var m, a strings.Builder
	m.WriteString("| metric | type | labels | what it is |\n|---|---|---|---|\n")
	for _, d := range observability.Table() {
		fmt.Fprintf(&m, "| `%s` | %s | %s | %s%s |\n", d.Name, d.Kind, labels(&d), d.Help, buckets(&d))
	}
	a.WriteString("| alert | severity | when | what to do |\n|---|---|---|---|\n")
	for _, r := range Rules() {
		if !r.Recorded() {
			fmt.Fprintf(&a, "| `%s` | %s | `%s`%s | %s |\n", r.Name, r.Severity, cell(r.Expr), lasting(&r), cell(r.Action))
		}
	}
	return m.String(), a.String()
}

// labels are a metric's labels, with their bounds.
func labels(d *metric.Desc) string {
	all := make([]string, 0, len(d.Labels))
	for _, l := range d.Labels {
		text := "`" + l.Name + "`: " + l.Help
		if l.Values != nil {
			text += " (" + strings.Join(l.Values, ", ") + ")"
		} else {
			text += fmt.Sprintf(" (%d at most)", l.Most)
		}
		all = append(all, text)
	}
	return cell(strings.Join(all, "; "))
}

// buckets say between which bounds values are told apart.
func buckets(d *metric.Desc) string {
	if len(d.Buckets) == 0 {
		return ""
	}
	first, last := d.Buckets[0], d.Buckets[len(d.Buckets)-1]
	if d.Unit != "seconds" {
		return fmt.Sprintf(" %d buckets from %g to %g.", len(d.Buckets), first, last)
	}
	return fmt.Sprintf(" %d buckets from %g µs to %g s.", len(d.Buckets), math.Round(first*1e9)/1e3, last)
}

func lasting(r *Rule) string {
	if r.For == 0 {
		return ""
	}
	return fmt.Sprintf(", for %d minutes", int(r.For.Minutes()))
}

// cell is a text within a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
