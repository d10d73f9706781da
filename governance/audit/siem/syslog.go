package siem

import (
	"strconv"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// facility is "log audit" (RFC 5424, section 6.2.1).
const facility = 13

// maxSequence is the greatest sequenceId, after which it begins at 1 again (RFC 5424, section 7.3.1).
const maxSequence = 2147483647

// syslog puts a record into a message of RFC 5424. The structured data is what IANA has registered, meta and origin, so no enterprise
// number is needed; the record has the number of the entry whole.
func (o Origin) syslog(e *audit.Entry, record []byte) []byte {
	b := make([]byte, 0, len(record)+200)
	b = append(b, '<')
	b = strconv.AppendInt(b, int64(facility*8+severityOf(e).syslog()), 10)
	b = append(b, ">1 "...)
	b = e.At.UTC().Truncate(time.Microsecond).AppendFormat(b, "2006-01-02T15:04:05.000000Z07:00")
	b = append(b, ' ')
	b = appendToken(b, o.Host, 255)
	b = append(b, " mcp-kernel "...)
	b = appendToken(b, e.Process, 128)
	b = append(b, ' ')
	b = appendToken(b, name(e), 32)
	b = append(b, ` [meta sequenceId="`...)
	b = strconv.AppendUint(b, (e.Seq-1)%maxSequence+1, 10)
	b = append(b, `"][origin software="mcp-kernel"`...)
	if o.Version != "" {
		b = append(b, ` swVersion="`...)
		b = append(appendParam(b, clip(o.Version, 32)), '"')
	}
	b = append(b, "] "...)
	return append(b, record...)
}

func clip(text string, most int) string { return text[:min(len(text), most)] }

// appendToken writes a field of the header: visible ASCII, no more than so much of it; "-" is nothing.
func appendToken(b []byte, text string, most int) []byte {
	kept := 0
	for _, c := range []byte(text) {
		if kept == most {
			break
		}
		if c > ' ' && c < 0x7f {
			b = append(b, c)
			kept++
		}
	}
	if kept == 0 {
		return append(b, '-')
	}
	return b
}

// appendParam escapes a value of structured data (RFC 5424, section 6.3.3).
func appendParam(b []byte, text string) []byte {
	return append(b, strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`, "\n", " ", "\r", " ").Replace(text)...)
}

// counted frames a message for a stream: its length in bytes, a space, and itself (RFC 6587, section 3.4.1; RFC 5425, section 4.3).
func counted(b, message []byte) []byte {
	b = strconv.AppendInt(b, int64(len(message)), 10)
	return append(append(b, ' '), message...)
}
