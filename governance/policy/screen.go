package policy

import (
	"fmt"

	"github.com/goccy/go-yaml/token"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// Bounds of nesting. A policy file needs three levels; the parser recurses, so that more is refused before it runs.
const (
	maxFlowDepth = 8 // brackets within brackets
	maxDashes    = 4 // dashes that begin lists on one line
)

// A screening goes over the tokens of a file before they are parsed.
type screening struct {
	decoder *decoder
	depth   int  // of brackets
	line    int  // of the last dash
	dashes  int  // on it
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
		if s.depth > maxFlowDepth || s.dashes > maxDashes || t.Type == token.DirectiveType {
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

// nesting judges brackets and dashes.
func (s *screening) nesting(t *token.Token) string {
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		s.depth++
	case token.SequenceEndType, token.MappingEndType:
		s.depth--
	case token.SequenceEntryType:
		if line := t.Position.Line; line != s.line {
			s.line, s.dashes = line, 0
		}
		s.dashes++
	default:
	}
	switch {
	case s.depth > maxFlowDepth:
		return fmt.Sprintf("brackets are nested more than %d deep", maxFlowDepth)
	case s.dashes > maxDashes:
		return fmt.Sprintf("lists are nested more than %d deep", maxDashes)
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
