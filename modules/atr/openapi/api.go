package openapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/dial"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
)

// What holds where a Spec says nothing, and what it can say at most.
const (
	DefaultTimeout = 30 * time.Second
	DefaultAnswer  = 1 << 20  // bytes of an answer that are passed on
	MaxAnswer      = 16 << 20 // that can be
)

// A Spec says which operations of which document are tools, and where and how they are asked for.
type Spec struct {
	Name     string            // of all of them together
	Document string            // the file
	Server   string            // the URL that paths are behind; empty is the document's own
	Private  bool              // the URL may lead to this machine and to private networks, and need not be https
	Headers  map[string]string // of each request; values may be references to secrets
	Query    map[string]string // of each request, as some services want their keys; values may be references to secrets
	Include  []string          // globs of names, or of "GET /path"; nil is all
	Exclude  []string          // of those that are none
	Effects  []Rule            // what the operator knows of effects better than methods say; the first that matches holds
	Slash    []string          // parameters of paths whose values may have slashes
	Timeout  time.Duration     // 0 is DefaultTimeout
	Bytes    int               // of an answer, the rest is cut; 0 is DefaultAnswer
}

// A Rule says what effects operations have.
type Rule struct {
	Match   string // a glob of names, or of "GET /path"
	Effects local.Effects
}

// Options are what an API is made of, besides its Spec.
type Options struct {
	// Resolve returns what a reference to a secret stands for. Nil takes everything as it is written.
	Resolve func(ctx context.Context, text string) (string, error)
	// Files knows digests of files. Nil is one of its own.
	Files *local.Files
	// Dial is how the service is reached; permitting private networks is added where the Spec says so.
	Dial dial.Options
}

// An API is a service whose operations are tools. It is safe for concurrent use.
type API struct {
	s      Spec
	o      Options
	client *http.Client

	mu      sync.Mutex
	digest  string // of the document as it was read
	tools   []*Tool
	skipped []Skipped
}

// New returns the API, or all that is wrong with its Spec. It reads no file.
func New(s Spec, o Options) (*API, error) {
	if o.Files == nil {
		o.Files = &local.Files{}
	}
	if s.Private {
		o.Dial.Permit = append(slices.Clone(o.Dial.Permit), dial.Private()...)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("openapi %s: %w", s.Name, err)
	}
	if s.Timeout == 0 {
		s.Timeout = DefaultTimeout
	}
	if s.Bytes == 0 {
		s.Bytes = DefaultAnswer
	}
	client := dial.Client(o.Dial)
	client.CheckRedirect = stayHome(client.CheckRedirect)
	return &API{s: s, o: o, client: client}, nil
}

// stayHome follows redirects to where the request went in the first place: what it has in its headers, its query and its
// body was meant for nobody else.
func stayHome(judge func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(r *http.Request, via []*http.Request) error {
		if r.URL.Scheme != via[0].URL.Scheme || !strings.EqualFold(r.URL.Host, via[0].URL.Host) {
			return fmt.Errorf("%w: it leads to another server", dial.ErrRedirect)
		}
		return judge(r, via)
	}
}

// check returns what is wrong with a Spec.
func (s *Spec) check() error {
	faults := []error{local.CheckName(s.Name)}
	if s.Document == "" {
		faults = append(faults, errors.New("has no document"))
	}
	if s.Server != "" {
		if _, err := baseOf(s.Server); err != nil {
			faults = append(faults, err)
		}
	}
	if s.Timeout < 0 || s.Bytes < 0 || s.Bytes > MaxAnswer {
		faults = append(faults, fmt.Errorf("times and bounds must not be negative, and an answer is at most %d bytes", MaxAnswer))
	}
	globs := slices.Concat(s.Include, s.Exclude)
	for _, r := range s.Effects {
		globs = append(globs, r.Match)
	}
	for _, text := range globs {
		if _, err := match.CompileGlob(text, true); err != nil {
			faults = append(faults, fmt.Errorf("%.100q: %w", text, err))
		}
	}
	for name := range s.Headers {
		if !token().MatchString(name) || strings.EqualFold(name, "host") {
			faults = append(faults, fmt.Errorf("the header %.60q cannot be set", name))
		}
	}
	return errors.Join(faults...)
}

