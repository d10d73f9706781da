package upstreams

import (
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
)

// An auth says how tokens are got: in one of three ways.
type auth struct {
	OAuth    *login    `yaml:"oauth,omitempty"`
	Machine  *machine  `yaml:"client_credentials,omitempty"`
	Exchange *exchange `yaml:"exchange,omitempty"`
}

// A client is who asks for tokens, and whom.
type client struct {
	Issuer string   `yaml:"issuer,omitempty"`
	ID     string   `yaml:"client_id,omitempty"`
	Secret string   `yaml:"client_secret,omitempty"`
	Scopes []string `yaml:"scopes,omitempty"`
}

type login struct {
	Client   client `yaml:",inline"`
	Document string `yaml:"client_metadata,omitempty"`
	Port     int    `yaml:"redirect_port,omitempty"`
	Shared   bool   `yaml:"shared,omitempty"`
}

type machine struct {
	Client   client `yaml:",inline"`
	Audience string `yaml:"audience,omitempty"`
}

type exchange struct {
	Client      client `yaml:",inline"`
	Subject     string `yaml:"subject_token,omitempty"`
	SubjectType string `yaml:"subject_token_type,omitempty"`
	Audience    string `yaml:"audience,omitempty"`
	Resource    string `yaml:"resource,omitempty"`
}

// config is what the entry says.
func (a *auth) config() (*oauth.Config, error) {
	var c oauth.Config
	var who client
	ways := 0
	if l := a.OAuth; l != nil {
		ways++
		who, c = l.Client, oauth.Config{Grant: oauth.Code, Document: l.Document, Port: l.Port, Shared: l.Shared}
	}
	if m := a.Machine; m != nil {
		ways++
		who, c = m.Client, oauth.Config{Grant: oauth.Machine, Audience: m.Audience}
	}
	if x := a.Exchange; x != nil {
		ways++
		who, c = x.Client, oauth.Config{Grant: oauth.Exchange, Subject: x.Subject, SubjectType: x.SubjectType, Audience: x.Audience, Resource: x.Resource}
	}
	if ways != 1 {
		return nil, errors.New("has one of oauth, client_credentials and exchange: with nothing more to say, oauth: {}")
	}
	c.Issuer, c.ClientID, c.Secret, c.Scopes, c.Needed = who.Issuer, who.ID, who.Secret, who.Scopes, true
	return &c, errors.Join(elsewhere("client_secret", c.Secret), elsewhere("subject_token", c.Subject))
}

// elsewhere reports a secret that is written down here.
func elsewhere(key, text string) error {
	if text == "" || secret.Is(text) {
		return nil
	}
	return fmt.Errorf("%s: write where it is (env:NAME, file:/PATH or keyring:SERVICE/NAME), not what it is", key)
}

// authOf is a config as it is written.
func authOf(c *oauth.Config) *auth {
	if c == nil {
		return nil
	}
	who := client{Issuer: c.Issuer, ID: c.ClientID, Secret: c.Secret, Scopes: c.Scopes}
	switch c.Grant {
	case oauth.Machine:
		return &auth{Machine: &machine{Client: who, Audience: c.Audience}}
	case oauth.Exchange:
		return &auth{Exchange: &exchange{Client: who, Subject: c.Subject, SubjectType: c.SubjectType, Audience: c.Audience, Resource: c.Resource}}
	default:
		return &auth{OAuth: &login{Client: who, Document: c.Document, Port: c.Port, Shared: c.Shared}}
	}
}
