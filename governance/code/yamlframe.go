package code

import (
	"slices"
	"strings"
)

// maxTogether is how many keys of one mapping are looked at together, and how deep mappings are told apart.
const maxTogether = 32

// A yamlFrame is a mapping that is being read: the key that it is the value of, and its own keys so far.
type yamlFrame struct {
	column int
	parent string
	keys   []yamlPair
}

type yamlPair struct {
	key   string
	value passage
}

// enter notes a key at a column; an item of a list begins a mapping of its own.
func (y *yamlReader) enter(key string, value passage, column int, item bool) {
	for len(y.frames) > 0 && y.frames[len(y.frames)-1].column > column {
		y.frames = y.frames[:len(y.frames)-1]
	}
	switch n := len(y.frames) - 1; {
	case n >= 0 && y.frames[n].column == column && !item:
	case n >= 0 && y.frames[n].column == column:
		y.frames[n].keys = y.frames[n].keys[:0:0]
	case len(y.frames) < maxTogether:
		y.frames = append(y.frames, yamlFrame{column: column, parent: y.lastKey()})
	default:
		return
	}
	if f := &y.frames[len(y.frames)-1]; len(f.keys) < maxTogether {
		f.keys = append(f.keys, yamlPair{key, value})
		y.together(f, &f.keys[len(f.keys)-1])
	}
}

// lastKey returns the key that a deeper mapping would be the value of.
func (y *yamlReader) lastKey() string {
	for _, f := range slices.Backward(y.frames) {
		if keys := f.keys; len(keys) > 0 {
			return keys[len(keys)-1].key
		}
	}
	return ""
}

// within reports whether the innermost mappings are the value of a key.
func (y *yamlReader) within(key string) bool {
	for n := range y.frames {
		if y.frames[n].parent == key {
			return true
		}
	}
	return false
}

// get returns the value of a key of a mapping so far, in small letters.
func (f *yamlFrame) get(key string) string {
	for n := range f.keys {
		if f.keys[n].key == key {
			return lower(f.keys[n].value.text)
		}
	}
	return ""
}

// together looks at keys that mean something only next to others: what is named and what it is set to, who may come in by which
// port, who may do what.
func (y *yamlReader) together(f *yamlFrame, last *yamlPair) {
	value := lower(last.value.text)
	switch last.key {
	case "value":
		if name := f.get("name"); name != "" {
			y.scan.credential(name, &last.value)
			y.scan.embeddedIn(&last.value)
		}
	case "CidrIp", "cidr_ip", "cidr", "CidrIpv6":
		if (value == "0.0.0.0/0" || value == "::/0") && f.opensTooMuch() {
			y.reportAt(&last.value, exposed, Medium, "lets every address in by a port of administrators")
		}
	case "kind":
		y.kind = last.value.text
	case "name":
		if f.parent == "roleRef" && value == "cluster-admin" {
			y.reportAt(&last.value, containerEscape, High, "grants every right, or rights to everything")
		}
		if f.parent == "subjects" && (value == "system:anonymous" || value == "system:unauthenticated") {
			y.reportAt(&last.value, weakAuth, High, "grants rights to who has not shown who they are")
		}
	case "Action", "Principal", "Resource", "NotAction", "AWS":
		y.statement(f, last)
	case "state":
		if path := f.get("path"); value == "absent" && (isVital(path) || strings.HasSuffix(path, "/*") && isVital(strings.TrimSuffix(path, "/*"))) {
			y.reportAt(&last.value, rmRoot, Critical, "")
		}
	case "ref", "repository":
		if y.target && strings.Contains(value, "github.event.pull_request.head") || y.target && strings.Contains(value, "github.head_ref") {
			y.reportAt(&last.value, workflowInjection, High, "checks out what strangers wrote where a workflow has the repository's secrets")
		}
	case "path":
		if value := last.value.text; f.get("state") == "absent" && isVital(value) {
			y.reportAt(&last.value, rmRoot, Critical, "")
		}
	}
}

// opensTooMuch reports whether a rule of a firewall lets in to ports that administrators use, or to all.
func (f *yamlFrame) opensTooMuch() bool {
	from := f.get("FromPort") + f.get("from_port") + f.get("port")
	if f.get("IpProtocol") == "-1" || f.get("proto") == "all" || f.get("proto") == "-1" {
		return true
	}
	switch from {
	case "22", "3389", "0", "5432", "3306", "6379", "27017", "9200", "2375", "-1", "1":
		return true
	}
	return from == "" && f.get("ToPort") == "65535"
}

// statement looks at a statement of who may do what in Amazon's policies.
func (y *yamlReader) statement(f *yamlFrame, last *yamlPair) {
	value := strings.Trim(last.value.text, "[]'\" ")
	if f.get("Effect") == "deny" || f.get("Condition") != "" {
		return
	}
	switch {
	case last.key == "Action" && (value == "*" || value == "*:*" || value == "iam:*"):
	case last.key == "Principal" && value == "*", last.key == "AWS" && value == "*" && f.parent == "Principal":
	default:
		return
	}
	y.reportAt(&last.value, exposed, Medium, "grants every right, or rights to everybody")
}

// reportAt notes a finding over a value.
func (y *yamlReader) reportAt(value *passage, rule ruleID, severity Severity, note string) {
	y.scan.found(value, 0, len(value.text), hit{rule: rule, severity: severity, confidence: Certain, note: note})
}

// flow reads the keys of {key: value, …}.
func (y *yamlReader) flow(from, to, column int) {
	depth, start := 0, from+1
	for n := from; n < to; n++ {
		switch y.text[n] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"', '\'':
			if end := strings.IndexByte(y.text[n+1:to], y.text[n]); end >= 0 {
				n += end + 1
			}
		}
		if depth == 0 || depth == 1 && y.text[n] == ',' {
			y.flowPair(start, n, column, start == from+1)
			start = n + 1
		}
		if depth == 0 {
			return
		}
	}
}

func (y *yamlReader) flowPair(from, to, column int, first bool) {
	for from < to && isSpace(y.text[from]) {
		from++
	}
	key, value, ok := y.pair(from, to)
	if !ok || y.nested > 4 {
		return
	}
	y.nested++
	y.set(key, value, to, column+1, first)
	y.nested--
}
