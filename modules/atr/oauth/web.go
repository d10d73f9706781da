package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Bounds of what is asked of strangers.
const (
	maxDocument = 256 << 10        // bytes of an answer
	maxAddress  = 2 << 10          // bytes of an address
	fetchFor    = 15 * time.Second // to ask one thing
	maxWords    = 200              // bytes of a stranger's words that are repeated
)

// The errors of this package, found with errors.Is.
var (
	// ErrInsecure says that an address is not one over which secrets may go.
	ErrInsecure = errors.New("is no https address")
	// ErrMismatch says that a stranger says of itself that it is somebody else than was asked.
	ErrMismatch = errors.New("is not the one that was asked")
	// ErrDocument says that an answer is not what it should be.
	ErrDocument = errors.New("cannot be used")
	// ErrLogin says that there is no token, and that a person has to log in for one.
	ErrLogin = errors.New("a login is needed")
	// ErrRefused says that an authorization server refuses, and why.
	ErrRefused = errors.New("the authorization server refuses")
	// ErrRejected says that a server does not accept a token, though it is as the server wants it.
	ErrRejected = errors.New("does not accept")

	errAbsent   = errors.New("is not there")
	errRedirect = errors.New("it leads to another server")
)

// A web asks strangers. Its client says which addresses may be reached at all.
type web struct {
	reader, writer *http.Client
	target         *url.URL // the server that tokens are for; nil while it does not matter
}

// newWeb returns a web over a client, which is not changed. A document may lie elsewhere on its own server. What has
// secrets in it follows nothing.
func newWeb(client *http.Client) *web {
	reader, writer := *client, *client
	reader.Jar, writer.Jar = nil, nil
	reader.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if r.URL.Scheme != via[0].URL.Scheme || !strings.EqualFold(r.URL.Host, via[0].URL.Host) {
			return errRedirect
		}
		if client.CheckRedirect != nil {
			return client.CheckRedirect(r, via)
		}
		if len(via) > 3 {
			return errors.New("it leads on and on")
		}
		return nil
	}
	writer.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &web{reader: &reader, writer: &writer}
}

// address reads an address over which secrets may go: https, or http to this machine (OAuth 2.1, section 1.5).
func address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	foreign := strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) // RFC 3986; some would be taken for others
	switch {
	case err != nil || foreign || len(text) > maxAddress:
		return nil, fmt.Errorf("%.100q %w", text, ErrInsecure)
	case u.Scheme == "http" && local(u.Hostname()):
	case u.Scheme != "https" || u.Hostname() == "":
		return nil, fmt.Errorf("%.100q %w", text, ErrInsecure)
	}
	if u.User != nil || u.Fragment != "" || strings.Contains(text, "#") {
		return nil, fmt.Errorf("%.100q has a user, a password or a fragment: %w", text, ErrDocument)
	}
	return u, nil
}

// address reads an address that a stranger has named. Only of a server on this machine may it be one without TLS: any other
// could have us talk to what listens here.
func (w *web) address(text string) (*url.URL, error) {
	u, err := address(text)
	if err == nil && u.Scheme != "https" && (w.target == nil || !local(w.target.Hostname())) {
		return nil, fmt.Errorf("%.100q %w", text, ErrInsecure)
	}
	return u, err
}

// local reports whether a host is this machine. What the name resolves to is judged where it is connected to.
func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// get asks for a document, a JSON object. errAbsent says that there is none.
func (w *web) get(ctx context.Context, from *url.URL) (members, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchFor)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from.String(), nil)
	if err != nil {
		return nil, bare(err)
	}
	status, kind, text, err := send(w.reader, r)
	switch {
	case err != nil:
		return nil, err
	case status/100 == 4, status == http.StatusOK && kind != "application/json" && !strings.HasSuffix(kind, "+json"):
		return nil, errAbsent // a page that all unknown paths lead to is no document
	case status != http.StatusOK:
		return nil, fmt.Errorf("%w: HTTP %d", ErrDocument, status)
	}
	return read(text)
}

// send makes a request, and returns the answer's status, kind and text.
func send(client *http.Client, r *http.Request) (status int, kind string, text []byte, err error) {
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "mcp-kernel")
	answer, err := client.Do(r)
	if err != nil {
		return 0, "", nil, bare(err)
	}
	defer answer.Body.Close()
	text, err = io.ReadAll(io.LimitReader(answer.Body, maxDocument+1))
	switch {
	case err != nil:
		return 0, "", nil, fmt.Errorf("%w: %w", ErrDocument, bare(err))
	case len(text) > maxDocument:
		return 0, "", nil, fmt.Errorf("%w: it has more than %d bytes", ErrDocument, maxDocument)
	}
	kind, _, _ = mime.ParseMediaType(answer.Header.Get("Content-Type"))
	return answer.StatusCode, kind, text, nil
}

// bare is an error of a client without the address, which may have secrets.
func bare(err error) error {
	if of, ok := errors.AsType[*url.Error](err); ok {
		err = of.Err
	}
	return fmt.Errorf("it cannot be reached: %w", err)
}

// members are those of a JSON object, by their names to the letter.
type members map[string]json.RawMessage

// read reads an object in which no name is twice.
func read(text []byte) (members, error) {
	if _, err := primitives.Canonical(text); err != nil {
		return nil, fmt.Errorf("%w: it is no JSON: %w", ErrDocument, err)
	}
	var m members
	if json.Unmarshal(text, &m) != nil || m == nil {
		return nil, fmt.Errorf("%w: it is no JSON object", ErrDocument)
	}
	return m, nil
}

// text is a member that is a text. It is empty where there is none.
func (m members) text(name string) string { return member[string](m, name) }

// member is a member of a type, or nothing.
func member[T any](m members, name string) (value T) {
	var found T
	if raw, ok := m[name]; !ok || json.Unmarshal(raw, &found) != nil {
		return value
	}
	return found
}
