package policy

import (
	"fmt"

	"github.com/goccy/go-yaml/token"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// Bounds of form. A policy file needs three levels and a dozen keys in a record; the parser recurses, and takes time with
// the square of the keys of a mapping and of the empty lines in a row, so that more is refused before it runs.
const (
	maxFlowDepth  = 8 // brackets within brackets
	maxDashes     = 4 // dashes that begin lists on one line
	maxKeys       = 64
	maxEmptyLines = 20
)

// A screening goes over the tokens of a file before they are parsed.
type screening struct {
	decoder *decoder
	depth   int  // of brackets
	line    int  // of the last dash
	dashes  int  // on it
	keys    int  // since the last record began
	content bool // was there before
	ended   bool // a document has ended
}

// screen refuses what a policy file does not need and what could make a small file large or deep: anchors, aliases,
// merges, tags, directives, complex keys, several documents, deep nesting.
func (d *decoder) screen(tokens token.Tokens) {
	s := screening{decoder: d}
	for _, t := range tokens {
		if problem := s.problem(t); problem != "" {
			d.fault(position(t), problem)
		}
		if s.depth > maxFlowDepth || s.dashes > maxDashes || s.keys > maxKeys || t.Type == token.DirectiveType {
			return // the rest would only repeat it
		}
	}
}

// problem says what is wrong with the next token, or returns nothing.
func (s *screening) problem(t *token.Token) string {
	switch t.Type {
	case token.CommentType:
		return ""
	case token.DocumentHeaderType, token.DocumentEndType:
		return s.document(t)
	default:
	}
	first := s.ended
	s.content, s.ended = true, false
	switch {
	case first:
		return "a second document: a file is one list, so remove the line --- or split the file"
	case t.Type == token.AnchorType, t.Type == token.AliasType:
		return "anchors and aliases are not read: write the value out"
	case t.Type == token.MergeKeyType:
		return "merge keys are not read: write the fields out"
	case t.Type == token.TagType:
		return "tags are not read: remove " + t.Value
	case t.Type == token.DirectiveType:
		return "directives are not read: remove the line"
	case t.Type == token.MappingKeyType:
		return `a key is a plain word: remove "?"`
	default:
		return s.nesting(t)
	}
}

// document judges the marks of documents: one may begin the file, and one may end it.
func (s *screening) document(t *token.Token) string {
	if t.Type == token.DocumentHeaderType && !s.content {
		s.content = true
		return ""
	}
	s.ended = true
	return ""
}

// nesting judges brackets, dashes and keys.
func (s *screening) nesting(t *token.Token) string {
	switch t.Type {
	case token.MappingValueType:
		s.keys++
	case token.SequenceStartType, token.MappingStartType:
		s.depth++
		s.keys = 0
	case token.SequenceEndType, token.MappingEndType:
		s.depth--
	case token.SequenceEntryType:
		if line := t.Position.Line; line != s.line {
			s.line, s.dashes = line, 0
		}
		s.dashes++
		s.keys = 0
	default:
	}
	switch {
	case s.depth > maxFlowDepth:
		return fmt.Sprintf("brackets are nested more than %d deep", maxFlowDepth)
	case s.dashes > maxDashes:
		return fmt.Sprintf("lists are nested more than %d deep", maxDashes)
	case s.keys > maxKeys:
		return fmt.Sprintf("a record of more than %d fields", maxKeys)
	default:
		return ""
	}
}

// position returns where a token begins.
func position(t *token.Token) governance.Position {
	if t == nil || t.Position == nil {
		return start()
	}
	return governance.Position{Line: t.Position.Line, Column: t.Position.Column}
}

// emptyRun returns where a run of more than maxEmptyLines empty lines goes too far, and whether there is one. Lines end
// as YAML ends them: with a line feed, a carriage return, or both.
func emptyRun(data []byte) (governance.Position, bool) {
	line, ends := 1, 0
	for i, c := range data {
		switch {
		case c == '\r' && i+1 < len(data) && data[i+1] == '\n':
		case c == '\n' || c == '\r':
			line++
			if ends++; ends > maxEmptyLines+1 {
				return governance.Position{Line: line, Column: 1}, true
			}
		case c != ' ' && c != '\t':
			ends = 0
		}
	}
	return governance.Position{}, false
}
