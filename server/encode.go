package server

import (
	"bytes"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// encode writes an answer as the result object of its request's era. It is written here, and not by the SDK's types,
// because a result passes from the handler to the client unread: nothing is decoded or reflected on again.
func (s *Server) encode(r *request, kind governance.Kind, answer tools.Result) []byte {
	if answer.Verbatim != nil {
		return s.verbatim(r.meta.modern, &answer, kind == governance.KindResource)
	}
	b := make([]byte, 0, 256+len(answer.Structured)*2)
	b = append(b, '{')
	switch kind {
	case governance.KindResource:
		b = appendContents(b, answer.Contents)
	case governance.KindPrompt:
		b = appendPrompt(b, answer)
	default:
		b = appendTool(b, answer)
	}
	return s.closeResult(b, r.meta.modern, &answer, kind == governance.KindResource)
}

// closeResult adds what every result carries: _meta, and in the 2026 era the result's type, the server's name and,
// where a client may keep the result, for how long.
func (s *Server) closeResult(b []byte, modern bool, answer *tools.Result, cacheable bool) []byte {
	if answer.CallID != "" || len(answer.Meta) > 0 || modern {
		b = append(b, `,"_meta":`...)
		b = s.appendMeta(b, modern, answer)
	}
	if modern {
		b = append(b, `,"resultType":"complete"`...)
		if cacheable {
			b = append(b, `,"ttlMs":0,"cacheScope":"private"`...)
		}
	}
	b = append(b, '}')
	if bytes.HasPrefix(b, []byte("{,")) {
		b = append(b[:1], b[2:]...)
	}
	return b
}

// metaServerInfo is the _meta key under which a result of the 2026 era says who answers.
const metaServerInfo = "io.modelcontextprotocol/serverInfo"

func (s *Server) appendMeta(b []byte, modern bool, answer *tools.Result) []byte {
	b = append(b, '{')
	if answer.CallID != "" {
		b = appendString(append(b, `"`+tools.MetaCall+`":{"id":`...), answer.CallID)
		b = append(b, "},"...)
	}
	if len(answer.Meta) > 0 { // sorting none would allocate
		for _, key := range slices.Sorted(maps.Keys(answer.Meta)) {
			if key == tools.MetaCall {
				continue
			}
			b = append(append(appendString(b, key), ':'), answer.Meta[key]...)
			b = append(b, ',')
		}
	}
	if modern {
		b = append(append(b, `"`+metaServerInfo+`":`...), s.self...)
		return append(b, '}')
	}
	return append(bytes.TrimSuffix(b, []byte{','}), '}')
}

func appendTool(b []byte, answer tools.Result) []byte {
	b = append(b, `"content":[`...)
	for i, block := range answer.Content {
		b = appendComma(b, i)
		b = appendContent(b, block)
	}
	b = append(b, ']')
	if len(answer.Structured) > 0 {
		b = append(append(b, `,"structuredContent":`...), answer.Structured...)
	}
	if answer.IsError {
		b = append(b, `,"isError":true`...)
	}
	return b
}

func appendPrompt(b []byte, answer tools.Result) []byte {
	if answer.Description != "" {
		b = append(appendString(append(b, `"description":`...), answer.Description), ',')
	}
	b = append(b, `"messages":[`...)
	for i, m := range answer.Messages {
		b = appendComma(b, i)
		b = appendString(append(b, `{"role":`...), string(m.Role))
		b = append(appendContent(append(b, `,"content":`...), m.Content), '}')
	}
	return append(b, ']')
}

func appendContents(b []byte, contents []tools.ResourceContents) []byte {
	b = append(b, `"contents":[`...)
	for i, c := range contents {
		b = appendComma(b, i)
		b = appendResource(b, &c)
	}
	return append(b, ']')
}

func appendComma(b []byte, i int) []byte {
	if i == 0 {
		return b
	}
	return append(b, ',')
}

func appendContent(b []byte, c tools.Content) []byte {
	b = appendString(append(b, `{"type":`...), string(c.Type))
	switch c.Type {
	case tools.TypeText:
		b = appendString(append(b, `,"text":`...), c.Text)
	case tools.TypeImage, tools.TypeAudio:
		b = appendBase64(append(b, `,"data":`...), c.Data)
		b = appendField(b, "mimeType", c.MIMEType)
	case tools.TypeResourceLink:
		b = appendString(append(b, `,"uri":`...), c.URI)
		b = appendString(append(b, `,"name":`...), c.Name)
		b = appendField(b, "title", c.Title)
		b = appendField(b, "mimeType", c.MIMEType)
	case tools.TypeResource:
		b = append(b, `,"resource":`...)
		b = appendResource(b, c.Resource)
	}
	return append(b, '}')
}

func appendResource(b []byte, c *tools.ResourceContents) []byte {
	if c == nil {
		c = &tools.ResourceContents{}
	}
	b = appendString(append(b, `{"uri":`...), c.URI)
	b = appendField(b, "mimeType", c.MIMEType)
	if c.Blob != nil {
		b = appendBase64(append(b, `,"blob":`...), c.Blob)
	} else {
		b = appendString(append(b, `,"text":`...), c.Text)
	}
	return append(b, '}')
}

// appendField appends ,"name":"value" unless the value is empty.
func appendField(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	return appendString(b, value)
}

func appendBase64(b, data []byte) []byte {
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, data)
	return append(b, '"')
}

func appendBool(b []byte, name string, value bool) []byte {
	b = append(append(append(b, `,"`...), name...), `":`...)
	return strconv.AppendBool(b, value)
}
