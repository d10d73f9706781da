package oauth

import (
	"errors"
	"fmt"
	"strings"
)

// A Grant is a way to get a token.
type Grant uint8

// The grants. The zero value is that of people.
const (
	Code     Grant = iota // a person logs in, once
	Machine               // client credentials (RFC 6749, section 4.4)
	Exchange              // another token is given for it (RFC 8693)
)

// A Config says how the tokens for one server are got. The zero value is a login with what the servers say of themselves.
// Secret and Subject are references: they are resolved when they are needed.
type Config struct {
	Grant    Grant
	Issuer   string   // the one authorization server that is believed; empty is the one that the server names
	ClientID string   // as it was registered; empty is found out
	Secret   string   // of the client; empty for one that has none
	Document string   // the address of a document about the client that is its identifier where ClientID is empty
	Scopes   []string // to ask for; nil is what the server says
	Port     int      // of this machine to come back to after a login; 0 is any

	Audience    string // of Machine and Exchange; empty is not said
	Resource    string // of Exchange: what the token is for; empty is the server
	Subject     string // of Exchange: the token that is given
	SubjectType string // of Exchange; empty is an access token

	Needed bool // the server is not asked without a token
	Shared bool // of Code: the login of Options.Self serves everybody
}

// Check returns every fault of a config for the server at an address.
func (c *Config) Check(server string) error {
	var faults []error
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	secure := func(name, text string) {
		if text != "" {
			_, err := address(text)
			fault(err != nil, "%s: %w", name, err)
		}
	}
	secure("url", server)
	secure("issuer", c.Issuer)
	secure("client_metadata", c.Document)
	fault(c.Document != "" && !strings.HasPrefix(c.Document, "https://"), "client_metadata: %w", ErrInsecure)
	fault(c.Secret != "" && c.ClientID == "", "a client_secret needs its client_id")
	fault(c.Secret != "" && c.Issuer == "", "a client_secret needs its issuer, or any server could have it")
	fault(c.ClientID != "" && c.Document != "", "client_id and client_metadata: one of them is the client's identifier")
	fault(c.Port < 0 || c.Port > 65535, "redirect_port: %d is none", c.Port)
	fault(len(union(c.Scopes)) != len(c.Scopes), "scopes: each is once, without spaces and quotes, and there are at most %d", maxScopes)
	fault(c.Grant != Code && (c.ClientID == "" || c.Issuer == ""), "a machine needs a client_id and the issuer that knows it")
	fault(c.Grant == Machine && c.Secret == "", "client credentials need a client_secret")
	fault(c.Grant == Exchange && c.Subject == "", "an exchange needs a subject_token")
	fault(c.Grant != Exchange && (c.Subject != "" || c.SubjectType != "" || c.Resource != ""), "subject_token, subject_token_type and resource are of an exchange")
	fault(c.Grant == Code && c.Audience != "", "audience is of machines")
	fault(c.Grant != Code && (c.Shared || c.Port != 0 || c.Document != ""), "shared, redirect_port and client_metadata are of logins")
	return errors.Join(faults...)
}
