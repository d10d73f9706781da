package detect

import (
	"strings"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// What is told of in a sentence, as the index of a literal of roleSpoken.
const (
	tellsPassword = iota
	tellsPIN
	tellsLogin
	tellsKey // a key or token that a machine made; words for it are names of settings
)

// spokenLiterals returns the words behind which a sentence may tell a secret. What is written with letters of ASCII alone
// and is a name of settings too is found by that name.
func spokenLiterals() []literal {
	words := [...]string{
		tellsPassword: "mot de passe,mdp,parola,parolă,wachtwoord,hasło,haslo,Hasło,lösenord,Lösenord,passord,adgangskode,kodeord,salasana,heslo,jelszó,jelszava,şifre,sifre,Şifre," +
			"contraseña,Contraseña,clave,palavra-passe,senha,kata sandi,mật khẩu,пароль,Пароль,пароля,парола,Парола,κωδικός,Κωδικός,密码,密碼,口令,パスワード,비밀번호,암호," +
			"كلمة المرور,كلمة السر,סיסמה,הסיסמה,पासवर्ड,รหัสผ่าน,zugangscode,passphrase,geheimnis,wifi key,wi-fi key,network key,wlan-schlüssel,wlan-key,pw",
		tellsPIN: "pin,passcode,pin code,pincode,pin-code,access code,door code,gate code,alarm code,safe code,entry code,keypad code,security code,verification code,one-time code,otp,otp code," +
			"2fa code,code pin,code secret,zugangscode,türcode,codice pin,código pin,código de acesso,código de verificación,kod pin,pin-kod,пин-код,ПИН-код,暗証番号,验证码",
		tellsLogin: "login,log in,log on,logon,logins,credentials,creds,zugangsdaten,anmelden,anmeldung,einloggen,identifiants,connexion,credenciales,credenziali,credenciais,inloggegevens,inloggen,sign in," +
			"signin,logga in,zaloguj,логин,учётные данные,账号",
	}
	var all []literal
	for kind, list := range words {
		for text := range strings.SplitSeq(list, ",") {
			ascii := isLetter(text[0]) || isDigit(text[0])
			plain := strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
			all = append(all, literal{text: asciiLower(text), role: roleSpoken, index: uint16(kind), bound: ascii, wide: !plain})
		}
	}
	return all
}

// asciiLower makes capitals of ASCII small.
func asciiLower(text string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			return rune(small(byte(r)))
		}
		return r
	}, text)
}

// spoken looks at a sentence behind a word such as "password".
func (s *scan) spoken(start, end, kind int) {
	if s.lookout&Secrets == 0 {
		return
	}
	for n := 0; n < 3 && kind == tellsPassword && end-start >= 6 && s.wordAt(end); n++ { // Lösenordet
		end++
	}
	if s.wordAt(end) || start > 0 && (s.text[start-1] == '_' || s.text[start-1] == '-') {
		return
	}
	if kind == tellsLogin {
		s.login(end)
		return
	}
	s.told(end, kind)
}

// told looks for a secret in the sentence behind the word for it, which ends at i: after a few words and one that links,
// "is", "to", a colon, or at once when nobody could take it for a word.
func (s *scan) told(i, kind int) {
	limit, linked := min(len(s.text), i+160), false
	for word := 0; word < 8 && i < limit; word++ {
		next := s.linker(i)
		if next > i {
			i, linked = next, true
			continue
		}
		i = s.blank(i)
		if i >= limit || s.text[i] == '\n' {
			return
		}
		from, to, quoted := s.spokenWord(i)
		if to == from {
			return
		}
		text := s.text[from:to]
		if (linked || word == 0) && s.tell(text, from, kind, linked, quoted) || quoted {
			return
		}
		bare := strings.TrimRight(text, ",)")
		if onlyLinks(bare) {
			linked = true
		} else if !filler(bare) || linked && !adverb(bare) {
			return
		}
		i = to
	}
}

// linker returns the end of a sign that links a word to what it stands for, i when there is none.
func (s *scan) linker(i int) int {
	j := i
	for j < len(s.text) && strings.IndexByte(" \t*_)\"'", s.text[j]) >= 0 && j < i+4 {
		j++
	}
	if strings.HasPrefix(s.text[j:], "==") {
		return i
	}
	for _, sign := range [...]string{":", "=>", "->", "=", "—", "–", "- ", "：", "是", "为", "為", "は", "은 ", "는 ", "→"} {
		if strings.HasPrefix(s.text[j:], sign) {
			j += len(sign)
			for j < len(s.text) && s.text[j] == '*' {
				j++
			}
			return s.blank(j)
		}
	}
	return i
}

