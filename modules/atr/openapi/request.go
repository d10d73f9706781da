package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
)

// given reads the arguments of a call: of those that there are, and all that must be. What is null is left out.
func (t *Tool) given(args json.RawMessage) (map[string]json.RawMessage, error) {
	given := map[string]json.RawMessage{}
	if len(args) > 0 {
		if err := json.Unmarshal(args, &given); err != nil || given == nil {
			return nil, fmt.Errorf("%w: they are no object", local.ErrArguments)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, known := t.parameters[name]; !known {
			return nil, fmt.Errorf("%w: %.70q is unknown", local.ErrArguments, name)
		}
		if string(given[name]) == "null" && (t.op.body == nil || t.op.body.Arg != name) {
			delete(given, name)
		}
	}
	for name, required := range t.parameters {
		if _, there := given[name]; required && !there {
			return nil, fmt.Errorf("%w: %s is missing", local.ErrArguments, name)
		}
	}
	return given, nil
}

// request makes the request, and says what in it is secret.
func (t *Tool) request(ctx context.Context, given map[string]json.RawMessage) (*http.Request, []string, error) {
	path, err := t.path(given)
	if err != nil {
		return nil, nil, err
	}
	pairs, err := t.query(given)
	if err != nil {
		return nil, nil, err
	}
	var secrets []string
	if pairs, err = t.ownQuery(ctx, pairs, &secrets); err != nil {
		return nil, nil, err
	}
	body, kind, err := t.body(given)
	if err != nil {
		return nil, nil, err
	}
	address := strings.TrimRight(t.base.String(), "/") + path
	if len(pairs) > 0 {
		address += "?" + strings.Join(pairs, "&")
	}
	r, err := http.NewRequestWithContext(ctx, t.op.method, address, body)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: they make no request", local.ErrArguments)
	}
	if r.URL.Host != t.base.Host || r.URL.Scheme != t.base.Scheme || r.URL.User != nil {
		return nil, nil, fmt.Errorf("%w: they lead elsewhere", local.ErrArguments)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return r, secrets, t.headers(ctx, r.Header, given, &secrets)
}

// resolved is what stands for a value that may be a reference to a secret, which is noted.
func (t *Tool) resolved(ctx context.Context, text string, secrets *[]string) (string, error) {
	if t.api.o.Resolve == nil {
		return text, nil
	}
	value, err := t.api.o.Resolve(ctx, text)
	if err != nil {
		return "", fmt.Errorf("%w: %w", local.ErrBroken, err)
	}
	if value != text {
		*secrets = append(*secrets, value, url.QueryEscape(value), url.PathEscape(value))
	}
	return value, nil
}

// headers sets those of the operator, and those that are arguments, which cannot be the same.
func (t *Tool) headers(ctx context.Context, h http.Header, given map[string]json.RawMessage, secrets *[]string) error {
	h.Set("Accept", "application/json, text/*;q=0.9, */*;q=0.1")
	h.Set("User-Agent", "mcp-kernel")
	for _, a := range t.op.arguments {
		value, there := given[a.Arg]
		if a.In != "header" || !there {
			continue
		}
		text, err := a.simple(value)
		if err != nil {
			return err
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return fmt.Errorf("%w: %s has control characters", local.ErrArguments, a.Arg)
		}
		h.Set(a.Name, text)
	}
	for name, text := range t.api.s.Headers {
		value, err := t.resolved(ctx, text, secrets)
		if err != nil {
			return err
		}
		h.Set(name, value)
	}
	return nil
}

// ownQuery adds what the operator has in every query.
func (t *Tool) ownQuery(ctx context.Context, pairs []string, secrets *[]string) ([]string, error) {
	for _, name := range names(t.api.s.Query) {
		value, err := t.resolved(ctx, t.api.s.Query[name], secrets)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, pair(name, value))
	}
	return pairs, nil
}

// query writes the arguments that are in the query.
func (t *Tool) query(given map[string]json.RawMessage) (pairs []string, err error) {
	for _, a := range t.op.arguments {
		value, there := given[a.Arg]
		if a.In != "query" || !there {
			continue
		}
		more, err := a.pairs(value)
		if err != nil {
			return nil, err
		}
		for _, p := range more {
			name, _, _ := strings.Cut(p, "=")
			if plain, err := url.QueryUnescape(name); err != nil || t.foreign(&a, plain) {
				return nil, fmt.Errorf("%w: %s has a member %.60q, which is not its own", local.ErrArguments, a.Arg, plain)
			}
		}
		pairs = append(pairs, more...)
	}
	return pairs, nil
}

