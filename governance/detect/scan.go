package detect

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// role says which detector wants to see a literal.
type role uint8

const (
	roleToken     role = iota // the prefix of a vendor's token
	rolePrivate               // the header of a private key
	roleAddress               // :// of a URL that may hold a password
	roleSecret                // the name of something secret
	roleSpoken                // "password is"
	roleBearer                // the scheme of an Authorization header
	roleFlag                  // an option that takes a password
	roleStatement             // the beginning of a statement with a password
	roleEmail                 // @
	roleNumber                // digits that may be a number of a person
	roleIBAN                  // a country and two digits
	roleIPv4                  // digits and dots
	roleIPv6                  // a beginning that public addresses have
	roleWallet                // the beginning of an address of a cryptocurrency
	roleLabel                 // a label such as "date of birth"
	roleIdentity              // a label of a number that an office has given
	rolePerson                // a word before the name of a person
	rolePostal                // a postal code
	roleStreet                // a word for a street
	roleConcept               // a word of an instruction
	roleMarker                // a mark that separates the turns of a conversation
	roleLink                  // ]( of Markdown
	roleFence                 // ```
	roleControl               // a control character
	roleHidden                // a character that is not seen
	roleEscape                // the beginning of an escape sequence
	roleDisguise              // a word in disguise
)

// A scan looks through one text. It belongs to an Engine's pool.
type scan struct {
	engine  *Engine
	filter  *filter
	text    string
	in      Context
	lookout Detectors // what is looked for in this text

	found     []match.Finding // of this text
	most      int             // how many there may be; what stands behind the last one is not looked at
	resume    int             // where the automaton goes on
	row       run             // the digits that are looked at
	keys      []keyFacts      // of names, by their hash
	keySeed   maphash.Seed
	fact      *keyFacts // of the name that was asked for last
	lastKey   keyFacts  // of a name too long to be kept
	plain     [24]byte  // what stands behind a label, without what separates it
	stops     [25]int   // where its characters end
	vicinity  vicinity
	seen      [4]tag // labels that were seen last
	seenCount int    // how many there were
	discourse
	overflow bool
	derived  bool     // the text is a form of another one
	bareFrom int      // where the last value without quotes begins
	bareTo   int      // and ends
	coded    bool     // there is an escape sequence that may hide something
	worn     disguise // what words of the text are in

	// What follows belongs to the text or document of which texts are scanned one by one.
	dst          []match.Finding // findings of the whole
	base         int             // where those of the current text begin, in all its forms
	outer, inner Context         // of the whole, and of the current text
	only         Detectors       // those that the current form is for
	normalizer   match.Normalizer
	walker       match.Walker
	leaf         func(*match.Leaf) error
	form         func(match.View) bool
	definition   definition // that the texts are part of
	defines      bool
}

