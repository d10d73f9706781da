package detect

import (
	"fmt"
	"slices"
	"strings"
)

// Source says what a text is part of. The zero value is Results, of which the least is trusted.
type Source uint8

// The sources.
const (
	Results     Source = iota // what a call brought back: results, resources, errors
	Arguments                 // what a call carries
	Definitions               // the name, description and schemas of a tool, prompt or resource
	Prompts                   // text of a prompt that a server offers
)

// sourceNames are the names of the sources, in their order.
const sourceNames = "results arguments definitions prompts"

// String returns "results", "arguments", "definitions" or "prompts".
func (s Source) String() string {
	if names := strings.Fields(sourceNames); int(s) < len(names) {
		return names[s]
	}
	return "invalid"
}

// MarshalText implements encoding.TextMarshaler; the text is what String returns.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an error.
func (s *Source) UnmarshalText(text []byte) error {
	i := slices.Index(strings.Fields(sourceNames), string(text))
	if i < 0 {
		return fmt.Errorf("unknown source %q: want results, arguments, definitions or prompts", text)
	}
	*s = Source(i)
	return nil
}
