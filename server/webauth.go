package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// What HTTPOptions.Authenticate returns, wrapped or not, for requests that are refused otherwise than for who is not known.
var (
	// ErrMalformed is for credentials that are not where or what they must be: status 400.
	ErrMalformed = errors.New("malformed credentials")
	// ErrForbidden is for who is known and may not call this server: status 403.
	ErrForbidden = errors.New("not for this caller")
	// ErrUnjudged is for credentials that cannot be judged now: status 503, and nobody is let in.
	ErrUnjudged = errors.New("credentials cannot be judged now")
)

// A ScopeError is for a token that is good and was not given for enough: status 403, with what it must be given for.
type ScopeError struct{ Scopes []string }

// Error says what is missing.
func (e *ScopeError) Error() string { return "needed scopes: " + strings.Join(e.Scopes, " ") }

// A ProtectedResource is what clients are told of where to get tokens for this server (RFC 9728).
type ProtectedResource struct {
	Resource string   // the server's canonical URI, without a slash at its end
	Issuers  []string // of tokens for it
	Scopes   []string // that every token must be given for; shown to clients, not checked here
	Offered  []string // further ones that open something
}

const wellKnown = "/.well-known/oauth-protected-resource"

// A resourceCard is how a ProtectedResource is shown: where it is, and the document.
type resourceCard struct {
	url   string // of the document, for challenges
	path  string // of the resource, which may be another than that of the endpoint, behind a proxy
	scope string
	body  []byte
}

func newResourceCard(p *ProtectedResource) (*resourceCard, error) {
	if p == nil {
		return nil, nil //nolint:nilnil // there are no tokens
	}
	u, err := url.Parse(p.Resource)
	if err != nil || u.Scheme == "" || u.Host == "" || len(p.Issuers) == 0 {
		return nil, errors.New("server: a protected resource needs its URI and an issuer")
	}
	scopes := append(slices.Clone(p.Scopes), p.Offered...)
	slices.Sort(scopes)
	body, err := json.Marshal(struct {
		Resource string   `json:"resource"`
		Issuers  []string `json:"authorization_servers"`
		Scopes   []string `json:"scopes_supported,omitempty"`
		Methods  []string `json:"bearer_methods_supported"`
		Name     string   `json:"resource_name"`
	}{p.Resource, p.Issuers, slices.Compact(scopes), []string{"header"}, "mcp-kernel"})
	if err != nil {
		return nil, err
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	return &resourceCard{
		url: u.Scheme + "://" + u.Host + wellKnown + path, path: path, scope: strings.Join(p.Scopes, " "), body: body,
	}, nil
}

// shows reports whether a path is one of those at which clients look for the card.
func (c *resourceCard) shows(path, endpoint string) bool {
	rest, ok := strings.CutPrefix(path, wellKnown)
	return c != nil && ok && (rest == "" || rest == endpoint || rest == c.path)
}

// describe shows the card to anybody: pages of other origins, too, because it is what they log in with.
func (h *HTTP) describe(w http.ResponseWriter, r *http.Request) {
	const methods = "GET, HEAD, OPTIONS"
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		h.write(w, http.StatusOK, h.card.body)
	case http.MethodOptions:
		header.Set("Access-Control-Allow-Methods", methods)
		header.Set("Access-Control-Allow-Headers", "*")
		w.WriteHeader(http.StatusNoContent)
	default:
		h.notAllowed(w, methods, "metadata are read with GET")
	}
}

// challenge answers who is not let in. It does not say why, beyond what a client that means well needs: that would help only
// those who guess.
func (h *HTTP) challenge(w http.ResponseWriter, r *http.Request, err error) {
	var scopes *ScopeError
	switch {
	case errors.As(err, &scopes):
		h.stepUp(w, nil, scopes.Scopes)
	case errors.Is(err, ErrMalformed):
		w.Header().Set("WWW-Authenticate", h.bearer("invalid_request", ""))
		h.refuse(w, http.StatusBadRequest, codeInvalid, "credentials belong into one Authorization header: Bearer TOKEN")
	case errors.Is(err, ErrForbidden):
		h.refuse(w, http.StatusForbidden, codeDenied, "this server is not for you")
	case errors.Is(err, ErrUnjudged):
		h.turnAway(w, nil, refused(http.StatusServiceUnavailable, codeUnavailable, "%s", ErrUnjudged))
	default:
		code := ""
		if r.Header.Get("Authorization") != "" {
			code = "invalid_token"
		}
		w.Header().Set("WWW-Authenticate", h.bearer(code, h.scope()))
		h.refuse(w, http.StatusUnauthorized, codeDenied, "authentication is needed: send Authorization: Bearer KEY")
	}
}

// stepUp asks for a token that was given for more.
func (h *HTTP) stepUp(w http.ResponseWriter, id []byte, scopes []string) {
	w.Header().Set("WWW-Authenticate", h.bearer("insufficient_scope", strings.Join(scopes, " ")))
	h.turnAway(w, id, refused(http.StatusForbidden, codeDenied, "the token was not given for this"))
}

// bearer is a challenge (RFC 6750, section 3; RFC 9728, section 5.1). What is in it has no quotes: scopes and URLs have none.
func (h *HTTP) bearer(code, scope string) string {
	var params []string
	add := func(name, value string) {
		if value != "" {
			params = append(params, name+`="`+value+`"`)
		}
	}
	add("error", code)
	add("scope", scope)
	if h.card != nil {
		add("resource_metadata", h.card.url)
	}
	return strings.TrimSpace("Bearer " + strings.Join(params, ", "))
}

func (h *HTTP) scope() string {
	if h.card == nil {
		return ""
	}
	return h.card.scope
}

// missing returns what a token must be given for so that a message is not refused for want of it; nil is nothing.
func (h *HTTP) missing(caller *governance.Caller, env *envelope) []string {
	if h.opts.Missing == nil {
		return nil
	}
	switch env.method {
	case "tools/call":
		return h.opts.Missing(*caller, governance.KindTool, env.name)
	case "resources/read":
		return h.opts.Missing(*caller, governance.KindResource, env.name)
	case "prompts/get":
		return h.opts.Missing(*caller, governance.KindPrompt, env.name)
	default:
		return nil
	}
}