// read looks through a text and appends what it finds to dst.
func (s *scan) read(dst []match.Finding, text string, in Context) []match.Finding {
	s.text, s.in, s.lookout = text, in, s.engine.detectors&s.only
	if in.Source != Definitions {
		s.lookout &^= Definition
	}
	s.resume, s.overflow, s.coded, s.vicinity.start, s.row.end = 0, false, false, 0, 0
	s.seenCount = 0
	s.bareFrom, s.bareTo, s.worn = 0, -1, 0
	s.found = s.found[:0]
	s.discourse.reset()
	if in.Key != "" {
		s.keyed()
		s.keyLabels()
		s.personalMember()
	}
	for s.resume < len(text) && !s.overflow {
		s.pass()
	}
	s.conclude()
	slices.SortStableFunc(s.found, func(a, b match.Finding) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	return append(dst, s.found...)
}

// pass runs the automaton from where it was left to the end of the text, or to where a detector has read on by itself.
func (s *scan) pass() {
	f, text := s.filter, s.text
	rows, state := f.rows, 0
	for i := s.resume; i < len(text); i++ {
		var entry uint16
		class := f.class[text[i]]
		if cell := state<<stride | int(class); cell < len(rows) {
			entry = rows[cell]
		} else {
			entry = f.next(state, class)
		}
		state = int(entry &^ mark)
		if entry < mark {
			continue
		}
		s.resume = i + 1
		for _, index := range f.ends[f.out[state]] {
			l := &f.literals[index]
			if start := i + 1 - len(l.text); s.stands(l, start) {
				s.look(l, start)
			}
		}
		if s.resume != i+1 {
			return
		}
	}
	s.resume = len(text)
}

// stands reports whether a literal really is at start.
func (s *scan) stands(l *literal, start int) bool {
	if l.bound && start > 0 && isWord(s.text[start-1]) && !s.escaped(start) {
		return false
	}
	here := s.text[start : start+len(l.text)]
	return (!l.exact || here == l.text) && (!l.wide || equalFolded(here, l.text)) && (!l.parts || joined(here, l.text))
}

// joined reports whether the words of a text are joined by what joins those of a literal.
func joined(text, literal string) bool {
	for i := range len(literal) {
		if c := literal[i]; (c == ' ' || c == '_' || c == '-') && text[i] != c {
			return false
		}
	}
	return true
}

// escaped reports whether what stands before start is not a word but the end of an escape: \n or %20.
func (s *scan) escaped(start int) bool {
	return start >= 2 && s.text[start-2] == '\\' && strings.IndexByte("nrt", s.text[start-1]) >= 0 ||
		start >= 3 && s.text[start-3] == '%' && isHex(s.text[start-2]) && isHex(s.text[start-1])
}

// equalFolded reports whether a text is a literal but for capitals of ASCII.
func equalFolded(text, literal string) bool {
	for i := range len(literal) {
		if small(text[i]) != literal[i] {
			return false
		}
	}
	return true
}

// look shows a literal to its detector.
func (s *scan) look(l *literal, start int) {
	end := start + len(l.text)
	switch l.role {
	case roleToken:
		s.token(start, int(l.index))
	case rolePrivate:
		s.privateKey(start)
	case roleAddress:
		s.address(start)
	case roleSecret:
		s.named(start, end)
	case roleSpoken:
		s.spoken(start, end, int(l.index))
	case roleBearer:
		s.bearer(end, l.index == 1)
	case roleFlag:
		s.flag(start, end, int(l.index))
	case roleStatement:
		s.statement(start, end, int(l.index))
	case roleConcept:
		s.concept(start, end, idea(l.index), l.free)
	case roleMarker:
		s.marker(start, end, int(l.index))
	case roleLink:
		s.link(start)
	case roleFence:
		s.fence(start)
	case roleControl:
		s.control(start)
	case roleHidden:
		s.hidden(start)
	case roleEscape:
		s.escapes(start)
	case roleDisguise:
		s.worn |= disguise(l.index)
	default:
		s.lookPersonal(l, start, end)
	}
}

// lookPersonal shows a literal to the detector of data of persons.
func (s *scan) lookPersonal(l *literal, start, end int) {
	switch l.role {
	case roleEmail:
		if l.index == 1 {
			s.disguisedEmail(start, end)
		} else {
			s.email(start)
		}
	case roleNumber:
		s.number(end)
	case roleIBAN:
		s.iban(start)
	case roleIPv4:
		s.ipv4(start)
	case roleIPv6:
		s.ipv6(start)
	case roleWallet:
		s.wallet(start)
	case roleLabel:
		s.label(start, end, int(l.index))
	case roleIdentity:
		s.identityLabel(start, end, int(l.index))
	case rolePerson:
		s.name(start, end, int(l.index))
	case rolePostal:
		s.postal(start, end)
	case roleStreet:
		s.street(start, end)
	default:
	}
}

// report adds a finding. One that lies within an earlier one of the same check, or is surer about the same bytes, takes
// its place or is dropped.
func (s *scan) report(f match.Finding) {
	for n := len(s.found) - 1; n >= 0 && n >= len(s.found)-4; n-- {
		old := &s.found[n]
		if old.Check != f.Check || f.Span.Start >= old.Span.End || old.Span.Start >= f.Span.End {
			continue
		}
		if f.Confidence > old.Confidence || f.Confidence == old.Confidence && f.Span.End-f.Span.Start > old.Span.End-old.Span.Start {
			*old = f
		}
		return
	}
	if len(s.found) >= s.most {
		s.overflow = true
		f = match.Finding{
			Check: f.Check, Rule: "too_many_findings", Class: "unread", Severity: match.High, Confidence: 1,
			Span: match.Span{Start: min(f.Span.Start, s.found[len(s.found)-1].Span.End), End: len(s.text)},
		}
	}
	s.found = append(s.found, f)
}

// before returns the text in front of i, at most n bytes of it and from the same line.
func (s *scan) before(i, n int) string {
	text := s.text[max(0, i-n):i]
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// window returns up to n bytes of the text from i on.
func (s *scan) window(i, n int) string { return s.text[i:min(len(s.text), i+n)] }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isUpper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isAlnum(c byte) bool  { return isLetter(c) || isDigit(c) }
func isWord(c byte) bool   { return isAlnum(c) || c == '_' }
func isSpace(c byte) bool  { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
func isHex(c byte) bool    { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// wordAt reports whether a word character stands at i.
func (s *scan) wordAt(i int) bool { return i >= 0 && i < len(s.text) && isWord(s.text[i]) }
