package code

import "strings"

// tokenForm is the form of a credential that tells itself by how it begins.
type tokenForm struct {
	prefix string
	rule   ruleID
	least  int  // characters behind the prefix
	most   int  // characters that are taken to belong to it; 0 for all
	upper  bool // only capitals and digits
}

// tokenForms returns the forms by their first letter. Sources: the services' own documentation of their formats.
func tokenForms() map[byte][]tokenForm {
	forms := map[byte][]tokenForm{
		'A': {{"AKIA", awsKey, 16, 16, true}, {"ASIA", awsKey, 16, 16, true}, {"ABIA", awsKey, 16, 16, true}, {"ACCA", awsKey, 16, 16, true}, {"AIza", serviceToken, 35, 35, false}},
		'g': {{"github_pat_", githubToken, 36, 0, false}, {"glpat-", serviceToken, 20, 0, false}},
		's': {{"sk-ant-", serviceToken, 16, 0, false}, {"sk-proj-", serviceToken, 20, 0, false}, {"sk_live_", serviceToken, 16, 0, false}, {"sk-", serviceToken, 40, 0, false}},
		'r': {{"rk_live_", serviceToken, 16, 0, false}},
		'n': {{"npm_", serviceToken, 36, 36, false}},
		'h': {{"hf_", serviceToken, 30, 0, false}},
		'd': {{"dop_v1_", serviceToken, 60, 0, false}},
		'p': {{"pypi-AgE", serviceToken, 40, 0, false}},
		'S': {{"SG.", serviceToken, 60, 0, false}},
	}
	for _, letter := range "pousr" {
		forms['g'] = append(forms['g'], tokenForm{"gh" + string(letter) + "_", githubToken, 36, 0, false})
	}
	for _, letter := range "abeoprs" {
		forms['x'] = append(forms['x'], tokenForm{"xox" + string(letter) + "-", serviceToken, 10, 0, false})
	}
	forms['x'] = append(forms['x'], tokenForm{"xapp-", serviceToken, 20, 0, false}, tokenForm{"xoxe.xox", serviceToken, 10, 0, false})
	return forms
}

// secrets looks for credentials that tell themselves, in code, literals and comments alike.
func (s *scan) secrets(p *passage) {
	text, previous := p.text, byte(' ')
	for i := 0; i < len(text); i++ {
		if i&0xFFFF == 0 && s.stopped() {
			return
		}
		c := text[i]
		if s.tables.formStart[c] && (!isWord(previous) || c == '-' || i > 1 && text[i-2] == '\\') {
			i += s.secretAt(p, i)
		}
		previous = text[i]
	}
}

// secretAt looks at i for a credential and returns how far to go on.
func (s *scan) secretAt(p *passage, i int) int {
	rest := p.text[i:]
	if rest[0] == '-' {
		return s.privateKey(p, i)
	}
	for _, f := range s.tables.forms[rest[0]] {
		if !strings.HasPrefix(rest, f.prefix) {
			continue
		}
		n := len(f.prefix)
		for n < len(rest) && (f.most == 0 || n < len(f.prefix)+f.most) && isTokenByte(rest[n], f.upper) {
			n++
		}
		if n-len(f.prefix) < f.least || f.most > 0 && n < len(rest) && isWord(rest[n]) || isPlaceholder(rest[:min(n, 64)]) {
			continue
		}
		s.found(p, i, i+n, hit{rule: f.rule, severity: Critical, confidence: Certain, secret: true})
		return n - 1
	}
	return 0
}

func isTokenByte(c byte, upper bool) bool {
	if upper {
		return c >= 'A' && c <= 'Z' || isDigit(c)
	}
	return isLetter(c) || isDigit(c) || c == '_' || c == '-' || c == '.'
}

// privateKey looks for the header of a PEM block (RFC 7468) of a private key.
func (s *scan) privateKey(p *passage, i int) int {
	label, ok := strings.CutPrefix(p.text[i:min(len(p.text), i+72)], "-----BEGIN ")
	if !ok {
		return 0
	}
	n := strings.Index(label, "PRIVATE KEY")
	if n < 0 || strings.Trim(label[:n], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ") != "" || !strings.HasPrefix(strings.TrimPrefix(label[n+len("PRIVATE KEY"):], " BLOCK"), "-----") {
		return 0
	}
	end := i + len("-----BEGIN ") + n + len("PRIVATE KEY")
	end += len(p.text[end:]) - len(strings.TrimLeft(p.text[end:], " -BLOCK"))
	body := p.text[end:min(len(p.text), end+8<<10)]
	if strings.Contains(body[:min(len(body), 64)], "XXXX") { // an example in somebody's manual
		return 0
	}
	if n := strings.Index(body, "-----END "); n >= 0 {
		end += n + len("-----END ")
		end += strings.IndexByte(p.text[end:min(len(p.text), end+48)]+"\n", '\n')
		end = min(end, len(p.text))
	} else {
		end += keyBytes(body)
	}
	s.found(p, i, end, hit{rule: privateKey, severity: Critical, confidence: Certain, secret: true})
	return end - i - 1
}

// keyBytes returns how much of a text without an end mark looks like the base64 of a key, and so is a secret.
func keyBytes(body string) int {
	for i := range len(body) {
		if c := body[i]; !isTokenByte(c, false) && !isSpace(c) && c != '\n' && c != '+' && c != '/' && c != '=' && c != '\\' {
			return i
		}
	}
	return len(body)
}
