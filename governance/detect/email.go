package detect

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// email looks at the address around the @ at i (RFC 5321, the part of it that people use).
func (s *scan) email(i int) {
	if s.lookout&PII == 0 {
		return
	}
	start := i
	for start > 0 && i-start <= 64 && localByte(s.text[start-1]) {
		start--
	}
	for start < i && strings.IndexByte(".'-", s.text[start]) >= 0 {
		start++
	}
	if start == i || i-start > 64 || s.byteBefore(start) == '@' || s.byteBefore(i) == '.' {
		return
	}
	end, confidence := s.domain(i + 1)
	if confidence == 0 || s.inAddress(start, end) {
		return
	}
	switch local := s.text[start:i]; {
	case serviceBox(local):
		confidence = min(confidence, 0.4)
	case stale(local) || strings.Contains(local, "${"):
		confidence = min(confidence, 0.5)
	}
	s.pii("email", "email", match.Medium, confidence, start, end)
}

func localByte(c byte) bool {
	return isWord(c) || strings.IndexByte(".+-%'&", c) >= 0 || c >= 0x80
}

// serviceBox reports whether an address is that of a service and of no person: git@github.com, noreply@….
func serviceBox(local string) bool {
	switch strings.ToLower(local) {
	case "git", "noreply", "no-reply", "donotreply", "do-not-reply", "mailer-daemon", "postmaster", "webmaster", "root", "hg", "svn", "bot", "notifications", "action", "actions":
		return true
	}
	return strings.HasSuffix(local, "[bot]")
}

// domain returns the end of the domain that begins at i, and how sure it is that it is one: 0 when not at all.
func (s *scan) domain(i int) (end int, confidence float64) {
	end = i
	for end < len(s.text) && end-i < 254 && (isAlnum(s.text[end]) || s.text[end] == '-' || s.text[end] == '.' || s.text[end] >= 0xC3) {
		if s.text[end] >= 0xC3 { // a letter beyond ASCII, as in münchen.de; Chinese characters end an address
			if s.text[end] > 0xC3 || end+1 == len(s.text) {
				break
			}
			end++
		}
		end++
	}
	name := strings.TrimRight(s.text[i:end], ".-")
	end = i + len(name)
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || strings.Contains(name, "..") || name[0] == '-' {
		return end, 0
	}
	switch top := name[dot+1:]; {
	case len(top) < 2 || len(top) > 18 || hasDigit([]byte(top)) && !strings.HasPrefix(top, "xn--"), noTop(top):
		return end, 0
	case strings.HasSuffix(name, ".iam.gserviceaccount.com"), strings.HasSuffix(name, ".noreply.github.com"), name == "users.noreply.github.com", top == "local", top == "internal", top == "localhost", top == "invalid", top == "svc":
		return end, 0.4
	case len(top) == 2 || knownTop(strings.ToLower(top)):
		return end, 0.95
	default:
		return end, 0.6
	}
}

// noTop reports whether the last part of a name is that of a file.
func noTop(top string) bool {
	switch top {
	case "png", "jpg", "jpeg", "gif", "svg", "webp", "js", "ts", "tsx", "jsx", "css", "scss", "json", "yaml", "yml", "html", "py", "go", "java", "class", "service", "target", "socket", "timer", "mount", "lock", "md", "txt", "xml", "conf", "cfg", "sh", "so", "dll", "exe", "mjs", "cjs", "vue", "map", "tgz", "gz", "zip", "tar":
		return top != "py" && top != "sh" && top != "md" && top != "so" && top != "zip" // which are countries, or sold
	}
	return false
}

func knownTop(top string) bool {
	switch top {
	case "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "name", "pro", "app", "dev", "cloud", "online", "site", "xyz", "tech", "store", "shop",
		"example", "test", "email", "company", "agency", "digital", "solutions", "services", "group", "team", "work", "world", "global", "media", "design", "studio",
		"blog", "news", "live", "life", "health", "care", "clinic", "bank", "finance", "legal", "law", "capital", "ventures", "systems", "network", "software", "museum",
		"coop", "aero", "jobs", "mobi", "travel", "tel", "cat", "asia", "post", "top", "club", "zone", "academy", "school", "university", "london", "berlin", "paris", "tokyo":
		return true
	}
	return false
}

// inAddress reports whether an address is a part of a URL or of an import: ssh://git@host/path, user:pass@host, a/b@c.d.
func (s *scan) inAddress(start, end int) bool {
	before := s.byteBefore(start)
	if before == '/' && start > 2 && !strings.HasSuffix(s.text[:start], "</") {
		return true
	}
	if before == ':' && strings.Contains(s.before(start, 64), "://") {
		return true
	}
	return end < len(s.text) && (s.text[end] == ':' && end+1 < len(s.text) && isAlnum(s.text[end+1]) && s.text[start:min(end, start+4)] == "git@" || s.text[end] == '@')
}

// disguisedEmail looks at an address that is written with words, of which one for @ or for a dot stands from start to end:
// ada [at] lovelace [dot] org, ada at lovelace dot org, ada(at)lovelace.org.
func (s *scan) disguisedEmail(start, end int) {
	if s.lookout&PII == 0 {
		return
	}
	at, after := start, end
	if word := s.text[start:end]; strings.Contains(word, "dot") || strings.Contains(word, "DOT") {
		before := strings.TrimRight(s.before(start, 80), " ")
		n := len(strings.TrimRightFunc(before, isHostRune))
		sign := strings.TrimRight(before[:n], " ")
		word := sign[strings.LastIndexByte(sign, ' ')+1:]
		if !strings.EqualFold(strings.Trim(word, "([{}])"), "at") {
			return
		}
		at, after = start-len(s.before(start, 80))+len(sign)-len(word), start-len(s.before(start, 80))+n
	}
	from := at
	for from > 0 && s.text[from-1] == ' ' {
		from--
	}
	last := from
	for from > 0 && last-from < 64 && localByte(s.text[from-1]) {
		from--
	}
	to, dots := s.spelledHost(after)
	if from == last || dots == 0 || len(s.text[from:last]) < 2 {
		return
	}
	s.pii("email_disguised", "email", match.Medium, 0.85, from, to)
}

func isHostRune(r rune) bool { return r < 0x80 && (isAlnum(byte(r)) || r == '-') }

// spelledHost returns the end of a host's name at i in which dots may be words, and how many dots there are; 0 when the
// name does not end as one does.
func (s *scan) spelledHost(i int) (end, dots int) {
	for i < len(s.text) && s.text[i] == ' ' {
		i++
	}
	for {
		n := 0
		for i+n < len(s.text) && n < 64 && isHostRune(rune(s.text[i+n])) {
			n++
		}
		if n == 0 {
			return 0, 0
		}
		part := s.text[i : i+n]
		i += n
		end = i
		rest := strings.TrimLeft(s.window(i, 10), " ")
		skipped := len(s.window(i, 10)) - len(rest)
		sign := 0
		for _, word := range [...]string{"[dot]", "(dot)", "{dot}", "[.]", "(.)", "dot ", "."} {
			if len(rest) > len(word) && strings.EqualFold(rest[:len(word)], word) && (word != "." || skipped == 0) {
				sign = len(word)
				break
			}
		}
		if sign == 0 || sign == 1 && !isAlnum(rest[1]) {
			if len(part) < 2 || hasDigit([]byte(part)) || len(part) != 2 && !knownTop(strings.ToLower(part)) {
				return 0, 0
			}
			return end, dots
		}
		dots++
		i += skipped + sign
		for i < len(s.text) && s.text[i] == ' ' {
			i++
		}
	}
}
