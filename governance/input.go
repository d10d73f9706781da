package governance

import (
	"bytes"
	"encoding/json"
)

// AnswersKey is the member under which Input shows what the client answered.
const AnswersKey = "io.mcp-kernel/answers"

// Input is everything that the handler will see of the client, as one JSON value: the arguments, where nothing is an
// empty object, with Answers as one member more when there are any. Patterns judge it, and the journal records it. The
// result may be Args itself and must not be changed.
func (c *Call) Input() json.RawMessage {
	args := c.Args
	if len(args) == 0 {
		args = json.RawMessage("{}")
	}
	if len(c.Answers) == 0 {
		return args
	}
	if args = bytes.TrimSpace(args); len(args) == 0 {
		args = json.RawMessage("null")
	}
	all := make([]byte, 0, len(args)+len(c.Answers)+len(AnswersKey)+len(`{"arguments":,"":}`))
	switch {
	case args[0] != '{' || args[len(args)-1] != '}': // which no handler takes, but which is judged and recorded all the same
		all = append(append(append(all, `{"arguments":`...), args...), ',')
	case len(bytes.TrimSpace(args[1:len(args)-1])) == 0:
		all = append(all, '{')
	default:
		all = append(append(all, args[:len(args)-1]...), ',')
	}
	all = append(append(append(all, '"'), AnswersKey...), `":`...)
	return append(append(all, c.Answers...), '}')
}
