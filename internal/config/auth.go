package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Auth configures who is let in over HTTP, besides those who have keys.
type Auth struct {
	Resource    string        `mapstructure:"resource"`     // canonical URI of this server, which tokens must be for; empty takes no tokens
	Audiences   []string      `mapstructure:"audiences"`    // other names by which tokens may mean it
	Issuers     []Issuer      `mapstructure:"issuers"`      // whose tokens are taken
	Scopes      []string      `mapstructure:"scopes"`       // that every token must be given for
	GroupsClaim string        `mapstructure:"groups_claim"` // the token's claim that lists groups
	Leeway      time.Duration `mapstructure:"leeway"`       // that clocks may differ
	Outage      time.Duration `mapstructure:"outage"`       // for which keys hold of an issuer that cannot be reached
	Roles       []Role        `mapstructure:"roles"`        // which policies govern whom
	Otherwise   string        `mapstructure:"otherwise"`    // refuse or serve those who have none of the roles
}

// An Issuer is an authorization server whose tokens are taken.
type Issuer struct {
	URL  string `mapstructure:"url"`      // its identifier
	JWKS string `mapstructure:"jwks_url"` // of its keys; empty finds it in its metadata
}

// A Role says which policies govern those for whom all of its conditions hold, besides the active ones.
type Role struct {
	Name       string   `mapstructure:"name"`
	Principals []string `mapstructure:"principals"` // one of them; * stands for any text, once
	Scopes     []string `mapstructure:"scopes"`     // all of them
	Groups     []string `mapstructure:"groups"`     // one of them
	Policies   []string `mapstructure:"policies"`   // loaded ones
}

// faults are those of the settings of authentication. What only package bearer can judge is left to it.
func (a *Auth) faults() []error {
	const at = "server.http.auth."
	var faults []error
	fault := func(key, format string, args ...any) {
		faults = append(faults, fmt.Errorf(at+key+": "+format, args...))
	}
	if (a.Resource == "") != (len(a.Issuers) == 0) {
		fault("resource", "and %sissuers: each needs the other", at)
	}
	if len(a.Issuers) == 0 && len(a.Scopes)+len(a.Audiences) > 0 {
		fault("scopes", "and %saudiences: are of tokens, which only issuers make", at)
	}
	for _, scope := range a.Scopes {
		if !isScope(scope) {
			fault("scopes", "%q is no scope", scope)
		}
	}
	if a.Otherwise != "refuse" && a.Otherwise != "serve" {
		fault("otherwise", "%q is none of refuse, serve", a.Otherwise)
	}
	seen := map[string]bool{}
	for i := range a.Roles {
		r := &a.Roles[i]
		key := fmt.Sprintf("roles[%d]", i)
		if r.Name == "" || strings.Trim(r.Name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" || seen[r.Name] {
			fault(key+".name", "%q must be a word of its own, of a to z, 0 to 9, _ and -", r.Name)
		}
		seen[r.Name] = true
		if len(r.Principals)+len(r.Scopes)+len(r.Groups) == 0 {
			fault(key, "says for nobody: name principals, scopes or groups (principals: [\"*\"] is everybody)")
		}
		if i := slices.IndexFunc(r.Scopes, func(s string) bool { return !isScope(s) }); i >= 0 {
			fault(key+".scopes", "%q is no scope", r.Scopes[i])
		}
		if i := slices.IndexFunc(r.Principals, func(p string) bool { return p == "" || strings.Count(p, "*") > 1 }); i >= 0 {
			fault(key+".principals", "%q must have at most one *", r.Principals[i])
		}
	}
	return faults
}

// isScope reports whether a text is a scope-token (RFC 6749, section 3.3).
func isScope(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
}
