package detect

import "strings"

// secretKind says what the name of a setting lets expect of its value.
type secretKind uint8

const (
	noSecret secretKind = iota
	aPassword
	aPhrase // a password that may be made of words
	aKey    // a key or token that a machine made
	anAuth  // what stands in an Authorization header
	aLogin  // the base64 of a user and a password
	aCookie // what stands in a Cookie header
	aPIN    // a few digits
)

// The ends of names, without what separates their words. What a name ends in is what it is the name of: password_field
// is no password.
const (
	passwordEnds = "password passwd pwd passwort senha contrasea contrasena motdepasse passcode kennwort wachtwoord haslo heslo lsenord losenord passord " +
		"adgangskode salasana jelszo dbpass userpass rootpass mysqlpass smtppass adminpass mailpass ftppass imappass pgpass storepass keypass requirepass masterauth " +
		"passworddefault passwordprod passworddev passwordstaging sharedpass emailpass basicpass bindpw rootpw userpw adminpw dbpw ldappw"
	phraseEnds = "passphrase seedphrase recoveryphrase mnemonic seedwords secretphrase backupphrase walletseed"
	keyEnds    = "apikey secretkey accesskey authkey privatekey encryptionkey signingkey masterkey accountkey sharedkey presharedkey servicekey licensekey storagekey " +
		"subscriptionkey hmackey sessionkey secret token credential credentials secretvalue keysecret secretbase tokensecret secretkeybase apikeyprod apikeylive " +
		"appkey applicationkey integrationkey functionskey consumerkey adminkey deploykey writekey routingkey privkey apisecret clientsecret totpsecret webhooksecret " +
		"authcode refreshtoken sastoken connectiontoken hookkey ingestkey licencekey signaturekey cookiesecret jwtsecret fernetkey cryptokey aeskey datakey accesskeysecret " +
		"kmskey personalaccesstoken apitoken psk wif sessionid phpsessid jsessionid sessid sessiontoken"
)

// kindOfName judges a name in any spelling: dbPassword, DB_PASSWORD, db-password.
func kindOfName(name string) secretKind {
	var room [64]byte
	if len(name) > 64 {
		name = name[len(name)-64:]
	}
	plain := view(letters(room[:0], name))
	if len(plain) < 2 || benignName(plain) {
		return noSecret
	}
	switch {
	case plain == "auth" || plain == "basicauth":
		return aLogin
	case plain == "cookie" || plain == "setcookie":
		return aCookie
	case endsWith(plain, "authorization"), plain == "xauth":
		return anAuth
	case plain == "pass", plain == "pw", endsWith(name, "_pass", "-pass", ".pass", "_PASS", "Pass"), endsInWord(plain, passwordEnds):
		return aPassword
	case plain == "pin" || plain == "otp" || endsInWord(plain, "pinnumber cardpin otpcode userpin accesspin doorcode gatecode alarmcode"):
		return aPIN
	case endsInWord(plain, phraseEnds):
		return aPhrase
	case endsInWord(plain, keyEnds):
		return aKey
	}
	return noSecret
}

// endsInWord reports whether a text ends in one of the words of a list, which single spaces separate.
func endsInWord(text, list string) bool {
	last := text[len(text)-1]
	for len(list) > 0 {
		n := strings.IndexByte(list, ' ')
		if n < 0 {
			n = len(list)
		}
		if list[n-1] == last && strings.HasSuffix(text, list[:n]) {
			return true
		}
		list = list[min(n+1, len(list)):]
	}
	return false
}

// benignName reports whether a name only sounds secret: a cursor of a list, a form's counter-measure, a hash.
func benignName(plain string) bool {
	if strings.HasPrefix(plain, "public") || strings.HasSuffix(plain, "publickey") || strings.HasSuffix(plain, "publictoken") {
		return true
	}
	before, _, ok := strings.Cut(plain, "token")
	if !ok {
		return false
	}
	for _, word := range [...]string{
		"page", "next", "continuation", "csrf", "xsrf", "cursor", "sync", "resume", "cancel", "design", "idempot", "progress", "unk", "pad", "bos", "eos", "cls", "syntax", "delta", "scroll",
		"skip", "marker", "previous", "prev", "nextpage", "max", "stop", "mask", "change", "cancellation", "watch",
	} {
		if strings.HasSuffix(before, word) {
			return true
		}
	}
	return false
}

// letters appends the letters of ASCII in a name in lower case.
func letters(dst []byte, name string) []byte {
	for i := range len(name) {
		if isLetter(name[i]) {
			dst = append(dst, name[i]|0x20)
		}
	}
	return dst
}

func endsWith(text string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(text, suffix) {
			return true
		}
	}
	return false
}
