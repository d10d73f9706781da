package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The errors of tools that run here, in what their methods return.
var (
	// ErrArguments says that arguments are not what the tool takes. The error's text is for whoever made the call.
	ErrArguments = errors.New("the arguments do not fit")
	// ErrBroken says that a tool cannot run as its operator has set it up. The error's text is for the operator alone.
	ErrBroken = errors.New("the tool cannot run as it is set up")
)

// Effects are what a tool is said to do at most. The zero value is a tool of which nothing is known, so that it may do
// anything.
type Effects struct {
	ReadOnly       bool // changes nothing
	NonDestructive bool // deletes and overwrites nothing
	Idempotent     bool // the same again has no further effect
	ClosedWorld    bool // reaches nothing beyond what it is set up with
}

// ParseEffects reads words: read_only, non_destructive, idempotent, closed_world. What changes nothing destroys nothing.
func ParseEffects(words []string) (Effects, error) {
	var e Effects
	for _, word := range words {
		switch word {
		case "read_only":
			e.ReadOnly, e.NonDestructive = true, true
		case "non_destructive":
			e.NonDestructive = true
		case "idempotent":
			e.Idempotent = true
		case "closed_world":
			e.ClosedWorld = true
		default:
			return Effects{}, fmt.Errorf("the effect %.40q is none of read_only, non_destructive, idempotent, closed_world", word)
		}
	}
	return e, nil
}

// annotations are the effects in the protocol's words, each of which is said.
func (e Effects) annotations() map[string]bool {
	return map[string]bool{
		"readOnlyHint": e.ReadOnly, "destructiveHint": !e.NonDestructive && !e.ReadOnly,
		"idempotentHint": e.Idempotent, "openWorldHint": !e.ClosedWorld,
	}
}

// MetaRuns is the key of a definition's _meta under which it says what runs. It is for pins and for operators: what a client
// is told of a tool does not have it.
const MetaRuns = "io.mcp-kernel/runs"

// A Definition is what a tool says of itself.
type Definition struct {
	Name        string
	Title       string // may be empty
	Description string
	Input       json.RawMessage // JSON Schema of the arguments, an object's
	Output      json.RawMessage // JSON Schema of structured answers; nil is none
	Effects     Effects
	Runs        any // what runs, as JSON has it: where another of it is another tool
}

// JSON returns the definition as an entry of tools/list. The same definition has the same text.
func (d *Definition) JSON() (json.RawMessage, error) {
	entry := map[string]any{
		"name": d.Name, "description": d.Description, "inputSchema": d.Input,
		"annotations": d.Effects.annotations(), "_meta": map[string]any{MetaRuns: d.Runs},
	}
	if d.Title != "" {
		entry["title"] = d.Title
	}
	if d.Output != nil {
		entry["outputSchema"] = d.Output
	}
	text, err := json.Marshal(entry)
	if err != nil {
		return nil, fmt.Errorf("definition of %s: %w", d.Name, err)
	}
	return text, nil
}

// A Run calls a tool as its definition says that it is. The error is an ErrArguments, an ErrBroken, or the end of ctx.
type Run func(ctx context.Context, args json.RawMessage) (Answer, error)

// An Answer is what a tool answers.
type Answer struct {
	Text       string
	Structured json.RawMessage // a JSON object; nil is none
	IsError    bool            // it failed, in a way that whoever made the call can act on
}

// Failed is the answer of a tool that failed.
func Failed(format string, args ...any) Answer {
	return Answer{Text: fmt.Sprintf(format, args...), IsError: true}
}

// JSON returns the answer as the result of tools/call.
func (a *Answer) JSON() (json.RawMessage, error) {
	result := map[string]any{"content": []map[string]string{{"type": "text", "text": strings.ToValidUTF8(a.Text, "\uFFFD")}}, "isError": a.IsError}
	if a.Structured != nil {
		result["structuredContent"] = a.Structured
	}
	return json.Marshal(result)
}

// Structure returns an answer that is JSON: an object as it is, and anything else as the member "result" of one, as the
// protocol has nothing but objects.
func Structure(text []byte) (Answer, error) {
	var value json.RawMessage
	if err := json.Unmarshal(text, &value); err != nil {
		return Answer{}, err
	}
	a := Answer{Text: string(text), Structured: value}
	if value[0] != '{' {
		a.Structured = slices.Concat([]byte(`{"result":`), value, []byte{'}'})
	}
	return a, nil
}

// An Outcome is how a program ended that was run for an answer.
type Outcome struct {
	Output  string // at most so many bytes of it
	More    int64  // bytes of output that are not there
	Words   string // what it wrote to standard error last
	Failure string // why it failed, as a sentence; empty where it did not
	JSON    bool   // the output is to be JSON
}

// Answer returns what the outcome means. Of the output of a program that had nothing to say, its last words are left: some
// say there what they have done.
func (o *Outcome) Answer() Answer {
	output := Cut(o.Output, len(o.Output), o.More)
	failed := func(how string) Answer {
		parts := slices.DeleteFunc([]string{how, o.Words, output}, func(text string) bool { return text == "" })
		return Failed("%s", strings.Join(parts, "\n"))
	}
	switch {
	case o.Failure != "":
		return failed(o.Failure)
	case o.JSON && o.More > 0:
		return failed(fmt.Sprintf("The output has more than %d bytes, so it is no JSON any more.", len(o.Output)))
	case o.JSON:
		a, err := Structure([]byte(o.Output))
		if err != nil {
			return failed("The output is no JSON.")
		}
		return a
	case output == "":
		return Answer{Text: o.Words}
	default:
		return Answer{Text: output}
	}
}

// CheckName returns why a tool cannot be called so.
func CheckName(name string) error {
	if !regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{0,39}$`).MatchString(name) {
		return fmt.Errorf("the name %.60q is not 1 to 40 letters, digits, _ and -", name)
	}
	return nil
}

// Cut returns at most so many bytes of a text, made valid UTF-8, and says how many there were more of it; more are those that the text does
// not have.
func Cut(text string, most int, more int64) string {
	if len(text) <= most && more == 0 {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	kept := text[:min(len(text), most)]
	more += int64(len(text) - len(kept))
	return fmt.Sprintf("%s\n[cut: %d bytes more]", strings.ToValidUTF8(kept, "\uFFFD"), more)
}
