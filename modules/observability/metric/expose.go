package metric

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Format is a form in which metrics are read. The zero value is Text.
type Format uint8

// The formats.
const (
	Text        Format = iota // Prometheus' text format 0.0.4, which has no exemplars
	OpenMetrics               // OpenMetrics 1.0.0
)

// ContentType returns what an answer in the format is called over HTTP.
func (f Format) ContentType() string {
	if f == OpenMetrics {
		return "application/openmetrics-text; version=1.0.0; charset=utf-8"
	}
	return "text/plain; version=0.0.4; charset=utf-8"
}

// Write writes all families that have series.
func (s *Set) Write(to io.Writer, as Format) error {
	w := &writer{Writer: bufio.NewWriter(to), open: as == OpenMetrics}
	for _, f := range s.families {
		w.family(f.desc, f.Samples())
	}
	if w.open {
		w.texts("# EOF\n")
	}
	return w.Flush()
}

// A writer writes lines. Its errors are told by Flush.
type writer struct {
	*bufio.Writer
	open    bool // OpenMetrics
	scratch [32]byte
}

func (w *writer) texts(all ...string) {
	for _, text := range all {
		_, _ = w.WriteString(text) // kept by the buffer until Flush
	}
}

func (w *writer) family(d *Desc, samples []Sample) {
	if len(samples) == 0 {
		return
	}
	name := d.Name
	if w.open {
		name = d.family()
	}
	w.texts("# HELP ", name, " ", escapeHelp(d.Help, w.open), "\n# TYPE ", name, " ", d.Kind.String(), "\n")
	if w.open && d.Unit != "" {
		w.texts("# UNIT ", name, " ", d.Unit, "\n")
	}
	for i := range samples {
		if d.Kind == Histogram {
			w.histogram(d, &samples[i])
			continue
		}
		w.name(d, d.Name, samples[i].Labels, "")
		w.number(samples[i].Value)
		if len(samples[i].Exemplars) > 0 {
			w.exemplar(&samples[i].Exemplars[0])
		}
		w.texts("\n")
	}
}

// histogram writes the buckets, cumulated, then the sum and the count.
func (w *writer) histogram(d *Desc, s *Sample) {
	all := uint64(0)
	for i, n := range s.Counts {
		all += n
		bound := math.Inf(1)
		if i < len(d.Buckets) {
			bound = d.Buckets[i]
		}
		w.name(d, d.Name+"_bucket", s.Labels, w.bound(bound))
		w.count(all)
		w.exemplar(&s.Exemplars[i])
		w.texts("\n")
	}
	w.name(d, d.Name+"_sum", s.Labels, "")
	w.number(s.Value)
	w.texts("\n")
	w.name(d, d.Name+"_count", s.Labels, "")
	w.count(all)
	w.texts("\n")
}

// bound is an upper bound as a label. OpenMetrics wants to see that it is no integer.
func (w *writer) bound(v float64) string {
	text := format(v)
	if w.open && !strings.ContainsAny(text, ".eI") {
		text += ".0"
	}
	return text
}

// name writes the beginning of a line, up to the value. le is a bucket's bound, or empty.
func (w *writer) name(d *Desc, name string, values []string, le string) {
	w.texts(name)
	separator := "{"
	for i, value := range values {
		w.texts(separator, d.Labels[i].Name, `="`, escapeLabel(value), `"`)
		separator = ","
	}
	if le != "" {
		w.texts(separator, `le="`, le, `"`)
		separator = ","
	}
	if separator == "," {
		w.texts("}")
	}
	w.texts(" ")
}

// maxExemplar bounds the names and values of an exemplar's labels, in characters, as OpenMetrics says.
const maxExemplar = 128

// exemplar writes what OpenMetrics has behind a value.
func (w *writer) exemplar(e *Exemplar) {
	if !w.open || e.Call == "" {
		return
	}
	long := len("call_id") + utf8.RuneCountInString(e.Call)
	if long > maxExemplar {
		return
	}
	w.texts(` # {call_id="`, escapeLabel(e.Call), `"`)
	if e.Trace != "" && long+len("trace_id")+utf8.RuneCountInString(e.Trace) <= maxExemplar {
		w.texts(`,trace_id="`, escapeLabel(e.Trace), `"`)
	}
	w.texts("} ")
	w.number(e.Value)
	if !e.At.IsZero() {
		w.texts(" ", strconv.FormatFloat(float64(e.At.UnixMilli())/1e3, 'f', 3, 64))
	}
}

func (w *writer) count(n uint64) { _, _ = w.Write(strconv.AppendUint(w.scratch[:0], n, 10)) }

func (w *writer) number(v float64) { w.texts(format(v)) }

func format(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return strconv.FormatInt(int64(v), 10)
	default:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
}

func escapeLabel(text string) string {
	if !strings.ContainsAny(text, "\\\n\"") {
		return text
	}
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(text)
}

// escapeHelp escapes as the format wants it: OpenMetrics escapes quotation marks here too.
func escapeHelp(text string, open bool) string {
	if open {
		return escapeLabel(text)
	}
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(text)
}
