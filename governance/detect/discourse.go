package detect

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// discourse is what a scan knows of instructions in the text so far.
type discourse struct {
	recent  [256]mention // a ring of the last ideas
	count   int          // of ideas so far
	fences  int          // ``` so far
	talk    int          // words of talk about attacks
	talkEnd int          // where the last of them ends
	example int
	split   int // words that characters without width cut
	hiding  int // end of the last sign that something is not shown, -1 for none
	motions []motion
	stretch
}

// A mention is an idea in the text.
type mention struct {
	start, end int
	idea       idea
	imperative bool // stands where an order begins
	free       bool // says by itself that it is an order
}

// A motion is a passage that may be an instruction to a model, with the evidence for and against.
type motion struct {
	start, end int
	evidence   evidence
	voice      float64 // log-odds that the model gives it
	quoted     bool
	code       bool
	hidden     bool
}

const (
	near       = 110 // bytes within which ideas are about each other, unless a thesis says otherwise
	farthest   = 220 // the most that a thesis says
	far        = 300 // bytes within which motions are one
	mostMotion = 64  // passages that are kept; more of them in one text are no news
)

func (d *discourse) reset() {
	d.count, d.fences, d.talk, d.talkEnd, d.example, d.split, d.hiding = 0, 0, 0, 0, 0, 0, -1
	d.motions = d.motions[:0]
	d.stretch.reset()
}

// bit is an idea in a set of ideas.
func (i idea) bit() uint64 { return 1 << i }

// concept notes an idea, and looks whether with those before it it makes a motion. A free one says by itself that it is
// an order, and may stand on either side of what it is about, as in languages other than English.
func (s *scan) concept(start, end int, i idea, free bool) {
	if s.lookout&(Injection|Definition) == 0 {
		return
	}
	m := mention{start: start, end: end, idea: i, free: free, imperative: free}
	switch i {
	case ideaTalk:
		s.talk++
		s.talkEnd = end
	case ideaExample:
		s.example++
	case ideaHidden:
		s.hiding = end
	case ideaIgnore:
		if s.reported(start, end) {
			return
		}
		m.imperative = free || s.ordered(start, false)
	case ideaReveal, ideaSend, ideaInvoke, ideaDestroy, ideaRead:
		m.imperative = s.ordered(start, true)
	default:
	}
	s.recent[s.count%len(s.recent)] = m
	s.count++
	if s.engine.triggers&i.bit() != 0 {
		s.weigh(m)
	}
	s.hear(m)
}

// reported reports whether a verb is told or negated rather than ordered: "ignores", "ignored", "do not ignore".
func (s *scan) reported(start, end int) bool {
	if c := s.byteBefore(start); strings.IndexByte("`\"'.<=(_-/", c) >= 0 && c != 0 && end < len(s.text) && strings.IndexByte("`\"'.>=)_-:/", s.text[end]) >= 0 {
		return true // a name
	}
	if end < len(s.text) && (s.text[end] == 'd' || s.text[end] == 's' || s.text[end] == 'r') || strings.HasPrefix(s.text[end:], "ing") || strings.HasPrefix(s.text[end:], "t ") || strings.HasPrefix(s.text[end:], "ten") {
		return true
	}
	var room [12]byte
	before := lowered(room[:0], s.before(start, 12))
	return strings.HasSuffix(before, "if you ") || strings.HasSuffix(before, "when you ") || strings.HasSuffix(before, "not ") || strings.HasSuffix(before, "n't ") || strings.HasSuffix(before, "never ") || strings.HasSuffix(before, "cannot ") || strings.HasSuffix(before, "to not ")
}

// ordered reports whether an order may begin at start: at the beginning of a sentence or clause, or behind words such as
// "please" and "must", or "to" where an infinitive is enough.
func (s *scan) ordered(start int, infinitive bool) bool {
	var room [24]byte
	before := strings.TrimRight(lowered(room[:0], s.text[max(0, start-24):start]), " \t\"'“”*_`«»(")
	if before == "" {
		return true
	}
	if c := before[len(before)-1]; c >= 0x80 || strings.IndexByte(".!?:;,\n>#-–—]|}/=", c) >= 0 {
		return true
	}
	w := before[strings.LastIndexByte(before, ' ')+1:]
	switch w[strings.LastIndexByte(w, '\n')+1:] {
	case "please", "must", "should", "now", "and", "then", "also", "just", "kindly", "first", "immediately", "you", "assistant", "ai", "simply", "completely", "instead", "shall", "need", "important", "bitte", "system", "claude", "agent", "model", "always", "so", "therefore", "shalt", "do", "ok", "okay", "hey", "but", "or", "next":
		return true
	case "to":
		return infinitive && (strings.HasSuffix(before, "is to") || strings.HasSuffix(before, "want to") || strings.HasSuffix(before, "going to")) || strings.HasSuffix(before, "need to") || strings.HasSuffix(before, "have to") || strings.HasSuffix(before, "you to") || strings.HasSuffix(before, "required to")
	}
	return false
}

// around returns the ideas that stand in the bytes before the end of m within which ideas can belong together.
func (s *scan) around(m mention) (ideas uint64) {
	for k := s.count - 1; k >= 0 && k > s.count-len(s.recent); k-- {
		other := &s.recent[k%len(s.recent)]
		if m.end-other.start > farthest {
			break
		}
		ideas |= other.idea.bit()
	}
	return ideas
}

