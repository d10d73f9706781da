package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
)

// Bounds of what a program is started with. The first is Linux's for one argument (MAX_ARG_STRLEN), less the byte behind it.
const (
	maxArgument  = 128<<10 - 1
	maxArguments = 4096
	maxLine      = 1 << 20 // bytes of all arguments
)

// A form is how a placeholder stands for its parameter.
type form uint8

const (
	literal form = iota // no parameter: a text
	value               // {name}: the value
	spread              // {name...}: each item of a list, as an argument of its own
	flag                // {name?--text}: the text where the parameter is true
)

// A piece is a part of an argument.
type piece struct {
	form form
	name string // of the parameter
	text string // of a literal, or of a flag
}

// A template is an argument that may have placeholders.
type template []piece

// placeholder matches what may stand between braces.
func placeholder() *regexp.Regexp {
	return regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]{0,63})(?:(\.\.\.)|\?(.+))?$`)
}

// parse reads an argument. A brace that is meant is written twice.
func parse(text string) (template, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, errors.New("has a zero byte")
	}
	var t template
	var plain strings.Builder
	end := func() {
		if plain.Len() > 0 {
			t = append(t, piece{text: plain.String()})
			plain.Reset()
		}
	}
	for text != "" {
		c := text[0]
		switch {
		case strings.HasPrefix(text, "{{") || strings.HasPrefix(text, "}}"):
			plain.WriteByte(c)
			text = text[2:]
		case c == '{':
			inside, rest, closed := strings.Cut(text[1:], "}")
			m := placeholder().FindStringSubmatch(inside)
			if !closed || m == nil {
				return nil, fmt.Errorf("%.60q: want {name}, {name...} or {name?text}; write {{ for a brace", text)
			}
			end()
			t = append(t, piece{form: formOf(m), name: m[1], text: m[3]})
			text = rest
		case c == '}':
			return nil, fmt.Errorf("%.60q: a brace is closed that was not opened; write }} for a brace", text)
		default:
			plain.WriteByte(c)
			text = text[1:]
		}
	}
	end()
	return t, nil
}

func formOf(m []string) form {
	switch {
	case m[2] != "":
		return spread
	case m[3] != "":
		return flag
	default:
		return value
	}
}

// fixed reports whether the argument has no placeholders.
func (t template) fixed() bool {
	return !slices.ContainsFunc(t, func(p piece) bool { return p.form != literal })
}

// text is a fixed argument.
func (t template) text() string {
	if len(t) == 0 {
		return ""
	}
	return t[0].text
}

// check returns what is wrong with an argument, given the parameters.
func (t template) check(parameters map[string]local.Parameter) error {
	for i, p := range t {
		if p.form == literal {
			continue
		}
		known, ok := parameters[p.name]
		scalar := slices.Contains([]string{"string", "integer", "number", "boolean"}, known.Type)
		switch {
		case !ok:
			return fmt.Errorf("{%s} is no parameter", p.name)
		case p.form != value && len(t) > 1:
			return fmt.Errorf("{%s} must be an argument of its own", p.name)
		case p.form == value && !scalar:
			return fmt.Errorf("{%s} is an %s: write {%s...} for an argument an item", p.name, known.Type, p.name)
		case p.form == flag && known.Type != "boolean":
			return fmt.Errorf("{%s?%s} needs a boolean", p.name, p.text)
		case p.form == spread && (known.Type != "array" || !slices.Contains([]string{"string", "integer", "number"}, known.Items)):
			return fmt.Errorf("{%s...} needs an array of strings, integers or numbers", p.name)
		case i == 1 && strings.Trim(t[0].text, "-") == "" && t[0].form == literal:
			return fmt.Errorf("{%s} behind nothing but dashes chooses an option", p.name)
		}
	}
	return nil
}

// checkShells refuses places in what an interpreter takes for a program: values would be run. It knows the usual ones, by
// their names, and is no proof.
func checkShells(all []template) error {
	interpreters := strings.Fields("sh bash dash zsh ksh mksh ash fish csh tcsh python python2 python3 perl ruby node nodejs deno bun php lua osascript")
	filters := strings.Fields("awk gawk mawk nawk")                    // the first argument is a program
	joiners := strings.Fields("cmd powershell pwsh ssh eval su watch") // read all arguments together as a program
	shell, joined, code := false, false, false
	for _, t := range all {
		if !t.fixed() {
			if code || joined {
				return errors.New("has a place in what an interpreter runs as a program: give it as an argument to the program, or on standard input")
			}
			code = false
			continue
		}
		text := t.text()
		name := strings.TrimSuffix(strings.ToLower(filepath.Base(text)), ".exe")
		option := strings.HasPrefix(text, "-")
		code = option && (code || shell && strings.ContainsAny(text, "ceEpr"))
		shell = shell && option // what follows a program are its own arguments
		shell = shell || slices.Contains(interpreters, name)
		joined = joined || slices.Contains(joiners, name)
		code = code || slices.Contains(filters, name)
	}
	return nil
}

// fill appends the arguments of a group, none where one of its parameters is not there.
func (g group) fill(argv []string, given map[string]json.RawMessage, dashed []string) ([]string, error) {
	for _, t := range g {
		for _, p := range t {
			if _, there := given[p.name]; p.form != literal && !there {
				return argv, nil
			}
		}
	}
	for _, t := range g {
		texts, err := t.fill(given)
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			if err := t.allowed(text, dashed); err != nil {
				return nil, err
			}
		}
		argv = append(argv, texts...)
	}
	return argv, nil
}

// fill returns the arguments that a template stands for.
func (t template) fill(given map[string]json.RawMessage) ([]string, error) {
	var whole strings.Builder
	for _, p := range t {
		switch p.form {
		case literal:
			whole.WriteString(p.text)
		case value:
			whole.WriteString(textOf(given[p.name]))
		case flag:
			if string(given[p.name]) != "true" {
				return nil, nil
			}
			whole.WriteString(p.text)
		case spread:
			var items []json.RawMessage
			if err := json.Unmarshal(given[p.name], &items); err != nil {
				return nil, fmt.Errorf("%w: %s is no array", local.ErrArguments, p.name)
			}
			texts := make([]string, len(items))
			for i, item := range items {
				texts[i] = textOf(item)
			}
			return texts, nil
		}
	}
	return []string{whole.String()}, nil
}

// textOf is a scalar as an argument: a string itself, and anything else as it was written.
func textOf(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// allowed refuses an argument that a program would take for an option though a value stands where it begins.
func (t template) allowed(text string, dashed []string) error {
	switch {
	case len(text) > maxArgument:
		return fmt.Errorf("%w: an argument has %d bytes, at most %d are taken", local.ErrArguments, len(text), maxArgument)
	case strings.IndexByte(text, 0) >= 0:
		return fmt.Errorf("%w: a zero byte", local.ErrArguments)
	case !strings.HasPrefix(text, "-") || t[0].form == literal || t[0].form == flag:
		return nil
	}
	for _, p := range t {
		if p.form != literal && !slices.Contains(dashed, p.name) {
			return fmt.Errorf("%w: %s begins with -, which the program would take for an option", local.ErrArguments, p.name)
		}
	}
	return nil
}

// A group are arguments that are there together or not at all.
type group []template

// lineOf fills all groups.
func lineOf(groups []group, given map[string]json.RawMessage, dashed []string) (argv []string, err error) {
	for _, g := range groups {
		if argv, err = g.fill(argv, given, dashed); err != nil {
			return nil, err
		}
	}
	bytes := 0
	for _, a := range argv {
		bytes += len(a) + 1
	}
	if len(argv) > maxArguments || bytes > maxLine {
		return nil, fmt.Errorf("%w: %d arguments of %d bytes, at most %d of %d are taken", local.ErrArguments, len(argv), bytes, maxArguments, maxLine)
	}
	return argv, nil
}
