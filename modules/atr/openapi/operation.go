package openapi

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
)

// maxOperations bounds what a document can describe.
const maxOperations = 2000

// An argument is one of an operation's: where it goes in a request, and how it is written there.
type argument struct {
	Arg      string `json:"arg"`  // its name for a caller
	In       string `json:"in"`   // path, query or header
	Name     string `json:"name"` // there
	Style    string `json:"style,omitempty"`
	Explode  bool   `json:"explode,omitempty"`
	JSON     bool   `json:"json,omitempty"` // written as JSON
	Slash    bool   `json:"slash,omitempty"`
	required bool
	schema   any
}

// A body is an operation's.
type body struct {
	Arg      string `json:"arg"`
	Type     string `json:"type"` // of its content
	required bool
	schema   any
}

// An operation is one as the document describes it.
type operation struct {
	name, method, path string
	summary            string
	arguments          []argument
	body               *body
	effects            local.Effects
}

// methods are those that operations have, in the order of a document.
func methods() []string {
	return []string{"get", "put", "post", "delete", "head", "patch"}
}

// effectsOf are those that a method has by RFC 9110, section 9.2.
func effectsOf(method string) local.Effects {
	switch method {
	case http.MethodGet, http.MethodHead:
		return local.Effects{ReadOnly: true, NonDestructive: true, Idempotent: true}
	case http.MethodPut, http.MethodDelete:
		return local.Effects{Idempotent: true}
	default:
		return local.Effects{}
	}
}

// A Skipped is an operation that is no tool, and why.
type Skipped struct {
	Operation string // its name, or its method and path
	Why       string
}

// operations returns what the document describes, by path and method, and what of it cannot be a tool. Of several that would
// have one name none is.
func (d *document) operations(s *Spec) (all []operation, skipped []Skipped, err error) {
	paths := members(d.root, "paths")
	skip := func(what string, err error) { skipped = append(skipped, Skipped{what, err.Error()}) }
	count := map[string]int{}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item, err := d.object(paths[path])
		if err != nil {
			skip(path, err)
			continue
		}
		for _, method := range methods() {
			described, ok := item[method].(map[string]any)
			if !ok {
				continue
			}
			o, err := d.operation(s, item, described, method, path)
			switch {
			case !s.wants(&o):
			case err != nil:
				skip(o.where(), err)
			default:
				all = append(all, o)
				count[o.name]++
			}
			if len(all) > maxOperations {
				return nil, nil, fmt.Errorf("more than %d operations: include fewer", maxOperations)
			}
		}
	}
	all = slices.DeleteFunc(all, func(o operation) bool {
		if count[o.name] > 1 {
			skip(o.where(), fmt.Errorf("its name %s is another's, too", o.name))
		}
		return count[o.name] > 1
	})
	return all, skipped, nil
}

// where is the operation's method and path.
func (o *operation) where() string { return o.method + " " + o.path }

// operation reads one.
func (d *document) operation(s *Spec, item, in map[string]any, method, path string) (operation, error) {
	o := operation{name: nameOf(textOf(in, "operationId"), method, path), method: strings.ToUpper(method), path: path}
	o.effects = s.effectsOf(&o)
	o.summary = strings.TrimSpace(clip(textOf(in, "summary")) + "\n" + clip(textOf(in, "description")))
	if o.summary == "" {
		o.summary = o.method + " " + path
	}
	if s.Server == "" && (len(list(item, "servers")) > 0 || len(list(in, "servers")) > 0) {
		return o, errors.New("it has a server of its own")
	}
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?#\\ ") {
		return o, errors.New("its path is none")
	}
	if err := d.parameters(s, &o, append(slices.Clone(list(item, "parameters")), list(in, "parameters")...)); err != nil {
		return o, err
	}
	if err := d.requestBody(&o, in["requestBody"]); err != nil {
		return o, fmt.Errorf("its body %w", err)
	}
	return o, o.complete()
}

