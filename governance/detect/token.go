package detect

import (
	"encoding/base64"
	"strings"
)

// token looks at a token whose prefix stands at start.
func (s *scan) token(start, index int) {
	if s.lookout&Secrets == 0 {
		return
	}
	form := &s.engine.forms[index]
	body := start + len(form.prefix)
	n := form.set.span(s.text[body:], 1<<14)
	if n < form.least {
		return
	}
	if n != form.most || form.least != form.most { // otherwise what looks like the end of a sentence is a part of the token
		n = len(strings.TrimRight(s.text[body:body+n], ".-"))
	}
	end := body + n
	switch {
	case n < form.least:
		return
	case form.most > 0 && n > form.most:
		if form.least == form.most || form.set != urlSet && form.set != dottedSet && form.set != base64Set && form.set != base64URLSet {
			return
		}
		end = body + form.most
	}
	s.judge(form, start, end)
}

// judge reports a token of the right shape if there is proof enough.
func (s *scan) judge(form *tokenForm, start, end int) {
	body := s.text[start+len(form.prefix) : end]
	switch form.proof {
	case proofURL, proofPath, proofArmour, proofHash, proofAzureKey, proofAzureDevOps:
	default:
		if stale(body) || entropy(body) < min(3, float64(len(body))/10) {
			return
		}
	}
	var confidence float64
	if start, confidence = s.proven(form, body, start, end); confidence > 0 {
		s.secret(form.rule, form.proof.class(), form.severity, confidence, start, end)
	}
}

// class returns the class of what a proof is given for.
func (p proof) class() string {
	switch p {
	case proofURL, proofPath:
		return "webhook"
	case proofJWT:
		return "jwt"
	case proofAge, proofArmour:
		return "private_key"
	case proofHash:
		return "password_hash"
	default:
		return "api_token"
	}
}

// proven returns where a token begins and how sure it is that it is one: 0 when it is none.
func (s *scan) proven(form *tokenForm, body string, start, end int) (int, float64) {
	sure := func(ok bool, yes, no float64) (int, float64) {
		if ok {
			return start, yes
		}
		return start, no
	}
	switch form.proof {
	case proofNone:
		return start, 0.97
	case proofCRC:
		return sure(len(body) == 36 && sealed(body), 1, 0.8)
	case proofRandom:
		return sure(random(body), 0.9, 0)
	case proofDense:
		return sure(random(body) && changes(body) > len(body)/3 && mix(body).digit > 2, 0.9, 0)
	case proofURL:
		return sure(!stale(body) && random(body[strings.LastIndexAny(body, "/=")+1:]), 0.97, 0)
	case proofPath:
		return sure(!stale(body) && hasDigit([]byte(body)), 0.95, 0)
	case proofJWT:
		return start, s.jwt(start, end)
	case proofAge:
		return sure(bech32(s.text[start:end]), 1, 0.7)
	case proofUUID:
		return sure(isUUID(body), 0.95, 0)
	case proofClickUp:
		n := digitSet.span(body, 12)
		return sure(n >= 6 && n < len(body) && body[n] == '_' && upperSet.span(body[n+1:], 33) == len(body)-n-1 && len(body)-n-1 == 32, 0.97, 0)
	case proofOnePassword:
		return sure(strings.Count(body, "-") == 5 && mix(body).lower == 0, 0.97, 0)
	case proofArmour:
		return sure(armoured(s.text[start:end]), 0.99, 0)
	case proofHash:
		return sure(hashed(s.text[start:end]), 0.9, 0)
	default:
		start = s.lead(form.proof, start)
		return sure(start >= 0 && (form.proof != proofDiscord || strings.Count(body, ".") == 1), 0.97, 0)
	}
}

// lead returns where a token begins of whose middle start is the beginning, -1 when no token's beginning is there.
func (s *scan) lead(p proof, start int) int {
	set, least, most := alnumSet, 14, 14
	switch p {
	case proofAzure:
		set, least, most = tildeSet, 4, 4
		if start < 1 || !isDigit(s.text[start-1]) {
			return -1
		}
	case proofTelegram:
		set, least, most = digitSet, 8, 10
	case proofMailchimp:
		set, least, most = hexLowerSet, 32, 32
	case proofDiscord:
		set, least, most = urlSet, 23, 28
	case proofAzureKey:
		set, least, most = base64Set, 32, 80
	case proofAzureDevOps:
		least, most = 76, 76
	case proofSalesforce:
		least, most = 15, 15
	default:
	}
	first := start
	for first > 0 && start-first < most && set.has(s.text[first-1]) {
		first--
	}
	for p == proofAzureKey && first < start && s.text[first] == '=' { // of a name before it
		first++
	}
	if start-first < least || s.wordAt(first-1) && !s.escaped(first) {
		return -1
	}
	switch {
	case p == proofDiscord && !snowflake(s.text[first:start]), p == proofAzureKey && !random(s.text[first:start]),
		p == proofSalesforce && !strings.HasPrefix(s.text[first:], "00D"):
		return -1
	}
	return first
}

// snowflake reports whether a text is the base64 of a decimal number.
func snowflake(text string) bool {
	var room [24]byte
	n, err := base64.RawURLEncoding.Decode(room[:], []byte(text))
	return err == nil && n >= 17 && digitSet.span(string(room[:n]), n) == n
}

// armoured reports whether a text is the base64 of a PEM block with a private key.
func armoured(text string) bool {
	var room [96]byte
	n, err := base64.StdEncoding.Decode(room[:], []byte(text[:min(len(text), 96)&^3]))
	return err == nil && strings.Contains(string(room[:n]), "PRIVATE KEY")
}

// hashed reports whether a text is what crypt(3) and its relatives write of a password: fields between dollar signs, of
// which the last is long and looks random.
func hashed(text string) bool {
	last := text[strings.LastIndexByte(text, '$')+1:]
	return len(last) >= 20 && strings.Count(text, "$") >= 2 && entropy(last) > 3 && !masked(text)
}
