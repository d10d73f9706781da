package scrape

import (
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

// negotiate returns the format that a client asks for by its Accept headers (RFC 9110, 12.5.1): OpenMetrics where it is
// wanted at least as much as plain text, and plain text for everybody who says nothing.
func negotiate(accept []string) metric.Format {
	open, text := 0.0, 0.0
	for _, wish := range wishes(accept) {
		switch wish.name {
		case "application/openmetrics-text":
			if version := wish.parameters["version"]; version == "" || version == "1.0.0" {
				open = max(open, wish.weight)
			}
		case "text/plain", "text/*", "*/*":
			text = max(text, wish.weight)
		}
	}
	if open > 0 && open >= text {
		return metric.OpenMetrics
	}
	return metric.Text
}

// accepts reports whether a header names something and does not weigh it zero.
func accepts(header []string, name string) bool {
	for _, wish := range wishes(header) {
		if wish.name == name {
			return wish.weight > 0
		}
	}
	return false
}

// A wish is one element of a header that weighs alternatives.
type wish struct {
	name       string
	parameters map[string]string
	weight     float64
}

func wishes(header []string) []wish {
	var all []wish
	for _, line := range header {
		for element := range strings.SplitSeq(line, ",") {
			parts := strings.Split(element, ";")
			w := wish{name: strings.ToLower(strings.TrimSpace(parts[0])), parameters: map[string]string{}, weight: 1}
			for _, part := range parts[1:] {
				name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
				w.parameters[strings.ToLower(name)] = strings.Trim(value, `"`)
			}
			if q, given := w.parameters["q"]; given {
				w.weight, _ = strconv.ParseFloat(q, 64) // what is no number weighs nothing
			}
			all = append(all, w)
		}
	}
	return all
}
