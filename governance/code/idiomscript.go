package code

import (
	"strings"
)

// scriptIdiom looks at the word at i of a program of JavaScript or TypeScript.
func (p *program) scriptIdiom(i int, word string) {
	switch word {
	case "random":
		if p.calledOf(i, "Math") && p.aboutSecret(i) {
			p.weak(i-2, i, weakRandom, "")
		}
	case "createHash":
		if alg := lower(p.body(i + 2)); (alg == "md5" || alg == "sha1") && p.aboutPassword(i) {
			p.weak(i, i+2, weakCrypto, "")
		}
	case "createCipheriv", "createDecipheriv":
		if alg := lower(p.body(i + 2)); strings.HasSuffix(alg, "-ecb") || strings.HasPrefix(alg, "des") || strings.HasPrefix(alg, "rc4") || strings.HasPrefix(alg, "bf") {
			p.weak(i, i+2, weakCrypto, "")
		}
	case "createCipher", "createDecipher":
		if p.is(i+1, "(") {
			p.weak(i, i+1, weakCrypto, "")
		}
	case "modulusLength":
		if p.isSetTo(i, "512", "768", "1024") {
			p.weak(i, i+2, weakCrypto, "")
		}
	case "algorithms", "algorithm", "alg":
		p.noAlgorithm(i)
	case "nodeIntegration", "allowRunningInsecureContent":
		if p.isSetTo(i, "true") {
			p.weak(i, i+2, exposed, "lets a page reach the machine")
		}
	case "contextIsolation", "webSecurity":
		if p.isSetTo(i, "false") {
			p.weak(i, i+2, exposed, "lets a page reach the machine")
		}
	case "DEFAULT_FULL_SCHEMA":
		p.weak(i, i, deserialize, "")
	case "checkServerIdentity":
		p.nothingChecked(i)
	case "truncate":
		if p.isSetTo(i, "true") && p.about(i, "destroy") {
			p.mark(i, i+2, hit{rule: deleteAll, severity: High, confidence: Certain})
		}
	case "origin":
		if p.isSetTo(i, "true") && p.about(i, "credentials") {
			p.weak(i, i+2, exposed, "lets every site make requests in its visitors' names")
		}
	case "httpOnly", "contentSecurityPolicy":
		if p.isSetTo(i, "false") {
			p.weak(i, i+2, exposed, "lets scripts of a page read or do what they should not")
		}
	case "innerHTML", "outerHTML", "__html", "insertAdjacentHTML", "write", "writeln", "bypassSecurityTrustHtml", "bypassSecurityTrustScript":
		p.markup(i, word)
	case "pipe":
		if p.is(i+1, "(") && p.separator(i+3) && p.is(i+4, "stdin") && (strings.Contains(p.text, "net.") || strings.Contains(p.text, "'net'") || strings.Contains(p.text, `"net"`)) {
			p.mark(i, i+4, hit{rule: reverseShell, severity: Critical, confidence: Likely})
		}
	case "decode":
		if p.calledOf(i, "jwt") || p.calledOf(i, "jsonwebtoken") {
			p.weak(i-2, i, weakAuth, "reads a token without verifying it")
		}
	}
}

// nothingChecked reports a function that is set at i to verify a server's name and says nothing.
func (p *program) nothingChecked(i int) {
	if !p.is(i+1, ":") || !p.is(i+2, "(") {
		return
	}
	end := p.closing(i + 2)
	if end < 0 || !p.is(end+1, "=>") {
		return
	}
	if p.is(end+2, "undefined") || p.is(end+2, "null") || p.is(end+2, "{") && p.is(end+3, "}") {
		p.mark(i, end+2, hit{rule: tlsOff, severity: High, confidence: Certain})
	}
}

// noAlgorithm reports algorithms at i among which is none.
func (p *program) noAlgorithm(i int) {
	if !p.is(i+1, ":") {
		return
	}
	for n := i + 2; n < i+12 && !p.is(n, "]") && !p.is(n, "}"); n++ {
		if lower(p.body(n)) == "none" && p.at(n).kind == kindString {
			p.mark(i, n, hit{rule: weakAuth, severity: High, confidence: Certain})
			return
		}
	}
}

// markup looks at what the member at i makes markup of: only what is written there, or was cleaned, is harmless.
func (p *program) markup(i int, word string) {
	first := i + 2
	switch word {
	case "__html":
		if !p.is(i+1, ":") {
			return
		}
	case "innerHTML", "outerHTML":
		if p.is(i+1, "+") && p.is(i+2, "=") {
			first++
		} else if !p.is(i+1, "=") && !p.is(i+1, "+=") {
			return
		}
	case "write", "writeln":
		if !p.calledOf(i, "document") {
			return
		}
	case "insertAdjacentHTML":
		if !p.is(i+1, "(") || !p.is(i+3, ",") {
			return
		}
		first = i + 4
	default:
		if !p.is(i+1, "(") {
			return
		}
	}
	if name, foreign := p.foreignMarkup(first); foreign {
		p.mark(i, name, hit{rule: crossSite, severity: Medium, confidence: Likely})
	}
}

// foreignMarkup reports whether the expression at i has anything in it that is neither a literal nor cleaned.
func (p *program) foreignMarkup(i int) (at int, foreign bool) {
	depth := 0
	for n := i; n < min(i+80, len(p.list)); n++ {
		switch tok := p.list[n]; tok.kind {
		case kindNewline:
			if depth == 0 && !p.is(n-1, "+") && !p.is(n+1, "+") {
				return i, false
			}
		case kindWord:
			word := p.text[tok.start:tok.end]
			if p.is(n+1, "(") || p.separator(n+1) {
				if whole, clean := p.cleaned(n); clean {
					n = whole
					continue
				}
			}
			if _, known := p.flow.get(word, len(p.text)); known || isFixed(word) || word == "new" || word == "null" || p.counted(n) {
				continue
			}
			return n, true
		case kindPunct:
			switch c := p.text[tok.start]; {
			case strings.IndexByte("([{", c) >= 0:
				depth++
			case strings.IndexByte(")]}", c) >= 0:
				if depth--; depth < 0 {
					return i, false
				}
			case depth == 0 && (c == ';' || c == ','):
				return i, false
			}
		default:
		}
	}
	return i, false
}

// cleaned reports whether the call that begins at n gives markup that is harmless, and where it ends.
func (p *program) cleaned(n int) (end int, clean bool) {
	name := n
	for p.separator(name+1) && p.at(name+2).kind == kindWord {
		name += 2
	}
	word := p.word(name)
	if !p.is(name+1, "(") {
		return n, word == "length" || word == "size" || word == "empty" && p.word(n) == "trustedHTML"
	}
	receiver := ""
	if p.separator(name - 1) {
		receiver = p.word(name - 2)
	}
	small := lower(word)
	if cleans(word, receiver) || strings.Contains(small, "sanit") || strings.Contains(small, "escape") || small == "tofixed" || strings.HasPrefix(small, "render") || small == "createhtml" {
		if end = p.closing(name + 1); end > 0 {
			return end, true
		}
	}
	return n, false
}

// counted reports whether only a number is taken of the value at n.
func (p *program) counted(n int) bool {
	return p.separator(n-1) || p.separator(n+1) && (p.is(n+2, "length") || p.is(n+2, "size"))
}
