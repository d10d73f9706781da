package oauth

import (
	"slices"
	"strings"
)

// maxChallenge bounds what is read of a server's challenges, in bytes.
const maxChallenge = 8 << 10

// A Challenge is what a server says of the token that it wants to see (RFC 6750, section 3; RFC 9728, section 5.1). The
// zero value says nothing. All of it is the word of a stranger.
type Challenge struct {
	Metadata string   // where the metadata of the resource lies; empty is not said
	Scopes   []string // that this request needs; nil is not said
	Error    string   // what was wrong with the token, as in "insufficient_scope"; empty is not said
}

// insufficient is the error of a token that is valid and not enough.
const insufficient = "insufficient_scope"

// Insufficient reports whether a token is valid and has too few scopes.
func (c Challenge) Insufficient() bool { return c.Error == insufficient }

// ParseChallenge reads the WWW-Authenticate headers of a response as RFC 9110, section 11.6.1, has them, and returns the
// first Bearer challenge. What cannot be read is as though it was not there.
func ParseChallenge(headers []string) Challenge {
	for _, header := range headers {
		p := challenges{text: header[:min(len(header), maxChallenge)]}
		for p.next() {
			if strings.EqualFold(p.scheme, "bearer") {
				return p.challenge()
			}
		}
	}
	return Challenge{}
}

// challenges reads one header.
type challenges struct {
	text   string
	scheme string      // of the challenge that was read last
	params [][2]string // its parameters; names in lower case
}

// next reads a challenge, and reports whether there was one.
func (p *challenges) next() bool {
	p.skip(" \t,")
	p.scheme, p.params = p.token(), nil
	if p.scheme == "" {
		return false
	}
	for {
		p.skip(" \t,")
		before := p.text
		name := p.token()
		p.skip(" \t")
		if name == "" || !strings.HasPrefix(p.text, "=") {
			p.text = before // the end, or the next scheme
			return true
		}
		p.text = p.text[1:]
		p.skip(" \t")
		value, ok := p.value()
		if !ok { // as in the token68 of another scheme
			_, p.text, _ = strings.Cut(p.text, ",")
			continue
		}
		p.params = append(p.params, [2]string{strings.ToLower(name), value})
	}
}

func (p *challenges) skip(any string) { p.text = strings.TrimLeft(p.text, any) }

// token reads a token of RFC 9110, section 5.6.2; it is empty where there is none.
func (p *challenges) token() string {
	const marks = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	end := strings.IndexFunc(p.text, func(r rune) bool { return !strings.ContainsRune(marks, r) })
	if end < 0 {
		end = len(p.text)
	}
	token := p.text[:end]
	p.text = p.text[end:]
	return token
}

// value reads a token or a quoted string.
func (p *challenges) value() (string, bool) {
	if !strings.HasPrefix(p.text, `"`) {
		token := p.token()
		return token, token != ""
	}
	var value strings.Builder
	for i := 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.text = p.text[i+1:]
			return value.String(), true
		case c == '\\' && i+1 < len(p.text):
			i++
			value.WriteByte(p.text[i])
		default:
			value.WriteByte(c)
		}
	}
	return "", false
}

// challenge is what the parameters say. Of a parameter that is there twice the first counts.
func (p *challenges) challenge() Challenge {
	var c Challenge
	for _, param := range slices.Backward(p.params) {
		switch param[0] {
		case "resource_metadata":
			c.Metadata = param[1]
		case "scope":
			c.Scopes = scopes(param[1])
		case "error":
			c.Error = param[1]
		}
	}
	return c
}

// maxScopes bounds the scopes that strangers may name, each of at most maxScope bytes.
const (
	maxScopes = 100
	maxScope  = 256
)

// scopes reads a list of scopes (RFC 6749, section 3.3), each once. What no scope can be is left out.
func scopes(text string) []string { return union(strings.Fields(text)) }

// union is each of some scopes once, in their order.
func union(lists ...[]string) (all []string) {
	for _, scope := range slices.Concat(lists...) {
		legal := scope != "" && len(scope) <= maxScope && !strings.ContainsFunc(scope, func(r rune) bool {
			return r <= ' ' || r > '~' || r == '"' || r == '\\'
		})
		if legal && len(all) < maxScopes && !slices.Contains(all, scope) {
			all = append(all, scope)
		}
	}
	return all
}
