package oauth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// clientName is how people see us when they log in.
const clientName = "mcp-kernel"

// client returns who we are at an issuer, in the order of the protocol: as it is configured, by a document, or as we
// register now, for a login that comes back to an address.
func (w *web) client(ctx context.Context, i *Issuer, c *Config, secret, back string) (identity, error) {
	switch {
	case c.ClientID != "":
		return i.identified(c.ClientID, secret)
	case c.Document != "" && i.DocumentedID:
		return identity{id: c.Document, method: "none"}, nil
	case i.Register != "":
		who, err := w.register(ctx, i, back)
		if err != nil {
			return identity{}, fmt.Errorf("register with %.200q: %w", i.Name, err)
		}
		return who, nil
	default:
		return identity{}, fmt.Errorf("%.200q lets no client register itself: configure a client_id", i.Name)
	}
}

// register registers a client of its own for a login (RFC 7591).
func (w *web) register(ctx context.Context, i *Issuer, back string) (identity, error) {
	body, err := json.Marshal(map[string]any{
		"client_name": clientName, "redirect_uris": []string{back}, "application_type": "native", "token_endpoint_auth_method": "none",
		"grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
	})
	if err != nil {
		return identity{}, err
	}
	text, err := w.write(ctx, i.Register, http.Header{"Content-Type": {"application/json"}}, string(body), nil)
	if err != nil {
		return identity{}, err
	}
	m, err := read(text)
	if err != nil {
		return identity{}, err
	}
	id, secret, method := m.text("client_id"), m.text("client_secret"), m.text("token_endpoint_auth_method")
	if id == "" || len(id) > maxAddress || len(secret) > maxAddress {
		return identity{}, fmt.Errorf("%w: there is no client_id in the answer", ErrDocument)
	}
	switch {
	case secret == "" || method == "none":
		return identity{id: id, method: "none"}, nil
	case method == "client_secret_post":
		return identity{id, secret, method}, nil
	default:
		return identity{id, secret, "client_secret_basic"}, nil // RFC 7591, section 2
	}
}
