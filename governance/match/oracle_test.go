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
	number                bool
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
		*all = append(*all, value{text: token.String(), pointer: pointer, number: true})
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

// naive is the definition of Scan: every pattern in its order on every form of every value in its order.
func naive(patterns []match.Pattern, name string, doc []byte) (found match.Hit, ok bool) {
	all := values(name, doc)
	n := match.Normalizer{Skip: match.Space}
	for i, p := range patterns {
		find := finder(p)
		for _, v := range all {
			_ = n.Each([]byte(v.text), func(view match.View) bool {
				if v.number && !view.Original() {
					return false
				}
				span, form, hit := find(view)
				if hit {
					ok = true
					found = match.Hit{
						Pattern: i, Name: p.Name, Pointer: v.pointer, InName: v.inName, InKey: v.inKey,
						Joined: v.joined, Start: span.Start, End: span.End, Form: form,
					}
				}
				return !hit
			})
			if ok {
				return found, ok
			}
		}
	}
	return match.Hit{}, false
}

// finder turns any pattern into regular expressions that the standard library runs: on the text as it is, and but for
// substrings with its white space collapsed.
func finder(p match.Pattern) func(match.View) (match.Span, string, bool) {
	flags := "(?is)"
	if p.CaseSensitive {
		flags = "(?s)"
	}
	text := p.Text
	switch p.Type {
	case match.Substring:
		text = substring(text, strings.ContainsAny(text, "\t\n\v\f\r"))
	case match.Glob:
		text = globRegex(text)
	default: // is a regular expression already
	}
	re, white := regexp.MustCompile(flags+text), regexp.MustCompile(`[\t-\r ]+`)
	looks := lookalike(p, flags)
	return func(v match.View) (match.Span, string, bool) {
		at := re.FindIndex(v.Text)
		if looks != nil && strings.Contains(v.Form(-1, len(v.Text)+1), "confusable") {
			if also := looks.FindIndex(v.Text); at == nil || also != nil && also[1] < at[1] {
				at = also
			}
		}
		if at != nil {
			return v.Span(at[0], at[1]), v.Form(at[0], at[1]), true
		}
		collapsed, places := collapsed(white, v.Text)
		at = re.FindStringIndex(collapsed)
		if p.Type == match.Substring || p.Type == match.Regex && lines(p.Text) || at == nil || collapsed == string(v.Text) {
			return match.Span{}, "", false
		}
		start, end := places[at[0]][0], places[at[0]][0]
		form := v.Form(start, end)
		if at[1] > at[0] {
			end = places[at[1]-1][1]
			form = strings.TrimPrefix(v.Form(start, end)+"/space", "/")
		}
		return v.Span(start, end), form, true
	}
}

// lookalike finds what a substring looks like, if that is something else.
func lookalike(p match.Pattern, flags string) *regexp.Regexp {
	looks, n := "", match.Normalizer{Skip: match.AllForms &^ match.Confusable}
	_ = n.Each([]byte(p.Text), func(v match.View) bool {
		if !v.Original() {
			looks = substring(string(v.Text), strings.ContainsAny(p.Text, "\t\n\v\f\r"))
		}
		return true
	})
	if p.Type != match.Substring || looks == "" {
		return nil
	}
	return regexp.MustCompile(flags + looks)
}

// substring turns a text into an expression.
func substring(text string, verbatim bool) string {
	text = regexp.QuoteMeta(text)
	if verbatim {
		return text
	}
	return regexp.MustCompile(" +").ReplaceAllString(text, `[\t-\r ]+?`)
}

// lines reports whether an expression has a dot that takes no line break.
func lines(text string) bool { return strings.Contains(text, "(?-s)") }

// collapsed returns a text with its white space collapsed, and where each of its bytes, and its end, comes from.
func collapsed(white *regexp.Regexp, text []byte) (string, [][2]int) {
	var b strings.Builder
	var places [][2]int
	for i := 0; i < len(text); {
		if at := white.FindIndex(text[i:]); at != nil && at[0] == 0 {
			b.WriteByte(' ')
			places = append(places, [2]int{i, i + at[1]})
			i += at[1]
			continue
		}
		b.WriteByte(text[i])
		places = append(places, [2]int{i, i + 1})
		i++
	}
	return b.String(), append(places, [2]int{len(text), len(text)})
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
