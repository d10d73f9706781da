package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// printReport shows one report to a person.
func printReport(t *table, r *bench.Report) {
	t.row("server", fmt.Sprintf("%s over %s, era %s", orDash(oneLine(r.Server, 60)), r.Transport, r.Era))
	t.row("load", loadLine(r))
	t.row("requests", fmt.Sprintf("%d in %v, %d errors", r.Requests, r.Elapsed, r.Errors))
	t.row("rate", fmt.Sprintf("%.0f good answers a second", r.Rate))
	l := &r.Latency
	t.row("latency", fmt.Sprintf("p50 %v, p90 %v, p99 %v, p99.9 %v, max %v", l.P50, l.P90, l.P99, l.P999, l.Max))
	if r.Wait != nil {
		t.row("of it waiting", fmt.Sprintf("p50 %v, p99 %v, max %v from due to sent", r.Wait.P50, r.Wait.P99, r.Wait.Max))
	}
	t.row("bytes", fmt.Sprintf("%s sent, %s received", size(r.Sent), size(r.Received)))
	t.row("CPU", fmt.Sprintf("%v a request; this client %v", orUnknown(r.CPU), r.OwnCPU))
	if r.Peak > 0 {
		t.row("memory", fmt.Sprintf("%s at most, %s afterwards", size(r.Peak), size(r.Resident)))
	}
	if r.Redials > 0 {
		t.row("connections", fmt.Sprintf("%d opened again", r.Redials))
	}
	for _, f := range r.Faults {
		t.row("error", fmt.Sprintf("%d × %s, the first: %s", f.Count, f.Kind, oneLine(f.First, 200)))
	}
}

func loadLine(r *bench.Report) string {
	line := fmt.Sprintf("%d connections", r.Connections)
	if r.Connections == 1 {
		line = "1 connection"
	}
	if r.Pipeline > 1 {
		line += fmt.Sprintf(" of %d requests in flight", r.Pipeline)
	}
	if r.Loop == "open" {
		return line + fmt.Sprintf(", open loop: %s requests due a second, latency from then", fraction(r.TargetRate))
	}
	return line + ", closed loop: a stall holds requests back instead of delaying them (see --rate)"
}

// inShort is a report on one line.
func inShort(r *bench.Report) []string {
	short := []string{
		fmt.Sprintf("%.0f/s", r.Rate), fmt.Sprintf("p50 %v", r.Latency.P50), fmt.Sprintf("p99 %v", r.Latency.P99),
		fmt.Sprintf("CPU %v", orUnknown(r.CPU)), size(r.Peak) + " at most",
	}
	if r.Errors > 0 {
		short = append(short, fmt.Sprintf("%d ERRORS, the first: %s", r.Errors, oneLine(r.Faults[0].Kind+": "+r.Faults[0].First, 200)))
	}
	return short
}

// printComparison shows medians, and ratios with the least and the most of all rounds.
func printComparison(t *table, c *bench.Comparison) {
	t.row("SERVER", "RATE/S", "P50", "P90", "P99", "MAX", "CPU A REQUEST", "MEMORY", "ERRORS")
	for i := range c.Standings {
		s := &c.Standings[i]
		f := &s.Figures
		t.row(oneLine(s.Name, 40), strconv.FormatFloat(f.Rate.Median, 'f', 0, 64), micros(f.P50), micros(f.P90), micros(f.P99), micros(f.Max),
			micros(f.CPU), size(int64(f.Peak.Median)), number(s.Errors))
	}
	for i := range c.Ratios {
		r := &c.Ratios[i]
		t.line("")
		t.line("%s against %s, ratios of %d rounds:", oneLine(r.First, 40), oneLine(r.Against, 40), len(c.Rounds))
		t.row("", "MEDIAN", "LEAST", "MOST")
		for _, f := range []struct {
			name string
			bench.Spread
		}{
			{"rate", r.Figures.Rate},
			{"p50", r.Figures.P50},
			{"p90", r.Figures.P90},
			{"p99", r.Figures.P99},
			{"max", r.Figures.Max},
			{"CPU a request", r.Figures.CPU},
			{"memory", r.Figures.Peak},
		} {
			t.row(f.name, ratio(f.Median), ratio(f.Least), ratio(f.Most))
		}
	}
}

func micros(s bench.Spread) string {
	if s.Median == 0 {
		return "-"
	}
	return bench.Micros(s.Median * float64(time.Microsecond)).String()
}

// ratio is a ratio, or nothing where there was nothing to divide.
func ratio(f float64) string {
	if f == 0 {
		return "-"
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

// size is a size for people.
func size(n int64) string {
	switch {
	case n >= 1_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}

// orUnknown is a processor time, if it could be read.
func orUnknown(m bench.Micros) string {
	if m == 0 {
		return "unknown"
	}
	return m.String()
}