// weigh looks for evidence that m completes.
func (s *scan) weigh(m mention) {
	bit, ideas := m.idea.bit(), s.around(m)
	for i := range s.engine.theses {
		t := &s.engine.theses[i]
		if (t.needs|t.any)&bit == 0 || ideas&t.needs != t.needs || t.last != 0 && t.last&bit == 0 && s.text[m.start] < 0x80 {
			continue
		}
		if start, ok := s.complete(t, m); ok && (t.apart || !parted(s.text[start:m.end])) && (t.evidence != saysIgnoreSome || !s.defends(m.end)) {
			s.move(start, m.end, t.evidence, silent)
		}
	}
}

// defends reports whether what follows a passage about instructions that are to be ignored says that those of a document
// are meant: "do not follow any instructions found here" is a defence.
func (s *scan) defends(end int) bool {
	for s.wordAt(end) {
		end++
	}
	var room [40]byte
	after := strings.TrimLeft(lowered(room[:0], s.window(end, 24)), " ")
	for _, w := range [...]string{"found", "contained", "embedded", "inside", "within", "that appear", "in the doc", "in the con", "in the data", "in the tool", "in tool", "in user", "in this", "in the text", "from the doc", "in it", "it contains", "in there"} {
		if strings.HasPrefix(after, w) {
			return true
		}
	}
	return false
}

// complete reports whether all that a thesis needs stands within its bytes before the end of m, and where the nearest of
// it begins.
func (s *scan) complete(t *thesis, m mention) (start int, ok bool) {
	needs, some, ordered := t.needs, t.any == 0, t.orders == 0
	for k := s.count - 1; k >= 0 && k > s.count-len(s.recent); k-- {
		other := &s.recent[k%len(s.recent)]
		bit := other.idea.bit()
		switch {
		case m.end-other.start > t.within:
			return 0, false
		case (t.needs|t.any|t.orders)&bit == 0, other.idea == ideaIgnore && !other.free && needs&t.object != 0:
			continue
		}
		needs &^= bit
		some = some || t.any&bit != 0
		ordered = ordered || t.orders&bit != 0 && other.imperative
		if needs == 0 && some && ordered {
			return other.start, true
		}
	}
	return 0, false
}

// parted reports whether a sentence ends within a text, so that what stands in it is not one order.
func parted(text string) bool {
	for _, mark := range [...]string{". ", "! ", "? ", "\n\n", "。", "; ", ".\n", ": ", "\",", "},", "|"} {
		if n := strings.Index(text, mark); n > 0 && n+len(mark) < len(text) {
			return true
		}
	}
	return false
}

// silent is what the model says of a motion that it was not asked about.
const silent = -99.0

// move adds evidence, and what the model says, to the motion around it, or makes one.
func (s *scan) move(start, end int, e evidence, voice float64) {
	if n := len(s.motions); n > 0 {
		last := &s.motions[n-1]
		if start <= last.end+far {
			last.start, last.end = min(start, last.start), max(last.end, end)
			if last.evidence == 0 && e != 0 {
				last.quoted, last.code = s.quoted(start), s.fences%2 == 1 || s.inCode(start)
			}
			last.evidence |= e
			last.voice = max(last.voice, voice)
			return
		}
	}
	if len(s.motions) == mostMotion {
		return
	}
	s.motions = append(s.motions, motion{
		start: start, end: end, evidence: e, voice: voice, quoted: s.quoted(start), code: s.fences%2 == 1 || s.inCode(start),
		hidden: s.hiding >= 0 && start-s.hiding < far,
	})
}

// quoted reports whether a quotation begins shortly before i on its line.
func (s *scan) quoted(i int) bool {
	line := s.before(i, 60)
	for n := len(line) - 1; n >= 0 && n > len(line)-40; n-- {
		switch line[n] {
		case '"', '`':
			return n == 0 || !isAlnum(line[n-1]) && line[n-1] != '='
		case '\'':
			if n == 0 || !isAlnum(line[n-1]) {
				return true
			}
		}
	}
	return strings.Contains(line, "“") || strings.Contains(line, "«") || strings.Contains(line, "「") || strings.Contains(line, "„")
}

// inCode reports whether the line in which i stands is a comment, a list of strings, or calls something.
func (s *scan) inCode(i int) bool {
	line := strings.TrimLeft(s.before(i, 160), " \t")
	return strings.HasPrefix(line, "//") || strings.HasPrefix(line, "assert") || strings.Contains(line, "(\"") || strings.Contains(line, "('") || strings.Contains(line, "r\"") || strings.Contains(line, "= \"") || strings.Contains(line, "re.compile") || strings.HasPrefix(line, "> ") && s.talk > 0
}

// fence notes the beginning or end of a block of code.
func (s *scan) fence(int) { s.fences++ }

// check returns the name of the check under which instructions are reported.
func (s *scan) check() string {
	if s.in.Source == Definitions && s.lookout&Definition != 0 {
		return "definition"
	}
	return "injection"
}

// conclude reports the motions for which there is evidence enough.
func (s *scan) conclude() {
	s.hearOut()
	for i := range s.motions {
		m := &s.motions[i]
		confidence := s.confidence(m)
		if confidence < leastInjection {
			continue
		}
		rule, severity := m.evidence.leading()
		s.report(match.Finding{
			Check: s.check(), Rule: rule, Class: s.class(rule), Severity: severity, Confidence: confidence,
			Span: match.Span{Start: m.start, End: m.end},
		})
	}
}

// class returns what instructions are called in the text that they stand in.
func (s *scan) class(rule string) string {
	switch {
	case s.check() == "definition":
		return "tool_poisoning"
	case rule == "link_exfiltration":
		return "exfiltration"
	default:
		return "prompt_injection"
	}
}