// spokenWord returns the word at i, without the sign that ends a sentence, or what is quoted there.
func (s *scan) spokenWord(i int) (from, to int, quoted bool) {
	for _, pair := range [...]string{"“”", "„“", "«»", "‘’", "「」", "『』"} {
		opening, size := utf8.DecodeRuneInString(pair)
		if rest, ok := strings.CutPrefix(s.text[i:], string(opening)); ok {
			if n := strings.Index(rest[:min(len(rest), 80)], pair[size:]); n > 0 {
				inner := strings.TrimSpace(rest[:n])
				from = i + size + strings.Index(rest, inner)
				return from, from + len(inner), true
			}
		}
	}
	from, to, quoted = s.operand(i, false)
	if quoted {
		return from, to, true
	}
	word := s.text[from:to]
	if n := strings.IndexFunc(word, func(r rune) bool { return r >= 0x3000 }); n > 0 { // where no space ends it
		word = word[:n]
	}
	return from, from + len(strings.TrimRight(word, ".,;:)")), false
}

// tell reports a text as the secret that a sentence tells, if it can be one.
func (s *scan) tell(text string, from, kind int, linked, quoted bool) bool {
	if len(text) > 64 || stale(text) || common(text) || !quoted && reference(text, false) {
		return false
	}
	m := mix(text)
	if kind == tellsPIN {
		if m.digit < 4 || m.digit > 8 || m.digit != len(text) || !linked {
			return false
		}
		s.secret("spoken_pin", "password", match.High, 0.75, from, from+len(text))
		return true
	}
	confidence := told(text, m, quoted)
	if kind == tellsKey && len(text) >= 20 && random(text) {
		confidence = 0.85
	}
	if kind == tellsKey && (len(text) < 12 || m.digit < 2 || entropy(text) < 2.9 || !quoted && tildeSet.span(text, 64) != len(text)) {
		return false
	}
	if !linked && (!quoted && strings.ContainsAny(text, "\"'`,;|<>(){}[]\\") || m.digit == 0 || m.kinds() < 3 && len(text) < 16) { // code
		return false
	}
	if confidence == 0 || !linked && confidence < 0.8 && !quoted {
		return false
	}
	s.secret("spoken_password", "password", match.High, confidence, from, from+len(text))
	return true
}

// told returns how sure it is that a word of a sentence is a password, 0 when it can well be another word.
func told(text string, m mixture, quoted bool) float64 {
	letters := m.lower + m.upper
	switch {
	case len(text) < 4 || technical(text) || strings.Contains(text, " ") || strings.IndexByte("*./", text[0]) >= 0 || strings.Contains(text, "://") || strings.Contains(text, "@") && strings.Contains(text, ".") && m.digit == 0:
		return 0
	case !quoted && strings.ContainsAny(text, "()[]{}<>|") && m.digit == 0, m.wide > 0:
		return 0
	case m.digit > 0 && letters > 1 && len(text) >= 6 && (m.other > 0 || m.upper > 0 && m.lower > 0) && !strings.Contains(strings.Trim(text, "/"), "/"):
		return 0.85
	case m.digit > 0 && letters > 1 && len(text) >= 6:
		return 0.75
	case m.other > 0 && letters > 2 && (m.upper > 0 || m.digit > 0) && len(text) >= 8 && strings.Trim(text, "-_.,'’") == text && !hyphened(text):
		return 0.7
	case quoted && len(text) >= 5 && !strings.Contains(text, " ") && !placeholderWord(text):
		return 0.7
	}
	return 0
}

// hyphened reports whether a text is words with hyphens, apostrophes or slashes between them.
func hyphened(text string) bool {
	for i := range len(text) {
		if !isLetter(text[i]) && strings.IndexByte("-_/'.,", text[i]) < 0 {
			return false
		}
	}
	return true
}

