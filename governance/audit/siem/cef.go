package siem

import (
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// cef writes an entry in the Common Event Format, version 0: a header of seven fields, and an extension of keys that the format's
// dictionary has.
func (o Origin) cef(e *audit.Entry) []byte {
	b := make([]byte, 0, 512)
	b = append(b, "CEF:0|mcp-kernel|mcp-kernel|"...)
	for _, field := range []string{o.Version, name(e), title(e), strconv.Itoa(severityOf(e).cef())} {
		b = append(appendHeader(b, field), '|')
	}
	x := extension{b: b}
	x.number("rt", milliseconds(e.At))
	x.text("externalId", strconv.FormatUint(e.Seq, 10))
	x.text("deviceExternalId", o.ID)
	x.text("dvchost", o.Host)
	x.text("cat", e.Kind.String())
	x.text("suser", who(e))
	x.text("sourceServiceName", e.Caller.Label)
	x.text("requestMethod", requestMethod(e))
	x.text("destinationServiceName", e.Name)
	x.text("act", act(e))
	x.text("outcome", outcome(e))
	x.text("reason", reason(e))
	x.labelled("cs1", "call", e.Call)
	x.labelled("cs2", "policy", e.Decision.Policy)
	x.labelled("cs3", "rule", strings.Trim(e.Decision.Check+"/"+e.Decision.Rule, "/"))
	x.labelled("cs4", "agent", e.Caller.Agent)
	x.labelled("cs5", "execution", e.Execution)
	x.labelled("cs6", "hash", e.Hash.String())
	x.counted("cn1", "tokens", e.Tokens)
	x.counted("cn2", "microseconds", e.Elapsed.Microseconds())
	x.counted("cn3", "findings", int64(total(e.Findings)))
	x.number("in", e.Args.Bytes)
	x.number("out", e.Result.Bytes)
	return x.b
}

func title(e *audit.Entry) string {
	if e.Name == "" {
		return strings.ReplaceAll(name(e), "_", " ")
	}
	return e.Kind.String() + " about " + e.Name
}

func requestMethod(e *audit.Entry) string {
	if e.Kind == audit.KindDecision || e.Kind == audit.KindOutcome {
		return method(e.Target)
	}
	return ""
}

func act(e *audit.Entry) string {
	switch e.Kind {
	case audit.KindDecision:
		return e.Decision.Effect.String()
	case audit.KindControl:
		return name(e)
	default:
		return statusName(e)
	}
}

func outcome(e *audit.Entry) string {
	switch {
	case e.Kind == audit.KindDecision && e.Decision.Effect == governance.Ask:
		return ""
	case succeeded(e):
		return "success"
	default:
		return "failure"
	}
}

func total(findings map[string]int) (n int) {
	for _, count := range findings {
		n += count
	}
	return n
}

// An extension is the last field, key=value pairs. What is empty is left out.
type extension struct {
	b    []byte
	some bool
}

func (x *extension) text(key, value string) {
	if value == "" {
		return
	}
	if x.some {
		x.b = append(x.b, ' ')
	}
	x.some = true
	x.b = append(append(x.b, key...), '=')
	x.b = appendValue(x.b, value)
}

func (x *extension) number(key string, value int64) {
	if value != 0 {
		x.text(key, strconv.FormatInt(value, 10))
	}
}

func (x *extension) labelled(key, label, value string) {
	if value != "" {
		x.text(key+"Label", label)
		x.text(key, value)
	}
}

func (x *extension) counted(key, label string, value int64) {
	if value != 0 {
		x.labelled(key, label, strconv.FormatInt(value, 10))
	}
}

// appendHeader escapes a field of the header: a bar and a backslash; a line break cannot be in one.
func appendHeader(b []byte, text string) []byte {
	for _, c := range []byte(text) {
		switch c {
		case '|', '\\':
			b = append(b, '\\', c)
		case '\n', '\r':
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
	}
	return b
}

// appendValue escapes a value of the extension: an equals sign, a backslash and line breaks.
func appendValue(b []byte, text string) []byte {
	for _, c := range []byte(text) {
		switch c {
		case '=', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, c)
		}
	}
	return b
}
