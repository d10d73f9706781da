package scrape

import (
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

// FuzzNegotiate: whatever a client accepts, it is one of the two formats, and OpenMetrics only for who named it.
func FuzzNegotiate(f *testing.F) {
	for _, seed := range []string{
		"", "*/*", "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.3", "application/openmetrics-text;q=", ";;,,=", "a;q=1e309",
		"application/openmetrics-text;version=\"1.0.0\";q=NaN", "text/plain;q=-1,application/openmetrics-text",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		got := negotiate([]string{accept})
		if got != metric.Text && got != metric.OpenMetrics {
			t.Errorf("%q: %v", accept, got)
		}
		named := false
		for _, w := range wishes([]string{accept}) {
			named = named || w.name == "application/openmetrics-text"
		}
		if got == metric.OpenMetrics && !named {
			t.Errorf("%q: OpenMetrics for who did not name it", accept)
		}
		if accepts([]string{accept}, "gzip") && len(accept) < len("gzip") {
			t.Errorf("%q: gzip", accept)
		}
	})
}
