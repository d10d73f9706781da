package match

import (
	"strconv"
	"strings"
)

// pointer returns the RFC 6901 pointer that a trail of open arrays and objects in doc stands for.
func pointer(doc []byte, trail []frame) string {
	var b strings.Builder
	for _, f := range trail {
		b.WriteByte('/')
		if f.array {
			b.WriteString(strconv.Itoa(f.index))
			continue
		}
		key := reader{doc: doc, pos: f.key + 1}
		_, _ = key.decode(false) // has been read before, without a fault
		name := strings.ReplaceAll(string(key.decoded), "~", "~0")
		b.WriteString(strings.ReplaceAll(name, "/", "~1"))
	}
	return b.String()
}
