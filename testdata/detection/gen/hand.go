package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A block is one entry of a hand-written file. A file is a list of blocks, each a line "== key=value flag ..." and the lines
// of its body up to the next. A line "== * key=value ..." has no body: it sets what the blocks after it have unless they say
// otherwise. In an attribute "_" is a space.
type block struct {
	attrs map[string]string
	body  string
	file  string
	line  int
}

// readBlocks reads a hand-written file.
func readBlocks(dir, name string) ([]block, error) {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	var blocks []block
	defaults := map[string]string{}
	var current *block
	flush := func() {
		if current != nil {
			current.body = strings.TrimRight(current.body, "\n")
			blocks = append(blocks, *current)
		}
		current = nil
	}
	for i, line := range strings.Split(string(data), "\n") {
		head, ok := strings.CutPrefix(line, "==")
		if !ok || (head != "" && head[0] != ' ') {
			if current != nil {
				current.body += line + "\n"
			}
			continue
		}
		flush()
		if rest, ok := strings.CutPrefix(head, " *"); ok {
			defaults = parseAttrs(rest, nil)
			continue
		}
		current = &block{attrs: parseAttrs(head, defaults), file: name, line: i + 1}
	}
	flush()
	return blocks, nil
}

// parseAttrs reads "key=value flag" over a copy of the defaults.
func parseAttrs(text string, defaults map[string]string) map[string]string {
	attrs := map[string]string{}
	maps.Copy(attrs, defaults)
	for field := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(field, "=")
		attrs[key] = strings.ReplaceAll(value, "_", " ")
	}
	return attrs
}

// id returns an attribute that is an identifier, in which a space was an underscore.
func (b block) id(key string) string { return strings.ReplaceAll(b.attrs[key], " ", "_") }

// has reports whether the block has the attribute.
func (b block) has(key string) bool {
	_, ok := b.attrs[key]
	return ok
}

// classes returns the attribute "class", a list with commas.
func (b block) classes() []string {
	if b.id("class") == "" {
		return []string{}
	}
	return strings.Split(b.id("class"), ",")
}

// value returns the body: JSON where the block is marked json, else a string, with Go's escapes where it is marked esc and
// wrapped as the content of a tool's result where it is marked content.
func (b block) value() (any, error) {
	if b.has("json") {
		return compactJSON(b.body)
	}
	text := b.body
	if b.has("esc") {
		var err error
		if text, err = unescape(text); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", b.file, b.line, err)
		}
	}
	if b.has("content") {
		return contentOf(text), nil
	}
	return text, nil
}

// record makes the record of a block.
func (b block) record() (record, error) {
	value, err := b.value()
	if err != nil {
		return record{}, fmt.Errorf("%s:%d: %w", b.file, b.line, err)
	}
	kind := b.id("kind")
	if kind == "" {
		kind = "text"
	}
	origin := b.id("origin")
	if origin == "" {
		origin = "own"
	}
	tool, source := b.id("tool"), b.id("source")
	switch kind {
	case "call", "definition":
		source = ""
	case "text":
		tool = ""
	}
	return record{Kind: kind, Tool: tool, Value: value, Source: source, Expect: expect{
		Classes: b.classes(), Note: b.attrs["note"], Origin: origin, Hides: b.attrs["hides"],
	}}, nil
}

// readRecords reads a hand-written file into records, one for each block.
func readRecords(dir, name string) ([]record, error) {
	blocks, err := readBlocks(dir, name)
	if err != nil {
		return nil, err
	}
	records := make([]record, 0, len(blocks))
	for _, b := range blocks {
		r, err := b.record()
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// compactJSON returns the JSON of text on one line with the order of its members kept.
func compactJSON(text string) (json.RawMessage, error) {
	var buf bytes.Buffer
	if err := json.Compact(&buf, []byte(text)); err != nil {
		return nil, fmt.Errorf("%w in %s", err, text)
	}
	return buf.Bytes(), nil
}

// unescape undoes Go's escapes (\x1b, \u200b, \U000E0041, \n, \\) in a text in which quotes stand for themselves.
func unescape(text string) (string, error) {
	text = strings.NewReplacer(`"`, `\"`, "\n", `\n`).Replace(text)
	return strconv.Unquote(`"` + text + `"`)
}

// contentOf wraps a text as the result of a tool has it.
func contentOf(text string) any {
	return map[string]any{"content": []any{map[string]any{"type": "text", "text": text}}, "isError": false}
}

// lines reads the lines of a hand-written file that are neither empty nor comments.
func lines(dir, name string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	var out []string
	for line := range strings.SplitSeq(string(data), "\n") {
		if line != "" && !strings.HasPrefix(line, "# ") {
			out = append(out, line)
		}
	}
	return out, nil
}
