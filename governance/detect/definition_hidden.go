package detect

import (
	"strings"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// unseen looks for what a reader of the definition is not to see.
func (d *definition) unseen(i int) {
	text := d.text(&d.fields[i])
	d.comments(i, text)
	d.padding(i, text)
	if from := strings.IndexByte(text, 0x1B); from >= 0 {
		weight := 4.4
		if strings.Contains(text, "\x1B[8m") || strings.Contains(text, "\x1B[30;40m") {
			weight = 5
		}
		d.hide(i, weight, from, len(text))
	}
	if wide(text) {
		d.split(i, text)
	}
}

func (d *definition) hide(i int, weight float64, from, to int) {
	d.suspect(clue{d.grammar.complaint(ruleHidden), weight, i, from, to, ""})
}

// comments looks for comments and elements that are not shown.
func (d *definition) comments(i int, text string) {
	if strings.IndexByte(text, '<') < 0 && strings.IndexByte(text, '[') < 0 {
		return
	}
	for _, mark := range [...][2]string{{"<!--", "-->"}, {"[//]: #", "\n"}, {"[comment]:", "\n"}, {"<details hidden", "</details>"}} {
		from := strings.Index(text, mark[0])
		if from < 0 {
			continue
		}
		inner, _, _ := strings.Cut(text[from+len(mark[0]):], mark[1])
		if weight := d.intent(inner); weight > 0 {
			d.hide(i, 2.6+weight, from, min(len(text), from+len(mark[0])+len(inner)+len(mark[1])))
		}
	}
	low := strings.ToLower(text)
	for _, tag := range [...]string{"<system>", "<secret>", "<hidden>", "<admin>", "<override>", "<important>", "<instruction>", "<instructions>", "<assistant>", "<critical>", "<internal>", "[system]", "[hidden]"} {
		if from := strings.Index(low, tag); from >= 0 {
			d.suspect(clue{d.grammar.complaint(ruleAddressed), 1.2, i, from, from + len(tag), ""})
		}
	}
	for _, style := range [...]string{"display:none", "display: none", "font-size:0", "font-size: 0", "opacity:0", "opacity: 0", "visibility:hidden", "visibility: hidden", "color:white", "color:#fff", "color:transparent"} {
		if from := strings.Index(low, style); from >= 0 && strings.LastIndexByte(text[:from], '<') > strings.LastIndexByte(text[:from], '>') {
			if weight := d.intent(text[from:]); weight > 0 {
				d.hide(i, 2.6+weight, strings.LastIndexByte(text[:from], '<'), len(text))
			}
		}
	}
}

// intent returns how much a hidden text reads like an order.
func (d *definition) intent(text string) (weight float64) {
	t := &d.tokens
	t.text = text
	for at := 0; at < len(text); {
		at = t.sentence(at)
		if len(t.list) < 3 {
			continue
		}
		weight = max(weight, 0.8)
		if t.union.meets(d.grammar.acting) || t.union.meets(d.grammar.told) {
			weight = 2.4
		}
	}
	return weight
}

// Space that nobody leaves in a description, in characters of a row.
const (
	mostLines  = 12
	mostSpaces = 100
)

// padding looks for text that is pushed out of sight.
func (d *definition) padding(i int, text string) {
	for at := 0; at < len(text); at++ {
		if !isSpace(text[at]) {
			continue
		}
		from, lines := at, 0
		for at < len(text) && isSpace(text[at]) {
			if text[at] == '\n' {
				lines++
			}
			at++
		}
		if (lines > mostLines || at-from > mostSpaces) && len(text)-at >= 12 {
			d.hide(i, 2.6+max(0.6, d.intent(text[at:])), at, len(text))
			return
		}
	}
}

// split looks for characters without width, and for words of letters that only look like those of the Latin alphabet.
func (d *definition) split(i int, text string) {
	cut, first, last := 0, -1, 0
	for at, r := range text {
		if kind := invisible(r); kind != widthless && kind != tagged && r != 0xAD {
			continue
		}
		size := utf8.RuneLen(r)
		inWord := at > 0 && at+size < len(text) && isAlnum(text[at-1]) && (isAlnum(text[at+size]) || text[at+size] >= utf8.RuneSelf)
		if operator := r >= 0x2061 && r <= 0x2064; inWord || operator || d.fields[i].key || d.fields[i].role == roleName {
			cut++
			if first < 0 {
				first = at
			}
			last = at + size
		}
	}
	switch {
	case cut >= 2 || cut == 1 && (d.fields[i].key || d.fields[i].role == roleName):
		d.hide(i, 5, first, last)
	case cut == 1:
		d.hide(i, 3.5, first, last)
	}
	if from, to := mixed(text); to > 0 {
		d.suspect(clue{d.grammar.complaint(ruleEncoded), 4.2, i, from, to, ""})
	}
}

// mixed returns where words stand that are made of letters of several alphabets; at least two, or one of many letters.
func mixed(text string) (from, to int) {
	words := 0
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !letterlike(r) {
			at += size
			continue
		}
		start, latin, alike, styled := at, 0, 0, 0
		for at < len(text) {
			r, size = utf8.DecodeRuneInString(text[at:])
			if !letterlike(r) {
				break
			}
			switch {
			case r < utf8.RuneSelf:
				latin++
			case lookalike(r):
				alike++
			case r >= 0x1D400 && r <= 0x1D7FF, r >= 0xFF21 && r <= 0xFF5A:
				styled++
			}
			at += size
		}
		if latin > 0 && alike > 0 && latin+alike >= 3 || styled >= 3 {
			if words++; words == 1 {
				from = start
			}
			to = at
		}
	}
	if words < 2 {
		return 0, 0
	}
	return from, to
}