// foreign reports whether a key of the query that an argument made up belongs to another, or to the operator.
func (t *Tool) foreign(a *argument, name string) bool {
	if name == a.Name {
		return false
	}
	if _, ours := t.api.s.Query[name]; ours {
		return true
	}
	return slices.ContainsFunc(t.op.arguments, func(other argument) bool { return other.In == "query" && other.Name == name })
}

func pair(name, value string) string { return url.QueryEscape(name) + "=" + url.QueryEscape(value) }

// pairs writes an argument of the query.
func (a *argument) pairs(value json.RawMessage) ([]string, error) {
	if a.JSON {
		return []string{pair(a.Name, string(value))}, nil
	}
	var items []json.RawMessage
	var object map[string]json.RawMessage
	separator := map[string]string{"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}[a.Style]
	switch value[0] {
	case '[':
		if err := json.Unmarshal(value, &items); err != nil {
			return nil, fmt.Errorf("%w: %s cannot be read", local.ErrArguments, a.Arg)
		}
		texts, err := a.scalars(items)
		if err != nil {
			return nil, err
		}
		if !a.Explode {
			return []string{pair(a.Name, strings.Join(texts, separator))}, nil
		}
		all := make([]string, len(texts))
		for i, text := range texts {
			all[i] = pair(a.Name, text)
		}
		return all, nil
	case '{':
		if err := json.Unmarshal(value, &object); err != nil {
			return nil, fmt.Errorf("%w: %s cannot be read", local.ErrArguments, a.Arg)
		}
		return a.object(object)
	default:
		text, err := a.scalar(value)
		return []string{pair(a.Name, text)}, err
	}
}

// object writes an argument of the query that is an object.
func (a *argument) object(object map[string]json.RawMessage) (all []string, err error) {
	var flat []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		text, err := a.scalar(object[key])
		if err != nil {
			return nil, err
		}
		switch {
		case a.Style == "deepObject":
			all = append(all, pair(a.Name+"["+key+"]", text))
		case a.Explode:
			all = append(all, pair(key, text))
		default:
			flat = append(flat, key, text)
		}
	}
	if flat != nil {
		all = append(all, pair(a.Name, strings.Join(flat, ",")))
	}
	return all, nil
}

// simple writes an argument of a path or a header: a scalar, or a list of them with commas.
func (a *argument) simple(value json.RawMessage) (string, error) {
	if a.JSON {
		return string(value), nil
	}
	if value[0] != '[' {
		return a.scalar(value)
	}
	var items []json.RawMessage
	if err := json.Unmarshal(value, &items); err != nil {
		return "", fmt.Errorf("%w: %s cannot be read", local.ErrArguments, a.Arg)
	}
	texts, err := a.scalars(items)
	return strings.Join(texts, ","), err
}

func (a *argument) scalars(items []json.RawMessage) ([]string, error) {
	texts := make([]string, len(items))
	for i, item := range items {
		text, err := a.scalar(item)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	return texts, nil
}

// scalar writes a value that is neither a list nor an object.
func (a *argument) scalar(value json.RawMessage) (string, error) {
	var text string
	switch {
	case json.Unmarshal(value, &text) == nil && string(value) != "null":
		return text, nil
	case value[0] == '[' || value[0] == '{':
		return "", fmt.Errorf("%w: %s is nested deeper than it can be written", local.ErrArguments, a.Arg)
	default:
		return string(value), nil
	}
}

// body writes the body, and says of what type it is.
func (t *Tool) body(given map[string]json.RawMessage) (io.Reader, string, error) {
	b := t.op.body
	if b == nil || given[b.Arg] == nil {
		return nil, "", nil
	}
	value := given[b.Arg]
	switch {
	case isJSON(b.Type):
		return bytes.NewReader(value), b.Type, nil
	case isText(b.Type):
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return nil, "", fmt.Errorf("%w: %s is no string", local.ErrArguments, b.Arg)
		}
		return strings.NewReader(text), "text/plain; charset=utf-8", nil
	default:
		form, err := formOf(b, value)
		return strings.NewReader(form), b.Type, err
	}
}

// formOf writes a body as forms are.
func formOf(b *body, value json.RawMessage) (string, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(value, &object); err != nil {
		return "", fmt.Errorf("%w: %s is no object", local.ErrArguments, b.Arg)
	}
	var all []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		field := argument{Arg: b.Arg, Name: key, Style: "form", Explode: true}
		if object[key][0] == '{' {
			return "", errors.Join(local.ErrArguments, fmt.Errorf("%s.%.60s is an object, which no form has", b.Arg, key))
		}
		pairs, err := field.pairs(object[key])
		if err != nil {
			return "", err
		}
		all = append(all, pairs...)
	}
	return strings.Join(all, "&"), nil
}
