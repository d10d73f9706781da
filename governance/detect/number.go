package detect

import "github.com/mcp-kernel/mcp-kernel/governance/match"

// A run is a row of groups of digits with single separators between them: 4111 1111 1111 1111, +44 20 7946 0958.
type run struct {
	start, end int
	digits     [40]byte // of all groups
	groups     [12]group
	n          int  // groups
	total      int  // digits
	plus       bool // a + stands before the first group
	bare       bool // no word stands shortly before on the line
}

// A group is digits without a separator.
type group struct {
	start  int  // in the text
	first  int  // in the digits
	length int  // of it
	sep    byte // in front of it: space, '-', '.', '/', or ')' with or without a space; 0 for the first
}

// number looks at the run of digits in which literal, ending at end, stands.
func (s *scan) number(end int) {
	if s.lookout&PII == 0 {
		s.resume = max(s.resume, end+digitsIn(s.text[end:], 1<<20))
		return
	}
	first := end - 1
	for first > 0 && end-first < 36 && (isDigit(s.text[first-1]) || s.separates(first-1)) {
		first--
	}
	for !isDigit(s.text[first]) {
		first++
	}
	if s.wordAt(first-1) && !isUpper(s.text[first-1]) { // a piece of a hash or a name
		s.resume = max(s.resume, end+digitsIn(s.text[end:], 1<<20))
		return
	}
	r := &s.row
	last, bare := r.end, r.bare
	r.n, r.total, r.plus = 0, 0, false
	if r.bare = bare && last > 0 && first-last <= 2; !r.bare {
		r.bare = wordless(s.before(first, 48))
	}
	if first > 0 && isDigit(s.text[first-1]) || !s.collect(r, first) {
		s.resume = max(s.resume, end+digitsIn(s.text[end:], 1<<20))
		return
	}
	s.resume = max(s.resume, r.end)
	s.examine(r)
}

