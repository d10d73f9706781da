package audit

import "testing"

func BenchmarkFeed(b *testing.B) {
	f := &Feed{j: &Journal{Reader: &Reader{}}, ready: make(chan struct{}, 1), next: 1}
	e := &Entry{Kind: KindDecision, Call: "c", Name: "file_read", Policies: []string{"default"}, Charges: make([]Charge, 2), Counters: make([]Counter, 3)}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		e.Seq++
		f.put(e)
		select {
		case <-f.ready:
			if err := f.Drain(b.Context(), func(*Entry) { n++ }); err != nil {
				b.Fatal(err)
			}
		default:
		}
	}
}
