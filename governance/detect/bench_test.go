package detect_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// samples are texts of many kinds in which there is nothing to find.
func samples() map[string]string {
	r := rand.New(rand.NewPCG(1, 2))
	blob := make([]byte, 48<<10)
	for i := range blob {
		blob[i] = byte(r.Uint32())
	}
	var rows, objects strings.Builder
	for i := range 600 {
		fmt.Fprintf(&rows, "%d,2024-%02d-%02dT10:%02d:07Z,SKU-%05d,%d,%d.%02d,shipped\n", 10000+i, i%12+1, i%28+1, i%60, r.IntN(99999), r.IntN(9), r.IntN(500), r.IntN(100))
		fmt.Fprintf(&objects, `{"id":%d,"name":"item %d","tags":["blue","large"],"price":%d.5,"stock":{"berlin":%d,"lyon":%d},"updated":"2024-03-%02dT08:15:00Z"},`+"\n", i, i, r.IntN(90), r.IntN(50), r.IntN(50), i%28+1)
	}
	var ints, times, dump strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&ints, "%d,", 100_000+r.IntN(2_000_000_000))
		fmt.Fprintf(&times, "2024-05-%02d %02d:%02d:%02d.%06d 1715%09d\n", i%28+1, i%24, i%60, i%59, r.IntN(1_000_000), r.IntN(1_000_000_000))
		fmt.Fprintf(&dump, "%08x  %04x %04x %04x %04x  %04x %04x %04x %04x\n", i*16, r.IntN(65536), r.IntN(65536), r.IntN(65536), r.IntN(65536), r.IntN(65536), r.IntN(65536), r.IntN(65536), r.IntN(65536))
	}
	return map[string]string{
		"prose": strings.Repeat("The ferry leaves the harbour twice a day, once in the morning and once after the market has closed. Passengers who carry bicycles wait at the "+
			"second gate, where a guard checks the tickets and points to the lower deck. In winter the crossing takes longer, because the captain keeps clear of the ice.\n", 200),
		"json": objects.String(),
		"csv":  rows.String(),
		"source": strings.Repeat("func (p *pool) take(ctx context.Context, n int) ([]byte, error) {\n\tselect {\n\tcase b := <-p.free:\n\t\treturn b[:n], nil\n\tcase <-ctx.Done():\n\t\treturn nil, "+
			"fmt.Errorf(\"taking a buffer of %d bytes: %w\", n, ctx.Err())\n\tdefault:\n\t\tp.made++ // one more, which goes back later\n\t\treturn make([]byte, n, 4096), nil\n\t}\n}\n\n", 150),
		"base64":   base64.StdEncoding.EncodeToString(blob),
		"hex":      fmt.Sprintf("%x", blob),
		"cyrillic": strings.Repeat("Паром отходит от пристани два раза в день: утром и после закрытия рынка. Зимой переправа длится дольше, потому что капитан обходит лёд.\n", 250),
		"chinese":  strings.Repeat("渡轮每天从码头出发两次,早上一次,市场关闭后一次。冬天航行时间更长,因为船长要避开浮冰。带自行车的乘客在第二个门等候。\n", 300),
		"digits":   strings.Repeat("812345679 ", 5000),
		"ints":     ints.String(),
		"times":    times.String(),
		"dump":     dump.String(),
	}
}

func BenchmarkText(b *testing.B) {
	e := engine(b, detect.All)
	for name, text := range samples() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var found []match.Finding
			for b.Loop() {
				var err error
				if found, err = e.Text(found[:0], text, detect.Context{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(found)), "findings")
		})
	}
}

func BenchmarkDocument(b *testing.B) {
	e := engine(b, detect.All)
	for name, text := range samples() {
		doc, err := json.Marshal(map[string]any{"content": []any{map[string]string{"type": "text", "text": text[:min(len(text), 16<<10)]}}})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			var found []match.Finding
			for b.Loop() {
				if found, err = e.Document(found[:0], doc, detect.Context{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(found)), "findings")
		})
	}
}

// BenchmarkTables reads documents of numbers alone.
func BenchmarkTables(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 4))
	var small, large, rows []any
	for range 4000 {
		small = append(small, r.IntN(100_000))
		large = append(large, 100_000_000+r.IntN(2_000_000_000))
		rows = append(rows, map[string]any{"timestamp": 1_715_941_234_000 + r.IntN(1_000_000_000), "value": r.Float64() * 1000, "count": r.IntN(1_000_000)})
	}
	e := engine(b, detect.All)
	for name, data := range map[string][]any{"small": small, "large": large, "rows": rows} {
		doc, err := json.Marshal(map[string]any{"series": data})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			var found []match.Finding
			for b.Loop() {
				if found, err = e.Document(found[:0], doc, detect.Context{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func engine(tb testing.TB, d detect.Detectors) *detect.Engine {
	tb.Helper()
	e, err := detect.New(detect.Options{Detectors: d})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}