// technical reports whether a word with digits is one of those that sentences about secrets hold: SHA-256, 8-character,
// v2.1, 30s.
func technical(text string) bool {
	var room [72]byte
	plain := lowered(room[:0], text)
	for _, part := range [...]string{"sha1", "sha2", "sha3", "sha-", "sha5", "md5", "base64", "base32", "utf", "rsa", "aes", "argon2", "oauth", "ipv", "rfc", "iso", "x509", "http", "pbkdf2", "ed25519", "hmac", "tls1", "jwt", "otp", "2fa", "mfa", "s3", "k8s", "ec2", "ascii", "i18n", "route53", "auth0", "h2", "log4j"} {
		if rest, ok := strings.CutPrefix(plain, part); ok {
			if rest = strings.TrimLeft(rest, "0123456789"); rest == "" || rest[0] == '-' && onlyLetters(rest) || rest == "with" {
				return true
			}
		}
	}
	n := digitSet.span(plain, len(plain))
	if rest := plain[n:]; n > 0 && n < 5 && (rest == "" || rest[0] == '-' && onlyLetters(rest[1:]) || onlyLetters(rest) && len(rest) < 12) {
		return true
	}
	return plain[0] == 'v' && len(plain) > 1 && isDigit(plain[1]) && strings.Trim(plain[1:], "0123456789.") == "" || numericDate(text) > 0 || isUUID(text) || len(text) > 4 && strings.Trim(text, "0123456789.:,-/%") == ""
}

func onlyLetters(text string) bool {
	for i := range len(text) {
		if !isLetter(text[i]) && text[i] != '-' {
			return false
		}
	}
	return true
}

// onlyLinks reports whether a word links another one to what it stands for.
func onlyLinks(word string) bool {
	var room [24]byte
	if len(word) > len(room) {
		return false
	}
	switch lowered(room[:0], word) {
	case "is", "was", "are", "be", "to", "est", "es", "è", "é", "ist", "lautet", "war", "sei", "är", "er", "on", "jest", "to:", "is:", "je", "este", "luidt", "is,", "sera", "será", "sarà", "adalah", "là",
		"era", "são", "sono", "sind", "lauten", "becomes", "equals", "as", "als", "comme", "como", "auf", "à", "a", "al", "em", "در", "هو", "هي", "היא", "है", "คือ", "είναι", "это", "—":
		return true
	}
	return false
}

// adverb reports whether a word may stand between "is" and a secret.
func adverb(word string) bool {
	var room [24]byte
	if len(word) > len(room) {
		return false
	}
	switch lowered(room[:0], word) {
	case "now", "currently", "still", "just", "again", "always", "set", "to", "changed", "jetzt", "nun", "weiterhin", "maintenant", "ahora", "agora", "ora", "nu", "теперь", "the", "following", "simply":
		return true
	}
	return false
}

// filler reports whether a word may stand between a word for a secret and the one that links it: "for the router".
func filler(word string) bool {
	return len(word) <= 20 && word != "" && strings.IndexFunc(word, func(r rune) bool {
		return r < utf8.RuneSelf && !isLetter(byte(r)) && strings.IndexByte("'-’_()", byte(r)) < 0
	}) < 0
}

// login looks for a user and a password in the sentence behind i: "with admin / S3cr3t!", "ada:Zx9kP2mL".
func (s *scan) login(i int) {
	slash := false
	for range 8 {
		for i < len(s.text) && strings.IndexByte(" \t:,*", s.text[i]) >= 0 {
			i++
		}
		from, to, quoted := s.operand(i, false)
		if to == from {
			return
		}
		text := s.text[from:to]
		switch n := strings.IndexAny(text, "/:"); {
		case text == "/" || text == "|" || text == "&" || text == "and" || text == "und" || text == "et" || text == "y" || text == "e":
			slash = true
			i = to
			continue
		case slash:
			if s.pair(text, from, quoted) {
				return
			}
		case n > 1 && n < len(text)-5 && !quoted && isAlnum(text[0]) && !strings.HasPrefix(text[n:], "://") && s.pair(text[n+1:], from+n+1, quoted):
			return
		}
		slash, i = false, to
		if i < len(s.text) && strings.IndexByte(".;!?\n", s.text[i]) >= 0 {
			return
		}
	}
}

// pair reports the password of a user that was told before it.
func (s *scan) pair(text string, from int, quoted bool) bool {
	text = strings.TrimRight(text, ".,;:)")
	m := mix(text)
	if stale(text) || common(text) || len(text) > 64 || told(text, m, false) < 0.8 || m.kinds() < 3 && !quoted || strings.Contains(text, "/") || m.upper == 0 && wordSet.span(strings.ReplaceAll(strings.ReplaceAll(text, ".", ""), "-", ""), 64) >= len(text)-2 {
		return false
	}
	s.secret("spoken_login", "password", match.High, 0.8, from, from+len(text))
	return true
}