// nameOf is the name of an operation: its id, or its method and path, in legal characters.
func nameOf(id, method, path string) string {
	if id == "" {
		id = method + strings.NewReplacer("{", "", "}", "").Replace(path)
	}
	return strings.Trim(regexp.MustCompile(`[^a-zA-Z0-9_-]+`).ReplaceAllString(id, "_"), "_")
}

// parameters reads those of a path and of its operation, whose own come last and win.
func (d *document) parameters(s *Spec, o *operation, given []any) error {
	found := map[string]argument{}
	var order []string
	for _, one := range given {
		in, err := d.object(one)
		if err != nil {
			return fmt.Errorf("a parameter %w", err)
		}
		key := textOf(in, "in") + " " + textOf(in, "name")
		a, err := d.parameter(s, in)
		if err != nil {
			return fmt.Errorf("its parameter %.60q %w", textOf(in, "name"), err)
		}
		if _, again := found[key]; !again {
			order = append(order, key)
		}
		found[key] = a
	}
	taken := map[string]bool{}
	for _, key := range order {
		a := found[key]
		if a.In == "" {
			continue
		}
		if a.Arg = legal(a.Name); taken[a.Arg] {
			a.Arg += "_" + a.In
		}
		if taken[a.Arg] || a.Arg == "" {
			return fmt.Errorf("there is no name left for its parameter %.60q", a.Name)
		}
		taken[a.Arg] = true
		o.arguments = append(o.arguments, a)
	}
	return nil
}

// legal is a name as models can write it.
func legal(name string) string {
	name = strings.Trim(regexp.MustCompile(`[^a-zA-Z0-9_.-]+`).ReplaceAllString(name, "_"), "_")
	return name[:min(len(name), 50)]
}

// parameter reads one parameter. One that callers have no say in is nowhere.
func (d *document) parameter(s *Spec, in map[string]any) (argument, error) {
	a := argument{In: textOf(in, "in"), Name: textOf(in, "name"), Style: textOf(in, "style"), schema: in["schema"]}
	a.required = in["required"] == true
	if a.Name == "" {
		return a, errors.New("has no name")
	}
	switch a.In {
	case "path":
		a.required, a.Slash = true, slices.Contains(s.Slash, a.Name)
		return a, d.styled(&a, in, "simple", "simple")
	case "query":
		if _, ours := s.Query[a.Name]; ours {
			return argument{}, nil
		}
		return a, d.styled(&a, in, "form", "form spaceDelimited pipeDelimited deepObject")
	case "header":
		if s.ownHeader(a.Name) {
			return argument{}, nil
		}
		if !token().MatchString(a.Name) {
			return a, errors.New("is no name of a header")
		}
		return a, d.styled(&a, in, "simple", "simple")
	case "cookie":
		if a.required {
			return a, errors.New("is a cookie, which is not sent")
		}
		return argument{}, nil
	default:
		return a, fmt.Errorf("is in %.20q, which is unknown", a.In)
	}
}

// ownHeader reports whether callers have no say in a header: it is the operator's, or belongs to the connection.
func (s *Spec) ownHeader(name string) bool {
	for own := range s.Headers {
		if strings.EqualFold(own, name) {
			return true
		}
	}
	canonical := textproto.CanonicalMIMEHeaderKey(name)
	return strings.HasPrefix(canonical, "Proxy-") || strings.HasPrefix(canonical, "Sec-") || slices.Contains([]string{
		"Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Length", "Content-Type", "Cookie", "Expect", "Forwarded", "Host",
		"Keep-Alive", "Origin", "Referer", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent", "Via", "X-Forwarded-For",
		"X-Forwarded-Host", "X-Forwarded-Proto", "X-Http-Method", "X-Http-Method-Override", "X-Method-Override", "X-Original-Url", "X-Rewrite-Url",
	}, canonical)
}

