package intent

import "strings"

// A sink says where a call has something go. The zero value is nowhere. They are in the order of how little is known of
// who gets it there, the least last.
type sink uint8

const (
	nowhere  sink = iota
	inHouse       // a machine of a private network
	mailed        // an address of mail
	abroad        // a machine elsewhere, a bucket
	unowned       // an address of mail that anybody can have
	everyone      // whoever looks
	dropped       // a machine without a name, or a service that catches what it is sent
)

// A source says what a call takes along. The zero value is nothing that is known.
type source uint8

const (
	nothing   source = iota
	called           // something with the name of what is confidential
	bulk             // a file or thing that holds many others
	guarded          // a file that holds secrets
	personal         // the numbers of persons, of cards, or the addresses of many
	unlocking        // a credential itself
)

// A flow is what a call has go where, as far as its arguments tell.
type flow struct {
	sink      sink
	source    source
	to, field int // indices of the fields that say so
}

// flows finds the worst source and the worst sink of the arguments.
func (a *analysis) flows() (f flow) {
	for i := range a.fields {
		x := &a.fields[i]
		if s := sinkOf(x); s > f.sink {
			f.sink, f.to = s, i
		}
		x.reveals = x.kind == text && !x.role.runs() && revealing(x.text)
		if s := a.sourceOf(x); s > f.source {
			f.source, f.field = s, i
		}
	}
	if f.sink < everyone && f.source > nothing && hasWord(&a.tool, "tweet", "gist", "paste", "pastebin", "toot", "public", "publicly", "publish") {
		f.sink = everyone
	}
	return f
}

// sinkOf returns where a field says that something goes.
func sinkOf(f *field) sink {
	switch {
	case f.kind == yes && publicKey(f.key), f.kind == no && strings.EqualFold(f.key, "private"):
		return everyone
	case f.kind != text || f.role.runs() || f.role == filter || len(f.text) > 512:
		return nowhere
	case f.role == prose && len(f.text) > 80:
		return nowhere
	case strings.Contains(f.text, "://"):
		return sinkOfURL(f.text)
	case strings.IndexByte(f.text, '@') > 0 && strings.IndexByte(f.text, ' ') < 0:
		return sinkOfMail(f.text)
	case f.role == path && served(f.text):
		return everyone
	case f.role == recipient && len(f.text) > 7 && f.text[0] == '+' && isDigit(f.text[1]):
		return mailed
	case f.role == grant && public(f.text), publicKey(f.key) && public(f.text):
		return everyone
	case f.role == url && strings.IndexByte(f.text, '.') > 0:
		return sinkOfHost(hostOf(f.text))
	}
	return nowhere
}

// served reports whether what lies at a path is handed out by a web server.
func served(p string) bool {
	return hasPart(tidy(p)+"/", "/var/www/|/public_html/|/htdocs/|/wwwroot/|/srv/http/|/usr/share/nginx/|/public/")
}

// publicKey reports whether a member says that all may see something, or who may.
func publicKey(key string) bool {
	switch strings.ToLower(key) {
	case "public", "is_public", "ispublic", "make_public", "anonymous", "public_access", "share_link", "publish", "visibility", "link_access", "sharing", "scope", "access", "audience", "requested_visibility", "with", "share_with", "type", "privacy":
		return true
	}
	return false
}

func sinkOfURL(to string) sink {
	switch scheme, _, _ := strings.Cut(to, "://"); strings.ToLower(scheme) {
	case "file", "postgres", "redis", "ws":
		return nowhere
	case "s3", "gs", "az", "abfs", "webdav", "ftp", "sftp", "rtmp", "udp", "tcp", "syslog", "mongodb":
		if s := sinkOfHost(hostOf(to)); s > abroad {
			return s
		}
		return abroad
	}
	return sinkOfHost(hostOf(to))
}

func sinkOfHost(host string) sink {
	switch {
	case host == "":
		return nowhere
	case local(host):
		return inHouse
	case catches(host), numeric(host):
		return dropped
	}
	return abroad
}

// numeric reports whether a host is an address of the Internet Protocol, version 4.
func numeric(host string) bool {
	return strings.Count(host, ".") == 3 && strings.Trim(host, "0123456789.") == ""
}

func sinkOfMail(to string) sink {
	domain := strings.ToLower(to[strings.LastIndexByte(to, '@')+1:])
	switch {
	case strings.IndexByte(domain, '.') < 0:
		return nowhere
	case hasPart(domain, "gmail.|outlook.|hotmail.|yahoo.|proton|icloud.|gmx.|yandex.|mail.ru|tutanota|tuta.|aol.|live.com|mailinator|guerrillamail|10minutemail|qq.com|163.com|fastmail|zoho|mail.com|cock.li|disroot|temp-mail|riseup"):
		return unowned
	case catches(domain):
		return dropped
	}
	return mailed
}