// token matches the names of headers (RFC 9110, section 5.6.2).
func token() *regexp.Regexp { return regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") }

// wants reports whether an operation is to be a tool.
func (s *Spec) wants(o *operation) bool {
	return !o.matches(s.Exclude...) && (s.Include == nil || o.matches(s.Include...))
}

// matches reports whether one of the globs, which are valid, is for the operation.
func (o *operation) matches(globs ...string) bool {
	for _, text := range globs {
		subject := o.name
		if strings.Contains(text, " ") {
			subject = o.where()
		}
		if g, err := match.CompileGlob(text, true); err == nil && g.Match(subject) {
			return true
		}
	}
	return false
}

// effectsOf are the effects of an operation.
func (s *Spec) effectsOf(o *operation) local.Effects {
	for _, r := range s.Effects {
		if o.matches(r.Match) {
			return r.Effects
		}
	}
	return effectsOf(o.method)
}

// baseOf reads the URL of a server.
func baseOf(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the server's url: %w", err)
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, fmt.Errorf("the server's url %.200q does not begin with https:// and a name", text)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, errors.New("the server's url has a user, a query or a fragment: headers and query are for that")
	}
	return u, nil
}

// Name returns the API's name.
func (a *API) Name() string { return a.s.Name }

// Close ends connections that nobody uses. Calls that run go on.
func (a *API) Close() error {
	a.client.CloseIdleConnections()
	return nil
}

// Tools returns the operations that are tools, by path and method, and those that are not; the document is read again when
// it is another than before. The error is an ErrBroken.
func (a *API) Tools(context.Context) ([]*Tool, []Skipped, error) {
	digest, err := a.o.Files.Digest(a.s.Document)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", local.ErrBroken, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if digest != a.digest {
		tools, skipped, err := a.read()
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %s: %w", local.ErrBroken, a.s.Document, err)
		}
		a.digest, a.tools, a.skipped = digest, tools, skipped
	}
	return a.tools, a.skipped, nil
}

// read reads the document. A file that changes meanwhile is read again when it is next asked for.
func (a *API) read() ([]*Tool, []Skipped, error) {
	file, err := os.Open(a.s.Document)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, MaxDocument+1))
	if err != nil {
		return nil, nil, err
	}
	d, err := parse(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	if err != nil {
		return nil, nil, err
	}
	base, err := a.base(d)
	if err != nil {
		return nil, nil, err
	}
	found, skipped, err := d.operations(&a.s)
	if err != nil {
		return nil, nil, err
	}
	tools := make([]*Tool, 0, len(found))
	for i := range found {
		t, err := a.tool(d, base, &found[i])
		if err != nil {
			skipped = append(skipped, Skipped{found[i].where(), err.Error()})
			continue
		}
		tools = append(tools, t)
	}
	return tools, skipped, nil
}

// base is the URL that paths are behind: the operator's, or the first of the document's.
func (a *API) base(d *document) (*url.URL, error) {
	if a.s.Server != "" {
		return baseOf(a.s.Server)
	}
	servers := list(d.root, "servers")
	if len(servers) == 0 {
		return nil, errors.New("has no server: say which is meant")
	}
	server, _ := servers[0].(map[string]any)
	text := textOf(server, "url")
	for name, variable := range members(server, "variables") {
		if v, ok := variable.(map[string]any); ok {
			text = strings.ReplaceAll(text, "{"+name+"}", textOf(v, "default"))
		}
	}
	u, err := baseOf(text)
	if err != nil {
		return nil, fmt.Errorf("%w: say which server is meant", err)
	}
	return u, nil
}
