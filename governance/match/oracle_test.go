package match_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// value is one thing that patterns are matched against, as the oracle sees it.
type value struct {
	text                  string
	pointer               string
	inName, inKey, joined bool
}

// values decodes a document with encoding/json and lists its values in the order that Scan promises.
func values(name string, doc []byte) []value {
	var all []value
	if name != "" {
		all = append(all, value{text: name, inName: true})
	}
	if len(doc) > 0 {
		dec := json.NewDecoder(bytes.NewReader(doc))
		dec.UseNumber()
		walk(dec, "", &all)
	}
	return all
}

// walk reads one value and returns its text if it has one.
func walk(dec *json.Decoder, pointer string, all *[]value) string {
	token, err := dec.Token()
	if err != nil {
		panic(err)
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			walkArray(dec, pointer, all)
		} else {
			walkObject(dec, pointer, all)
		}
		return ""
	case string:
		*all = append(*all, value{text: token, pointer: pointer})
		return token
	case json.Number:
		*all = append(*all, value{text: token.String(), pointer: pointer})
		return token.String()
	}
	return ""
}

func walkArray(dec *json.Decoder, pointer string, all *[]value) {
	var texts []string
	for i := 0; dec.More(); i++ {
		if text := walk(dec, pointer+"/"+json.Number(itoa(i)).String(), all); text != "" {
			texts = append(texts, text)
		}
	}
	_, _ = dec.Token()
	together(texts, pointer, all)
}

// together adds what neighbours are taken for.
func together(texts []string, pointer string, all *[]value) {
	if len(texts) < 2 {
		return
	}
	for _, between := range []string{" ", ""} {
		*all = append(*all, value{text: strings.Join(texts, between), pointer: pointer, joined: true})
	}
}

func walkObject(dec *json.Decoder, pointer string, all *[]value) {
	var texts []string
	for dec.More() {
		token, _ := dec.Token()
		key, _ := token.(string)
		at := pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		*all = append(*all, value{text: key, pointer: at, inKey: true})
		if text := walk(dec, at, all); text != "" {
			texts = append(texts, text)
		}
	}
	_, _ = dec.Token()
	together(texts, pointer, all)
}

func itoa(i int) string { b, _ := json.Marshal(i); return string(b) }

// naive is the definition of Scan: every pattern in its order on every value in its order.
func naive(patterns []match.Pattern, name string, doc []byte) (match.Hit, bool) {
	all := values(name, doc)
	for i, p := range patterns {
		find := finder(p)
		for _, v := range all {
			if start, end := find(v.text); start >= 0 {
				return match.Hit{
					Pattern: i, Name: p.Name, Pointer: v.pointer, InName: v.inName, InKey: v.inKey,
					Joined: v.joined, Start: start, End: end,
				}, true
			}
		}
	}
	return match.Hit{}, false
}

// finder turns any pattern into a regular expression that the standard library runs.
func finder(p match.Pattern) func(string) (int, int) {
	flags := "(?is)"
	if p.CaseSensitive {
		flags = "(?s)"
	}
	text := p.Text
	switch p.Type {
	case match.Substring:
		text = regexp.QuoteMeta(text)
	case match.Glob:
		text = globRegex(text)
	default: // is a regular expression already
	}
	re := regexp.MustCompile(flags + text)
	return func(s string) (int, int) {
		if at := re.FindStringIndex(s); at != nil {
			return at[0], at[1]
		}
		return -1, -1
	}
}

// globRegex translates a valid glob.
func globRegex(glob string) string {
	var b strings.Builder
	b.WriteString(`\A`)
	runes := []rune(glob)
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; r {
		case '*':
			b.WriteString(`.*`)
		case '?':
			b.WriteString(`.`)
		case '\\':
			i++
			b.WriteString(regexp.QuoteMeta(string(runes[i])))
		case '[':
			i = globRegexClass(&b, runes, i+1)
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	b.WriteString(`\z`)
	return b.String()
}

func globRegexClass(b *strings.Builder, runes []rune, i int) int {
	b.WriteString("[")
	if runes[i] == '!' {
		b.WriteString("^")
		i++
	}
	for first := true; first || runes[i] != ']'; first = false {
		if runes[i] == '\\' {
			i++
		}
		b.WriteString(classChar(runes[i]))
		i++
		if runes[i] == '-' && runes[i+1] != ']' {
			i++
			if runes[i] == '\\' {
				i++
			}
			b.WriteString("-" + classChar(runes[i]))
			i++
		}
	}
	b.WriteString("]")
	return i
}

func classChar(r rune) string {
	if r < 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r) && unicode.IsPrint(r) {
		return `\` + string(r)
	}
	return string(r)
}

// readable says whether Scan must accept a document; sure is false where the oracle cannot tell.
func readable(doc []byte) (ok, sure bool) {
	if len(doc) == 0 {
		return true, true
	}
	if !json.Valid(doc) || !utf8.Valid(doc) {
		return false, true
	}
	if depth(doc) > match.MaxDepth {
		return false, true
	}
	// encoding/json writes U+FFFD for half a surrogate pair, which Scan refuses.
	half := regexp.MustCompile(`(?i)\\ud[89a-f]`)
	return true, !half.Match(doc)
}

// depth returns how deeply a valid document is nested.
func depth(doc []byte) (deepest int) {
	now, inString := 0, false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[', c == '{':
			now++
			deepest = max(deepest, now)
		case c == ']', c == '}':
			now--
		}
	}
	return deepest
}
