package server

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// ownPrefix is that of the keys of _meta which the kernel alone writes.
const ownPrefix = "io.mcp-kernel/"

// verbatim writes a result as another server wrote it, with what results of this era and kernel carry in the place of
// that server's own: type, _meta, and for how long a client may keep it.
func (s *Server) verbatim(modern bool, answer *tools.Result, cacheable bool) []byte {
	theirs := eachMember(answer.Verbatim)
	own := tools.Result{CallID: answer.CallID, Meta: map[string]json.RawMessage{}}
	b := append(make([]byte, 0, len(answer.Verbatim)+256), '{')
	for _, m := range theirs {
		switch {
		case m.key == "_meta":
			for _, note := range eachMember(m.value) {
				if !strings.HasPrefix(note.key, ownPrefix) && note.key != metaServerInfo {
					own.Meta[note.key] = note.value
				}
			}
			continue
		case m.key == "resultType", (m.key == "ttlMs" || m.key == "cacheScope") && !modern:
			continue
		case m.key == "ttlMs":
			cacheable = false // they have said it
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(appendString(b, m.key), ':'), m.value...)
	}
	maps.Copy(own.Meta, answer.Meta)
	return s.closeResult(b, modern, &own, cacheable)
}

// replaced writes what another server says of a thing, with our own members in the place of those of the same name,
// first of all; of ours none is empty.
func replaced(b []byte, definition json.RawMessage, ours ...member) []byte {
	b = append(b, '{')
	for i, m := range ours {
		b = append(append(appendString(appendComma(b, i), m.key), ':'), m.value...)
	}
	for _, m := range eachMember(definition) {
		if !named(ours, m.key) {
			b = append(append(appendString(append(b, ','), m.key), ':'), m.value...)
		}
	}
	return append(b, '}')
}

// A member is one of an object.
type member struct {
	key   string
	value json.RawMessage
}

func named(all []member, key string) bool {
	for i := range all {
		if all[i].key == key {
			return true
		}
	}
	return false
}

// text is a member that is a text.
func text(key, value string) member { return member{key, appendString(nil, value)} }

// eachMember returns the members of an object that is well-formed, in their order; of anything else none.
func eachMember(object json.RawMessage) (all []member) {
	s := scanner{text: object}
	s.space()
	if s.peek() != '{' {
		return nil
	}
	s.at++
	for s.space(); s.peek() == '"'; s.space() {
		key, value := s.next()
		all = append(all, member{key, json.RawMessage(value.of(object))})
		if s.space(); s.peek() == ',' {
			s.at++
		}
	}
	return all
}
