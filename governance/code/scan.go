package code

// maxDepth is how deep code within code within code is read.
const maxDepth = 4

// A hit is a finding while it is being looked for.
type hit struct {
	start, end int32 // in the source
	rule       ruleID
	severity   Severity
	confidence Confidence
	secret     bool
	note       string // instead of the rule's message
}

// A scan is one examination of one source. It belongs to one call of Check.
type scan struct {
	tables  *tables
	hits    []hit
	nounset bool // a shell was told not to go on with variables that are not set
	shells  bool // the text names a shell by its path
	wanted  func() error
	err     error
}

// found notes a finding that reaches over a part of a passage.
func (s *scan) found(p *passage, from, to int, h hit) {
	h.start, h.end = int32(p.where(from)), int32(p.where(to))
	h.end = max(h.end, h.start)
	s.hits = append(s.hits, h)
}

// tokens lexes a passage; after a failure, of which there is only that nobody waits any more, there are none.
func (s *scan) tokens(p passage, syn lexis) tokens {
	if s.err != nil {
		return tokens{}
	}
	t, err := lex(p, syn, s.wanted)
	if err != nil {
		s.err = err
	}
	return t
}

// stopped reports whether nobody waits any more.
func (s *scan) stopped() bool {
	if s.err == nil {
		s.err = s.wanted()
	}
	return s.err != nil
}

// deeper reports whether code within code may still be read at a depth, and says so where it may not.
func (s *scan) deeper(p *passage, depth int) bool {
	if depth <= maxDepth {
		return true
	}
	s.found(p, 0, len(p.text), hit{rule: nestedCode, severity: Medium, confidence: Likely})
	return false
}

// language examines a passage in one language, and reports whether a parser accepted it.
func (s *scan) language(p passage, l Language, depth int) bool {
	if s.err != nil || !s.deeper(&p, depth) {
		return false
	}
	switch l {
	case Shell:
		return s.shell(p, depth)
	case SQL:
		s.sql(p, sqlContext{whole: true})
	case Dockerfile:
		s.dockerfile(p)
	case YAML:
		s.yaml(p)
	default:
		return s.program(p, l, depth)
	}
	return false
}
