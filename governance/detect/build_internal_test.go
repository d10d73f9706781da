package detect

import "testing"

// BenchmarkBuild measures what the first use of an Engine costs.
func BenchmarkBuild(b *testing.B) {
	b.ReportAllocs()
	var f *filter
	for b.Loop() {
		f = newFilter(literals(All, tokenForms()))
	}
	b.ReportMetric(float64(len(f.out)), "states")
	b.ReportMetric(float64(len(f.rows)>>stride), "rows")
	b.ReportMetric(float64(len(f.literals)), "literals")
}
