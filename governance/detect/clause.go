package detect

import (
	"math"
	"strings"
)

// A stretch is a part of a text in which ideas stand so close that it may hold an instruction. It is judged when it ends.
type stretch struct {
	start, end int // of what was heard so far, unless end is 0
	directive  int // end of the last idea that something be done, + 1
	matter     int // end of the last idea of what it is done to, or by whom, + 1
	from       int // where the last of either begins
	clauses    [24]clause
	features   features
	heard      bool      // the whole text has been judged
	kinds      [4]uint32 // of the last words
	kindSet    uint64
}

const (
	reach         = 140 // bytes within which a directive is about a matter
	pause         = 90  // bytes between two parts of one stretch
	longest       = 600 // bytes of a stretch
	mostLookabout = 200 // bytes around a stretch in which the bounds of its first and last clause are looked for
)

func (t *stretch) reset() {
	t.start, t.end, t.directive, t.matter, t.from, t.heard = 0, 0, 0, 0, 0, false
}

// hear notes an idea, and has a stretch judged that it does not belong to.
func (s *scan) hear(m mention) {
	if s.engine.model == nil || s.check() != "injection" || s.lookout&Injection == 0 {
		return
	}
	bit := m.idea.bit()
	isDirective, isMatter := s.engine.directives&bit != 0, s.engine.matters&bit != 0
	if !isDirective && !isMatter {
		return
	}
	t := &s.stretch
	if t.end > 0 && (m.start > t.end+pause || m.end-t.start > longest) && len(s.text) > shortText {
		s.hearOut()
	}
	close := isDirective && t.matter > 0 && m.start-t.matter < reach || isMatter && t.directive > 0 && m.start-t.directive < reach
	if close {
		if t.end == 0 {
			t.start = min(m.start, max(t.from, m.start-reach))
		}
		t.end = max(t.end, m.end)
	}
	if isDirective {
		t.directive = m.end + 1
	}
	if isMatter {
		t.matter = m.end + 1
	}
	t.from = m.start
}

// hearOut asks the model about every few clauses of the stretch, and makes a motion of those that it takes for an
// instruction.
func (s *scan) hearOut() {
	t := &s.stretch
	from, to := t.start, t.end
	t.start, t.end = 0, 0
	if len(s.text) <= shortText && s.brief() && (s.engine.listener != nil || t.directive > 0 || t.matter > 0) {
		if t.heard {
			return
		}
		from, to, t.heard = 0, len(s.text), true
	}
	if to == 0 {
		return
	}
	clauses := t.clauses[:0]
	for at := s.clauseStart(from); at < min(len(s.text), to+1); {
		if len(clauses) == cap(clauses) {
			s.pick(clauses)
			last := clauses[len(clauses)-1]
			clauses = append(clauses[:0], last)
		}
		end := s.clauseEnd(at)
		if c, ok := s.trimmed(at, end); ok {
			s.listen(c.start, c.end)
			s.engine.model.sum(&c, &s.features)
			if s.engine.listener != nil {
				s.engine.listener(len(clauses) == 0, c, &s.features)
			}
			clauses = append(clauses, c)
		}
		at = end
	}
	s.pick(clauses)
}

// A text from shortestText to shortText bytes is judged as a whole, where anything in it may be ordered or is what orders are
// about. Most texts have neither, and those that the model learns from are all heard.
const (
	shortestText = 12
	shortText    = 1500
)

// brief reports whether the text is worth to be judged as a whole: it is at the end, and has words.
func (s *scan) brief() bool {
	if s.engine.model == nil || s.check() != "injection" || s.lookout&Injection == 0 || len(s.text) < shortestText {
		return false
	}
	return strings.Count(s.text, " ") > 1 || wide(s.text)
}

// pick makes a motion of the clauses that stand together and are likeliest.
func (s *scan) pick(clauses []clause) {
	best, first, last := math.Inf(-1), 0, 0
	for i := range clauses {
		var whole clause
		for k := i; k < len(clauses) && k < i+together; k++ {
			whole.join(&clauses[k])
			if z := s.engine.model.logit(&whole); z > best {
				best, first, last = z, i, k
			}
		}
	}
	if best >= leastVoice {
		s.move(clauses[first].start, clauses[last].end, 0, best)
	}
}

// leastVoice is the log-odds below which what the model says is not kept.
const leastVoice = -3

// join adds what was seen in another clause.
func (c *clause) join(other *clause) {
	for g := range c.sums {
		c.sums[g] += other.sums[g]
		c.counts[g] += other.counts[g]
	}
}

// trimmed returns the clause from start to end without white space around it; ok is false where nothing is left.
func (s *scan) trimmed(start, end int) (c clause, ok bool) {
	for start < end && s.text[start] <= ' ' {
		start++
	}
	for end > start && s.text[end-1] <= ' ' {
		end--
	}
	return clause{start: start, end: end}, end > start
}

// clauseStart returns where the clause begins in which i stands.
func (s *scan) clauseStart(i int) int {
	least := max(0, i-mostLookabout)
	for k := i; k > least; k-- {
		if s.endsBefore(k) {
			return k
		}
	}
	for least > 0 && least < i && s.text[least]&0xC0 == 0x80 {
		least++
	}
	return least
}

// clauseEnd returns where the clause ends that begins at i.
func (s *scan) clauseEnd(i int) int {
	most := min(len(s.text), i+longestClause)
	for k := i + 1; k < most; k++ {
		if c := s.text[k-1]; c != ' ' && !isLetter(c) && s.endsBefore(k) {
			return k
		}
	}
	for most < len(s.text) && s.text[most]&0xC0 == 0x80 {
		most++
	}
	return most
}

// endsBefore reports whether a clause ends before i: with a full stop and the like, and with a line, unless the next one goes on
// in the middle of a sentence.
func (s *scan) endsBefore(i int) bool {
	switch c := s.text[i-1]; c {
	case '.', '!', '?', ';', ':', '"', ')', '>', '|':
		if i == len(s.text) {
			return true
		}
		switch c {
		case '.', '!', '?':
			return isSpace(s.text[i]) || s.text[i] == '<' || s.text[i] == '"'
		case ';', '|':
			return isSpace(s.text[i])
		case '>':
			return s.text[i] != '<'
		}
		return false
	case '\n':
		return i == len(s.text) || i < 2 || !isLetter(s.text[i]) || isUpper(s.text[i]) || !isLetter(s.text[i-2]) && s.text[i-2] != ','
	case 0x82, 0x81, 0x9F: // 。 ！ ？ ؟
		return i >= 3 && (s.text[i-3:i] == "。" || s.text[i-3:i] == "！" || s.text[i-3:i] == "？")
	}
	return false
}
