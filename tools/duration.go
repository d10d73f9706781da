package tools

import (
	"encoding/json"
	"fmt"
	"time"
)

// A Duration is a time.Duration that is a text such as "1m30s" in JSON. Tools' types use it, because a bare number
// would leave its unit to be guessed.
type Duration time.Duration

// String returns the duration as time.Duration does.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler for everything that time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("duration %s: want a number with a unit, as in 1m30s", quote(string(text)))
	}
	*d = Duration(parsed)
	return nil
}

// JSONSchema is the schema that tools publish for it.
func (Duration) JSONSchema() json.RawMessage {
	return json.RawMessage(`{"type":"string","pattern":"^[-+]?([0-9.]+(ns|us|µs|ms|s|m|h))+$"}`)
}