func letterlike(r rune) bool {
	return r < utf8.RuneSelf && isLetter(byte(r)) || r >= 0x370 && r <= 0x52F || r >= 0x1D400 && r <= 0x1D7FF || r >= 0xFF21 && r <= 0xFF5A
}

// lookalike reports whether a letter of the Greek or Cyrillic alphabet looks like one of the Latin, after the confusables of
// Unicode Technical Standard 39.
func lookalike(r rune) bool {
	return r >= 0x370 && r <= 0x52F && strings.ContainsRune("АВЕКМНОРСТУХЅІЈԌԚԜавеорсухѕіјһԁԛԝгкпӏЁёїЇΑΒΕΖΗΙΚΜΝΟΡΤΥΧαινορτυκ", r)
}

// commands looks for what a shell would run.
func (d *definition) commands(i int) {
	f := &d.fields[i]
	text := d.text(f)
	weight, from, to := 0.0, 0, 0
	for _, fetch := range [...]string{"curl ", "wget ", "iwr ", "base64 -d", "base64 --decode"} {
		at := strings.Index(text, fetch)
		if at < 0 {
			continue
		}
		tail := text[at:min(len(text), at+200)]
		for _, run := range [...]string{"| sh", "|sh", "| bash", "|bash", "| python", "| sudo", "| iex", "-d @", "--data @", "-F file=@", "$(cat", "`cat"} {
			if n := strings.Index(tail, run); n >= 0 {
				weight, from, to = 5, at, at+n+len(run)
			}
		}
	}
	for _, c := range [...]string{"/dev/tcp/", "nc -e ", "| curl ", "|curl ", "rm -rf ~", "rm -rf / ", "rm -rf /*", "; curl ", "&& curl ", "$(curl", "`curl", "$(cat ", "| nc ", "env | ", "printenv | "} {
		if at := strings.Index(text, c); at >= 0 && weight == 0 {
			weight, from, to = 3.6, at, at+len(c)
		}
	}
	if weight == 0 {
		return
	}
	if f.strange() {
		weight++
	}
	if d.warns || quotedAt(text, from) && !strings.Contains(strings.ToLower(text[:from]), "run `") && about(d.topic, "shell command bash terminal exec run script deny block policy") {
		weight -= 3
	}
	d.suspect(clue{d.grammar.complaint(ruleCommand), weight, i, from, to, ""})
}

// links looks for URLs with a place for what is to be carried away.
func (d *definition) links(i int) {
	f := &d.fields[i]
	text := d.text(f)
	d.gaps(i, text)
	for at := 0; ; {
		n := strings.Index(text[at:], "://")
		if n < 0 {
			return
		}
		at += n + len("://")
		tail := text[at:min(len(text), at+300)]
		end := strings.IndexAny(tail+"\n", "\n)\"'")
		weight := carriesAway(tail[:end])
		image := strings.HasSuffix(strings.TrimRight(text[:at-len("://")], "htps"), "](") || strings.Contains(text[max(0, at-60):at], "<img")
		switch {
		case weight > 0 && (image || f.role == roleIcon):
			weight += 1.4
		case weight > 0 && f.role == roleSchemaValue && f.member != "default":
			weight -= 1.5
		}
		if weight > 0 {
			d.suspect(clue{d.grammar.complaint(ruleLink), weight, i, max(0, at-len("https://")), at + end, ""})
		}
	}
}

// gaps looks for the query of a URL that somebody is to fill in, apart from its URL.
func (d *definition) gaps(i int, text string) {
	for at := strings.IndexByte(text, '?'); at >= 0 && at+1 < len(text); {
		end := at + 1
		for end < len(text) && isWord(text[end]) {
			end++
		}
		if end > at+1 && end+1 < len(text) && text[end] == '=' && strings.IndexByte("<{[", text[end+1]) >= 0 {
			if weight := carriesAway("h/" + text[at:min(len(text), end+80)]); weight > 0 {
				d.suspect(clue{d.grammar.complaint(ruleLink), weight + 1, i, at, min(len(text), end+80), ""})
			}
		}
		n := strings.IndexByte(text[at+1:], '?')
		if n < 0 {
			return
		}
		at += 1 + n
	}
}

// carriesAway returns how much the rest of a URL looks made to carry a conversation or secrets away.
func carriesAway(tail string) float64 {
	host := tail[:strings.IndexAny(tail+"/", "/?# ")]
	collects := collector(host)
	query := tail[strings.IndexAny(tail+"?", "?#"):]
	low := strings.ToLower(query)
	at := strings.IndexAny(low, "{<[$")
	switch {
	case at >= 0 && about(low[at:], "conversation chat secret token key password history prompt data user message session credential email env content summary context base64 text"):
		return 3.6
	case collects:
		return 2.4
	}
	return 0
}

// hiding reads a form of the current text that is not the text itself.
func (d *definition) hiding(v *match.View) {
	if d.current < 0 || len(v.Text) < 8 {
		return
	}
	r := reading{field: d.current, text: view(v.Text), form: v.Form(0, len(v.Text)), view: v}
	if v.Layer > 0 {
		r.more = 1.4
	}
	if d.fields[d.current].strange() {
		r.more += 1.2
	}
	d.sentences(&r)
	if v.Layer > 0 && !strings.Contains(r.form, "entit") && !strings.Contains(r.form, "percent") {
		if weight := d.intent(r.text); weight > 2 {
			span := v.Span(0, len(v.Text))
			d.suspect(clue{d.grammar.complaint(ruleEncoded), weight + 2, d.current, span.Start, span.End, r.form})
		}
	}
}