// sourceOf returns what a field says is taken along.
func (a *analysis) sourceOf(f *field) source {
	if f.kind != text || f.role.runs() || len(f.text) < 3 {
		return nothing
	}
	switch {
	case f.reveals, f.role != secret && passes(f.text):
		return unlocking
	case tellsPersons(f.text):
		return personal
	case len(f.text) > 200 || f.role == url || f.role == recipient || strings.Contains(f.text, "://"):
		return nothing
	case a.secretPath(f.text) > 0:
		return guarded
	case strings.IndexByte(f.text, ' ') < 0 && bulky(strings.ToLower(baseName(f.text))):
		return bulk
	}
	if f.role != prose && aboutText(f.text)&(ofPeople|ofSecrets) != 0 {
		return called
	}
	return nothing
}

// passes reports whether a text says a password or a token: a name for it, a sign, and something that is no word.
func passes(text string) bool {
	text = text[:min(len(text), 2048)]
	for i := 3; i+4 < len(text); i++ {
		var rest string
		switch c := text[i]; {
		case c == ':' || c == '=':
			rest = text[i+1:]
		case c == ' ' && strings.HasPrefix(text[i:], " is "):
			rest = text[i+4:]
		default:
			continue
		}
		if !namesSecret(strings.TrimRight(text[max(0, i-12):i], " \"'")) {
			continue
		}
		value, _, _ := strings.Cut(strings.TrimLeft(rest, " \"':="), " ")
		if len(value) >= 4 && strings.ContainsAny(value, "0123456789!@#$%^&*") {
			return true
		}
	}
	return false
}

// namesSecret reports whether a text ends with a name for a password or a token.
func namesSecret(text string) bool {
	if text == "" || strings.IndexByte("dtnypDTNYP", text[len(text)-1]) < 0 {
		return false
	}
	small := strings.ToLower(text)
	for _, name := range [...]string{"password", "passwd", "pwd", "secret", "token", "api key", "apikey", "api_key", "otp", "pin"} {
		if before, ok := strings.CutSuffix(small, name); ok && (before == "" || !isLower(before[len(before)-1])) {
			return true
		}
	}
	return false
}

// tellsPersons reports whether a text has a number of a person or a card, or the addresses of three and more.
func tellsPersons(text string) bool {
	text = text[:min(len(text), 4096)]
	if strings.Count(text, "@") >= 3 && strings.Count(text, ".") >= 3 && (strings.IndexByte(text, '\n') >= 0 || strings.IndexByte(text, ';') >= 0) {
		return true
	}
	digits, sum, groups := 0, [2]int{}, 0
	for i := 0; i <= len(text); i++ {
		switch {
		case i < len(text) && isDigit(text[i]):
			d := int(text[i] - '0')
			sum[digits&1] += d
			sum[1-digits&1] += 2*d - 9*boolean(d > 4)
			digits++
			continue
		case i < len(text) && (text[i] == ' ' || text[i] == '-') && digits > 0 && i+1 < len(text) && isDigit(text[i+1]):
			groups++
			if text[i] == '-' && groups == 2 && digits == 5 && ssn(text, i) {
				return true
			}
			continue
		}
		// Luhn's sum doubles every second digit from the right, beginning with the second.
		if digits >= 15 && digits <= 16 && sum[1-digits&1]%10 == 0 {
			return true
		}
		digits, sum, groups = 0, [2]int{}, 0
	}
	return false
}

// ssn reports whether the digits around the second sign of a number are those of a social security number of the United
// States: three, two and four.
func ssn(text string, at int) bool {
	return at >= 6 && text[at-3] == '-' && at+4 < len(text) && isDigit(text[at+1]) && isDigit(text[at+4]) && (at+5 == len(text) || !isDigit(text[at+5]))
}

// leaves judges what the arguments have go where: what should stay, to where nobody knows who has it.
func (a *analysis) leaves() {
	f := &a.flow
	if f.source == nothing || f.sink <= inHouse || a.tool.is(analyses) && !a.tool.is(sends) {
		return
	}
	if a.tool.is(fetches|reads) && !a.tool.is(sends|writes) && a.tool.concepts&exposing == 0 {
		return
	}
	sure := [...]float64{called: 0.5, bulk: 0.7, guarded: 0.82, personal: 0.8, unlocking: 0.86}[f.source] +
		[...]float64{mailed: -0.02, abroad: 0, unowned: 0.08, everyone: 0.06, dropped: 0.1}[f.sink]
	if f.source == called && f.sink < unowned {
		return
	}
	if a.tool.is(sends) || a.tool.concepts&exposing != 0 {
		sure += 0.04
	}
	a.current = int32(f.field)
	a.add(DataExfiltration, min(sure, 0.95), "lets_out", 0, len(a.fields[f.field].text))
	a.current = -1
}

// flowFeatures adds what goes where.
func (a *analysis) flowFeatures() {
	f := &a.flow
	to := &a.features
	for _, h := range [...]uint32{mix(51, uint32(f.sink)), mix(52, uint32(f.source)), mix(mix(53, uint32(f.sink)), uint32(f.source))} {
		to.Add(ofShape, h)
		pairs(to, h, a.tool.concepts)
	}
}
