package intent

import (
	"slices"
	"strings"
)

// pathOrFile judges a path by what the tool does with it.
func (a *analysis) pathOrFile(p string) {
	if strings.Contains(p, "://") && !strings.HasPrefix(p, "file://") {
		return
	}
	end := len(p)
	secret := a.secretPath(p)
	switch t := &a.tool; {
	case t.is(deletes) && !t.is(onFiles) && !hasWord(t, "rm", "tree", "unlink") && t.n > 1:
	case t.is(deletes):
		tree := a.set("recursive", "force", "r", "rf") || t.is(everything) || hasWord(t, "directory", "folder", "dir", "tree")
		category, confidence, rule := removal(p, tree)
		if rule == "removes_tree" {
			confidence = 0.82
		}
		a.add(category, confidence, rule, 0, end)
	case t.is(sends) && (secret > 0 || bulky(strings.ToLower(baseName(p)))) && a.outward():
		a.add(DataExfiltration, max(0.8, secret+0.08), "sends_file", 0, end)
	case t.is(writes) && !t.is(reads):
		if category, confidence, rule := writing(p); category == SystemModification && t.concepts&(ruling|ofRights|exposing) != 0 { // the model decides
		} else if category != DataWrite || t.is(onFiles) {
			a.add(category, confidence, rule, 0, end)
		}
	case secret > 0:
		a.add(DataExfiltration, secret, "reads_secret", 0, end)
	case climbs(p):
		a.add(DataExfiltration, 0.72, "climbs_out", 0, end)
	case t.is(reads) && t.is(onFiles) && !t.is(executes):
		a.add(DataRead, 0.86, "reads_file", 0, end)
	}
}

// climbs reports whether a path leads up and then to what is the system's.
func climbs(p string) bool {
	if !strings.Contains(p, "../") && !strings.Contains(p, `..\`) {
		return false
	}
	switch placeOf(p) {
	case vital, login, boot, logs:
		return true
	default:
		return strings.Count(p, "..") > 3
	}
}

func hasWord(t *tool, any ...string) bool {
	for _, w := range t.list() {
		if slices.Contains(any, w) {
			return true
		}
	}
	return false
}

// set reports whether one of the members is true.
func (a *analysis) set(names ...string) bool {
	for i := range a.fields {
		if f := &a.fields[i]; f.kind == yes {
			for _, name := range names {
				if strings.EqualFold(f.key, name) {
					return true
				}
			}
		}
	}
	return false
}

// first returns the index of the first text of a role, -1 when there is none.
func (a *analysis) first(r role) int {
	for i := range a.fields {
		if a.fields[i].role == r && a.fields[i].kind == text {
			return i
		}
	}
	return -1
}

// outward reports whether something goes to people or machines elsewhere.
func (a *analysis) outward() bool {
	if i := a.first(url); i >= 0 && !local(hostOf(a.fields[i].text)) {
		return true
	}
	return a.first(recipient) >= 0 || a.first(attachment) >= 0
}

// web judges what is asked of other machines, and what is sent there.
func (a *analysis) web() {
	i := a.first(url)
	if i < 0 {
		for k := range a.fields {
			if f := &a.fields[k]; f.kind == text && f.role == unknown && strings.HasPrefix(f.text, "http") && strings.Contains(f.text, "://") {
				i = k
			}
		}
	}
	secret := a.reveals()
	if secret >= 0 && (i >= 0 || a.tool.is(sends)) && a.outward() {
		a.current = int32(secret)
		a.add(DataExfiltration, 0.9, "sends_secret", 0, len(a.fields[secret].text))
	}
	if i < 0 || a.tool.is(analyses) && hasWord(&a.tool, "parse", "validate", "explain", "tokenize", "encode", "decode", "diff", "translate") {
		return
	}
	a.current = int32(i)
	a.address(a.fields[i].text)
}

// address judges a URL together with the method.
func (a *analysis) address(to string) {
	host := hostOf(to)
	verb := ""
	if m := a.first(method); m >= 0 {
		verb = strings.ToUpper(a.fields[m].text)
	}
	sending := verb == "POST" || verb == "PUT" || verb == "PATCH" || verb == "" && a.tool.is(sends|writes)
	switch {
	case !strings.Contains(to, "://"):
		if a.tool.is(fetches) && strings.Contains(to, ".") {
			a.add(NetworkAccess, 0.8, "asks", 0, len(to))
		}
	case strings.HasPrefix(to, "file://"):
		a.pathOrFile(to[len("file://"):])
	case revealing(to):
		a.add(DataExfiltration, 0.9, "sends_secret", 0, len(to))
	case metadata(host):
		a.add(DataExfiltration, 0.86, "asks_metadata", 0, len(to))
	case sending && catches(host):
		a.add(DataExfiltration, 0.84, "posts_to_catcher", 0, len(to))
	case catches(host) && strings.IndexByte(to, '?') > 0 && a.tool.is(fetches|onNetwork):
		a.add(DataExfiltration, 0.8, "data_in_address", 0, len(to))
	case carries(to) && !local(host):
		a.add(DataExfiltration, 0.74, "data_in_address", 0, len(to))
	case verb == "DELETE" && destroysURL(to):
		a.add(DestructiveData, 0.84, "deletes_by_http", 0, len(to))
	case verb == "PUT" || verb == "PATCH":
		a.add(DataWrite, 0.66, "writes_by_http", 0, len(to))
	case verb == "DELETE":
		a.add(DataWrite, 0.66, "deletes_by_http", 0, len(to))
	case verb == "" && !a.tool.is(fetches) && (a.tool.is(writes|sends) || a.tool.concepts&(exposing|running) != 0): // something is to be done with it
	case a.tool.is(onNetwork | fetches):
		a.add(NetworkAccess, 0.86, "asks", 0, len(to))
	}
}

// carries reports whether the query of a URL holds a long run of what reads like encoded data.
func carries(to string) bool {
	_, query, _ := strings.Cut(to, "?")
	run := 0
	for i := range len(query) {
		if c := query[i]; isAlnum(c) || c == '+' || c == '/' || c == '_' || c == '-' {
			if run++; run >= 48 {
				return true
			}
			continue
		}
		run = 0
	}
	return false
}

// reveals returns the index of a text to be sent that has a credential in it, -1 when there is none.
func (a *analysis) reveals() int {
	for i := range a.fields {
		f := &a.fields[i]
		if f.kind != text || f.role != prose && f.role != payload && f.role != unknown && f.role != attachment {
			continue
		}
		if f.reveals {
			return i
		}
	}
	return -1
}

// revealing reports whether a text has what credentials of some kinds begin with, or lines of a file of accounts. Most
// texts have none of the few bytes that all of those have, and are done with soon.
func revealing(text string) bool {
	if strings.IndexByte(text, '_') >= 0 {
		if hasPart(text, "ghp_|github_pat_|sk_live_|AWS_SECRET_ACCESS_KEY|aws_secret_access_key|DATABASE_URL=") ||
			hasPart(strings.ToLower(text[:min(len(text), 2048)]), "db_password=|secret_key=|api_key=") {
			return true
		}
	}
	if strings.IndexByte(text, '-') >= 0 && hasPart(text, "xoxb-|xoxp-|sk-ant-") || strings.Contains(text, "root:x:0:0") || strings.Contains(text, "PRIVATE KEY") {
		return true
	}
	n := strings.Index(text, "AKIA")
	return n >= 0 && n+20 <= len(text)
}
