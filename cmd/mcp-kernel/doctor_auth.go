package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/server/keys"
)

// authentication looks at what lets somebody in over HTTP, and asks the issuers of tokens for their keys.
func (d *doctor) authentication(c config.Config) {
	const check = "authentication"
	h := &c.Server.HTTP
	var kinds []string
	store := keys.Open(c.KeysDir(), keys.Options{})
	if store.Configured() {
		list, err := store.List()
		if err != nil {
			d.note(check, healthBad, "mend the file; until then no key is accepted", "%v", err)
			return
		}
		kinds = append(kinds, fmt.Sprintf("%d keys", len(list)))
	}
	verifier, err := verifierOf(&h.Auth, time.Now, nil)
	if err != nil {
		d.note(check, healthBad, "docs/authentication.md", "%v", err)
		return
	}
	if verifier != nil {
		if err := verifier.Check(d.ctx); err != nil {
			d.note(check, healthOdd, "see that the issuer is up and its URL is right: until its keys are known its tokens are refused", "%v", err)
			return
		}
		kinds = append(kinds, fmt.Sprintf("tokens of %d issuers", len(h.Auth.Issuers)))
	}
	if h.ClientCA != "" {
		if _, err := server.OpenClientAuthorities(h.ClientCA, nil, nil); err != nil {
			d.note(check, healthBad, "server.http.client_ca", "%v", err)
			return
		}
		kinds = append(kinds, "certificates ("+h.ClientCert+")")
	}
	if len(kinds) == 0 {
		d.note(check, healthGood, "", "none: over HTTP only loopback addresses are served")
		return
	}
	d.note(check, healthGood, "", "%s; %d roles", strings.Join(kinds, ", "), len(h.Auth.Roles))
}
