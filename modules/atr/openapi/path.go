package openapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
)

// path writes the path. Each value stays where it stands: in its segment, or, where the operator lets it have slashes,
// below what is before it.
func (t *Tool) path(given map[string]json.RawMessage) (string, error) {
	var out strings.Builder
	var raw strings.Builder // as a server sees it that decodes
	rest := t.op.path
	for _, at := range places().FindAllStringSubmatchIndex(t.op.path, -1) {
		before := t.op.path[len(t.op.path)-len(rest) : at[0]]
		rest = t.op.path[at[1]:]
		a := t.pathArgument(t.op.path[at[2]:at[3]])
		text, err := a.simple(given[a.Arg])
		if err != nil {
			return "", err
		}
		escaped, err := a.escape(text)
		if err != nil {
			return "", err
		}
		out.WriteString(escapeLiteral(before) + escaped)
		raw.WriteString(before + text)
	}
	out.WriteString(escapeLiteral(rest))
	raw.WriteString(rest)
	for segment := range strings.SplitSeq(raw.String(), "/") {
		if climbs(segment) {
			return "", fmt.Errorf("%w: they make a path that climbs", local.ErrArguments)
		}
	}
	return out.String(), nil
}

func (t *Tool) pathArgument(name string) *argument {
	for i := range t.op.arguments {
		if a := &t.op.arguments[i]; a.In == "path" && a.Name == name {
			return a
		}
	}
	return &argument{} // operation.complete has seen to it that there is one
}

// escapeLiteral escapes what the document has in a path, which may be escaped already.
func escapeLiteral(text string) string {
	plain, err := url.PathUnescape(text)
	if err != nil {
		plain = text
	}
	parts := strings.Split(plain, "/")
	if strings.Count(text, "/") != len(parts)-1 { // an escaped slash is one
		return text
	}
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// rounds is how often a server is thought to decode what it is sent.
const rounds = 4

// escape escapes a value. One that a server could take for several segments, or for none, however often it decodes, is
// refused.
func (a *argument) escape(text string) (string, error) {
	if text == "" {
		return "", fmt.Errorf("%w: %s is empty", local.ErrArguments, a.Arg)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", fmt.Errorf("%w: %s has control characters", local.ErrArguments, a.Arg)
	}
	plain, slashes := text, 0
	if a.Slash {
		slashes = strings.Count(text, "/")
	}
	for range rounds {
		if strings.Contains(plain, `\`) || strings.Count(plain, "/") != slashes {
			return "", fmt.Errorf("%w: %s has a slash", local.ErrArguments, a.Arg)
		}
		for segment := range strings.SplitSeq(plain, "/") {
			if climbs(segment) || segment == "" {
				return "", fmt.Errorf("%w: %s climbs out of its place in the path", local.ErrArguments, a.Arg)
			}
		}
		next, err := url.PathUnescape(plain)
		if err != nil || next == plain {
			break
		}
		plain = next
	}
	if !a.Slash {
		return url.PathEscape(text), nil
	}
	parts := strings.Split(text, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/"), nil
}

// climbs reports whether a segment is one that leads up or nowhere, also with parameters behind it, which some servers
// take off.
func climbs(segment string) bool {
	segment, _, _ = strings.Cut(segment, ";")
	return segment == "." || segment == ".."
}
