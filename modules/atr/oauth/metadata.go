package oauth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// An Issuer is an authorization server, as its metadata says (RFC 8414). All addresses are ones that secrets may go to;
// those that it does not offer are empty.
type Issuer struct {
	Name         string   // its identifier: an address
	Authorize    string   // where people log in
	Token        string   // where tokens are asked for
	Register     string   // where clients register themselves (RFC 7591)
	Revoke       string   // where tokens are revoked (RFC 7009)
	Scopes       []string // that it knows; nil is not said
	Methods      []string // by which clients authenticate at Token; nil is not said, which means client_secret_basic
	S256         bool     // it checks PKCE by S256
	Code         bool     // it gives codes for tokens
	NamesItself  bool     // its answers to a login say who it is (RFC 9207)
	DocumentedID bool     // a client's identifier may be the address of a document about it
}

// issuerOf reads the metadata of an authorization server that is known by its name.
func (w *web) issuerOf(m members, name string) (Issuer, error) {
	i := Issuer{
		Name: m.text("issuer"), Authorize: m.text("authorization_endpoint"), Token: m.text("token_endpoint"),
		Register: m.text("registration_endpoint"), Revoke: m.text("revocation_endpoint"),
		Scopes: union(member[[]string](m, "scopes_supported")), Methods: member[[]string](m, "token_endpoint_auth_methods_supported"),
		S256:        slices.Contains(member[[]string](m, "code_challenge_methods_supported"), "S256"),
		NamesItself: member[bool](m, "authorization_response_iss_parameter_supported"), DocumentedID: member[bool](m, "client_id_metadata_document_supported"),
	}
	types := member[[]string](m, "response_types_supported")
	i.Code = i.Authorize != "" && (types == nil || slices.Contains(types, "code"))
	if i.Name != name { // as texts: RFC 8414, section 3.3
		return Issuer{}, fmt.Errorf("it says that it is of %.200q: %w", i.Name, ErrMismatch)
	}
	if i.Token == "" {
		return Issuer{}, fmt.Errorf("%w: it has no token_endpoint", ErrDocument)
	}
	for _, endpoint := range []string{i.Authorize, i.Token, i.Register, i.Revoke} {
		if endpoint == "" {
			continue
		}
		if _, err := w.address(endpoint); err != nil {
			return Issuer{}, err
		}
	}
	return i, nil
}

// A resource is what the metadata of a server say of it (RFC 9728).
type resource struct {
	name    string   // its identifier: an address
	issuers []string // who issues tokens for it
	scopes  []string // that are of use; nil is not said
}

// resourceOf reads the metadata of the server at an address.
func resourceOf(m members, target *url.URL) (resource, error) {
	r := resource{name: m.text("resource"), issuers: member[[]string](m, "authorization_servers"), scopes: union(member[[]string](m, "scopes_supported"))}
	if !covers(r.name, target) {
		return resource{}, fmt.Errorf("it says that it is of %.200q: %w", r.name, ErrMismatch)
	}
	if len(r.issuers) == 0 {
		return resource{}, fmt.Errorf("%w: it has no authorization_servers", ErrDocument)
	}
	return r, nil
}

// covers reports whether a resource's identifier is that of the server at an address, or of all that is below a path of
// its, as servers say that have several addresses. Nobody can so get a token for a server that is not his.
func covers(name string, target *url.URL) bool {
	u, err := address(name)
	if err != nil || u.RawQuery != "" || u.Scheme != target.Scheme || !strings.EqualFold(authority(u), authority(target)) {
		return false
	}
	above, path := strings.TrimSuffix(u.EscapedPath(), "/"), strings.TrimSuffix(target.EscapedPath(), "/")
	return path == above || strings.HasPrefix(path, above+"/")
}

// authority is host and port.
func authority(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return u.Hostname() + ":" + port
}

// canonical is the identifier of a server that says none of itself: its address without a slash that means nothing, and
// without a query, which may have secrets (RFC 8707, section 2).
func canonical(target *url.URL) string {
	u := url.URL{Scheme: target.Scheme, Host: strings.ToLower(target.Host), Path: target.Path, RawPath: target.RawPath}
	return strings.TrimSuffix(u.String(), "/")
}