// wordless reports whether a text has no letters.
func wordless(text string) bool {
	for i := range len(text) {
		if isLetter(text[i]) || text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// separates reports whether the byte at i stands between two groups of digits.
func (s *scan) separates(i int) bool {
	if i <= 0 || i+1 >= len(s.text) {
		return false
	}
	a, b := s.text[i-1], s.text[i+1]
	switch s.text[i] {
	case ' ':
		return (isDigit(a) || a == ')') && (isDigit(b) || b == '(')
	case '-', '.', '/':
		return (isDigit(a) || a == ')') && (isDigit(b) || b == '(')
	case '(':
		return isDigit(b) && (isDigit(a) || a == ' ' || a == '-' || a == '.')
	case ')':
		return isDigit(a) && (isDigit(b) || b == ' ' || b == '-')
	}
	return false
}

// collect fills a run from first on and reports whether it is one that can be looked at.
func (s *scan) collect(r *run, first int) bool {
	r.start = first
	for i := first; r.n < len(r.groups); {
		n := digitsIn(s.text[i:], len(r.digits)-r.total+1)
		if n == 0 || r.total+n > len(r.digits) {
			break
		}
		g := group{start: i, first: r.total, length: n}
		if r.n > 0 {
			g.sep = s.text[i-1]
			if g.sep == '(' || g.sep == ' ' && s.text[i-2] == ')' {
				g.sep = ')'
			}
		}
		r.groups[r.n] = g
		r.n++
		for k := range n {
			r.digits[r.total+k] = s.text[i+k]
		}
		r.total += n
		i += n
		r.end = i
		for i < len(s.text) && s.separates(i) {
			i++
		}
		if i == r.end {
			break
		}
	}
	r.plus = first > 0 && s.text[first-1] == '+' || first > 1 && s.text[first-1] == '(' && s.text[first-2] == '+'
	return r.total > 0 && r.total >= 6
}

// digitsIn returns how many digits a text begins with, at most n.
func digitsIn(text string, n int) int {
	text = text[:min(n, len(text))]
	for i := range len(text) {
		if text[i]-'0' > 9 {
			return i
		}
	}
	return len(text)
}

// part returns the digits of n groups from the i-th on, the byte before and behind them, and their separators, all the
// same or 0.
func (r *run) part(i, n int) (digits string, start, end int, sep byte) {
	from, to := r.groups[i], r.groups[i+n-1]
	if n > 1 {
		sep = r.groups[i+1].sep
	}
	for k := i + 1; k < i+n; k++ {
		if r.groups[k].sep != sep {
			sep = 0
			break
		}
	}
	return view(r.digits[from.first : to.first+to.length]), from.start, to.start + to.length, sep
}

// examine tries what a run, or a part of it that stands for itself, may be.
func (s *scan) examine(r *run) {
	if !s.promising(r) || s.wordAt(r.end) && !s.idLetter(r) || s.glued(r) {
		return
	}
	for i := 0; i < r.n; i++ {
		if n := s.startsAt(r, i); n > 0 {
			i += n - 1
		}
	}
}

// promising reports whether anything in a run can be somebody's number: a label may stand before it, or one of its groups
// is as long as those that prove themselves. Tables of numbers mostly have none.
func (s *scan) promising(r *run) bool {
	if r.plus || s.keyCounts() && (s.facts().phone || s.facts().tagged > 0) || s.announced(r.start) || !r.bare {
		return true
	}
	const single = 1<<6 | 1<<8 | 1<<13 | 1<<14 | 1<<15 | 1<<16 | 1<<17 | 1<<18 | 1<<19
	mask, short := uint32(0), 0
	for _, g := range r.groups[:r.n] {
		mask |= 1 << min(g.length, 31)
		if g.length < 5 || g.length == 6 {
			short++
		}
	}
	return mask&single != 0 || short > 1
}

// keyCounts reports whether the name that a text stands under may tell what a number in it is: in a long one it does not.
func (s *scan) keyCounts() bool { return s.in.Key != "" && len(s.text) <= 64 }

// announced reports whether a label stands so shortly before i that it may be that of a number there.
func (s *scan) announced(i int) bool {
	return s.seenCount > 0 && i-s.seen[(s.seenCount-1)%len(s.seen)].end <= labelReach
}

// glued reports whether a run is a piece of something longer that is no number: a hash, a name with digits, a decimal.
func (s *scan) glued(r *run) bool {
	if r.start == 0 || r.plus {
		return false
	}
	c := s.text[r.start-1]
	return isWord(c) && !s.prefixed(r) || c == '.' && r.start > 1 && isDigit(s.text[r.start-2]) || c == '#' || c >= 0x80 && r.total < 8 && c != 0x9A
}

// startsAt tries what may begin with the i-th group, and returns how many groups it took, 0 for nothing.
func (s *scan) startsAt(r *run, i int) int {
	if r.plus && i == 0 {
		if n := s.international(r); n > 0 {
			return n
		}
	}
	rest := r.n - i
	if s.announced(r.groups[i].start) && s.labelsBefore(r.groups[i].start) {
		return r.groupsTo(i, s.found[len(s.found)-1].Span.End)
	}
	if n := s.card(r, i, rest); n > 0 {
		return n
	}
	for _, n := range [...]int{8, 7, 6, 5, 4, 3, 2, 1} {
		if n > rest {
			continue
		}
		if last := r.groups[i+n-1]; last.first+last.length-r.groups[i].first < 6 || last.first+last.length-r.groups[i].first > 18 {
			continue
		}
		if s.nationalNumber(r, i, n) || s.phone(r, i, n) {
			return n
		}
	}
	return 0
}

// groupsTo returns how many groups from the i-th on stand before end, at least one.
func (r *run) groupsTo(i, end int) int {
	n := 1
	for i+n < r.n && r.groups[i+n].start < end {
		n++
	}
	return n
}

// alone reports whether n groups from the i-th on do not go on, on either side, with the separator that they have.
func (r *run) alone(i, n int, sep byte) bool {
	if n == 1 { // otherwise it may be a decimal, or a part of a longer number
		return (i == 0 || r.groups[i].sep == ' ' || r.groups[i].sep == ')') && (i+1 == r.n || r.groups[i+1].sep == ' ')
	}
	return (i == 0 || r.groups[i].sep != sep || sep == 0) && (i+n == r.n || r.groups[i+n].sep != sep && sep != 0)
}

// pii reports data of a person.
func (s *scan) pii(rule, class string, severity match.Severity, confidence float64, start, end int) {
	s.report(match.Finding{
		Check: "pii", Rule: rule, Class: class, Severity: severity, Confidence: confidence, Span: match.Span{Start: start, End: end},
	})
}