// styled reads how a parameter is written.
func (d *document) styled(a *argument, in map[string]any, usual, known string) error {
	if a.Style == "" {
		a.Style = usual
	}
	if !slices.Contains(strings.Fields(known), a.Style) {
		return fmt.Errorf("is written in the style %.20q, which is unknown here", a.Style)
	}
	explode, said := in["explode"].(bool)
	a.Explode = explode || !said && a.Style == "form"
	if content := members(in, "content"); len(content) > 0 {
		for name, media := range content {
			if !isJSON(name) || len(content) > 1 {
				return fmt.Errorf("is of the type %.60q, which is unknown here", name)
			}
			if m, ok := media.(map[string]any); ok {
				a.schema, a.JSON = m["schema"], true
			}
		}
	}
	if said, err := d.object(a.schema); err == nil {
		if description := textOf(in, "description"); description != "" && textOf(said, "description") == "" {
			described := maps.Clone(a.schema.(map[string]any)) //nolint:forcetypeassert // it is an object
			described["description"] = description
			a.schema = described
		}
	}
	return nil
}

// requestBody reads which body an operation takes: JSON where it does, or else a form, or a text.
func (d *document) requestBody(o *operation, in any) error {
	if in == nil {
		return nil
	}
	said, err := d.object(in)
	if err != nil {
		return err
	}
	content := members(said, "content")
	names := slices.Sorted(maps.Keys(content))
	required := said["required"] == true
	for _, fits := range []func(string) bool{isJSON, isForm, isText} {
		i := slices.IndexFunc(names, fits)
		if i < 0 {
			continue
		}
		media, err := d.object(content[names[i]])
		if err != nil {
			return err
		}
		o.body = &body{Arg: "body", Type: plainType(names[i]), required: required, schema: media["schema"]}
		if isText(names[i]) {
			o.body.schema = map[string]any{"type": "string"}
		}
		if slices.ContainsFunc(o.arguments, func(a argument) bool { return a.Arg == o.body.Arg }) {
			o.body.Arg = "request_body"
		}
		return nil
	}
	if required {
		return fmt.Errorf("is of %.100q, none of which is known here", names)
	}
	return nil
}

// plainType is a content type without its parameters, where one can be sent as it stands.
func plainType(name string) string {
	name, _, _ = strings.Cut(name, ";")
	if name = strings.ToLower(strings.TrimSpace(name)); strings.ContainsAny(name, "*\r\n") {
		return "application/json"
	}
	return name
}

func isJSON(name string) bool {
	name, _, _ = strings.Cut(strings.ToLower(name), ";")
	name = strings.TrimSpace(name)
	return name == "application/json" || name == "*/*" || regexp.MustCompile(`^application/[a-z0-9.+-]+\+json$`).MatchString(name)
}

func isForm(name string) bool { return plainType(name) == "application/x-www-form-urlencoded" }

func isText(name string) bool { return plainType(name) == "text/plain" }

// places matches the parameters in a path.
func places() *regexp.Regexp { return regexp.MustCompile(`\{([^{}/]+)\}`) }

// complete reports what an operation lacks.
func (o *operation) complete() error {
	if o.name == "" || len(o.name) > 200 {
		return errors.New("it has no name that can be used")
	}
	in := map[string]bool{}
	for _, m := range places().FindAllStringSubmatch(o.path, -1) {
		in[m[1]] = true
		if !slices.ContainsFunc(o.arguments, func(a argument) bool { return a.In == "path" && a.Name == m[1] }) {
			return fmt.Errorf("its path has {%.60s}, which is no parameter", m[1])
		}
	}
	if strings.ContainsAny(places().ReplaceAllString(o.path, ""), "{}") {
		return errors.New("its path is none")
	}
	for _, a := range o.arguments {
		if a.In == "path" && !in[a.Name] {
			return fmt.Errorf("its path has no {%.60s}", a.Name)
		}
	}
	if slices.ContainsFunc(o.arguments, func(a argument) bool { return o.body != nil && a.Arg == o.body.Arg }) {
		return errors.New("there is no name left for its body")
	}
	return nil
}
