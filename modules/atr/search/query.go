package search

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// Bounds of a query.
const (
	DefaultLimit = 10  // hits, where a query says nothing
	MaxLimit     = 100 // hits
	MaxTerms     = 16  // words of a query that are looked for
	maxText      = 2 << 10
	maxForms     = 48 // words that one word of a query stands for
)

// What a word counts that is not the one that was asked for.
const (
	ofKin    = 0.45
	ofPrefix = 0.7
	ofSlip   = 0.6 // for each letter that is another
)

// A Query asks for tools.
type Query struct {
	Text   string   // ordinary words; empty finds all, by name
	Limit  int      // 0 is DefaultLimit, more than MaxLimit is MaxLimit
	Server string   // of this server alone; empty is of any
	Tags   []string // with all of these
	Reads  bool     // that change nothing
	// Keep is asked about the tools that fit, in their order, until there are enough: those for which it returns false are
	// left out. May be nil.
	Keep func(name string) bool
}

// A Hit is a tool that was found.
type Hit struct {
	Name  string
	Score float64 // how well it fits, beside others of the same answer; 0 where nothing was asked for
}

// A form is a term that a word of the query stands for.
type form struct {
	term   int
	weight float32
}

// scratch is what a query works with.
type scratch struct {
	total, best []float32 // by tool
	words       []uint16  // of the query, that a tool has
	found       []uint32  // the tools with a total
	touched     []uint32  // the tools with a best
	forms       []form
}

func newScratch(n int) *scratch {
	return &scratch{total: make([]float32, n), best: make([]float32, n), words: make([]uint16, n)}
}

// Find returns the tools that fit best, the best first, and those that fit as well by name. It takes time in the number of
// tools that have a word of the query, and memory in its limit.
func (x *Index) Find(q Query) []Hit {
	limit := q.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	limit = min(limit, MaxLimit)
	words, count := asked(q.Text)
	if len(words) == 0 {
		if strings.TrimSpace(q.Text) != "" && !onlyIdle(q.Text) {
			return nil // signs that no tool has
		}
		return x.all(&q, limit)
	}
	if len(x.names) == 0 {
		return nil
	}
	s, ok := x.work.Get().(*scratch)
	if !ok {
		return nil
	}
	defer func() {
		for _, doc := range s.found {
			s.total[doc], s.words[doc] = 0, 0
		}
		s.found = s.found[:0]
		x.work.Put(s)
	}()
	for _, w := range words {
		x.add(s, w)
	}
	return x.best(s, &q, limit, count)
}

// A sought word is one of a query.
type sought struct {
	text string
	many uint16 // the words that it stands for: more than one where case tells several apart
}

// asked are the words of a query, each once, without those that say nothing unless there are no others, and how many they
// are. Those whose case tells them apart are there as one, too.
func asked(text string) (words []sought, count int) {
	var rest []sought
	add := func(text string, many int) {
		list := &words
		if idle(text) {
			list = &rest
		}
		if len(*list) < MaxTerms && !slices.ContainsFunc(*list, func(w sought) bool { return w.text == text }) {
			*list = append(*list, sought{text, uint16(many)})
		}
	}
	eachToken(text[:min(len(text), maxText)], func(token string) bool {
		all := split(nil, cut(token))
		for _, word := range all {
			add(word, 1)
		}
		if len(all) > 1 {
			add(fold(token), len(all))
		}
		return len(words) < MaxTerms
	})
	if len(words) == 0 {
		words = rest
	}
	for _, w := range words {
		if w.many == 1 {
			count++
		}
	}
	return words, max(count, 1)
}

// onlyIdle reports whether a text has no sign that could be meant.
func onlyIdle(text string) bool { return strings.Trim(text, "*?. \t\n") == "" }

// all returns the first tools that pass, by name.
func (x *Index) all(q *Query, limit int) (hits []Hit) {
	for i, name := range x.names {
		if x.passes(uint32(i), q) && (q.Keep == nil || q.Keep(name)) {
			if hits = append(hits, Hit{Name: name}); len(hits) == limit {
				break
			}
		}
	}
	return hits
}

// passes reports whether a tool is one of those that are asked for.
func (x *Index) passes(doc uint32, q *Query) bool {
	t := &x.tools[doc]
	if q.Server != "" && t.server != q.Server || q.Reads && !t.reads {
		return false
	}
	for _, tag := range q.Tags {
		if !slices.ContainsFunc(t.tags, func(own string) bool { return strings.EqualFold(own, tag) }) {
			return false
		}
	}
	return true
}

// add adds what a word of the query is worth to the tools that have it.
func (x *Index) add(s *scratch, w sought) {
	s.forms = x.forms(s.forms[:0], w)
	most := 0
	for _, f := range s.forms {
		from, to := x.first[f.term], x.first[f.term+1]
		most = max(most, int(to-from))
		for i := from; i < to; i++ {
			doc, worth := x.docs[i], f.weight*x.impact[i]
			if s.best[doc] == 0 {
				s.touched = append(s.touched, doc)
			}
			s.best[doc] = max(s.best[doc], worth)
		}
	}
	rare := float32(math.Log1p((float64(len(x.names)) - float64(most) + 0.5) / (float64(most) + 0.5)))
	for _, doc := range s.touched {
		if s.words[doc] == 0 {
			s.found = append(s.found, doc)
		}
		s.total[doc] += rare * s.best[doc]
		s.words[doc] += w.many
		s.best[doc] = 0
	}
	s.touched = s.touched[:0]
}

// forms are the terms that a word stands for: itself, those that mean nearly the same and those that it begins; and where
// there are none, those that it may be a slip of.
func (x *Index) forms(all []form, w sought) []form {
	word := w.text
	own := stem(word)
	if i, ok := slices.BinarySearch(x.terms, own); ok {
		all = append(all, form{i, 1})
	}
	for _, other := range kin(word) {
		if other = stem(other); other == own {
			continue
		}
		if i, ok := slices.BinarySearch(x.terms, other); ok {
			all = append(all, form{i, ofKin})
		}
	}
	if n := runes(word); n >= 3 || n == 2 && len(all) == 0 {
		all = x.begun(all, word, own)
	}
	if len(all) == 0 && w.many == 1 {
		all = x.slips(all, own)
	}
	return all
}

// begun adds the terms that begin with the word, or with its stem where the word is one of its own.
func (x *Index) begun(all []form, word, own string) []form {
	prefix := word
	if len(own) < len(prefix) && strings.HasPrefix(prefix, own) && len(all) > 0 {
		prefix = own
	}
	i, _ := slices.BinarySearch(x.terms, prefix)
	for ; i < len(x.terms) && strings.HasPrefix(x.terms[i], prefix) && len(all) < maxForms; i++ {
		if x.terms[i] != own {
			// The more of the term is there, the likelier it is meant.
			all = append(all, form{i, ofPrefix * float32(len(prefix)) / float32(len(x.terms[i]))})
		}
	}
	return all
}

// slips adds the terms that are as near as any, if they are near: one letter of four to seven may be wrong, missing, too
// many or in its neighbour's place, and two of more.
func (x *Index) slips(all []form, word string) []form {
	n := runes(word)
	if n < 4 {
		return all
	}
	near := 1
	if n >= 8 {
		near = 2
	}
	bitsOf := shape(word)
	for i, term := range x.terms {
		// A slip changes at most two letters; length and letters rule out nearly all at once.
		if d := len(term) - len(word); d > near || -d > near || bits.OnesCount64(bitsOf^x.shapes[i]) > 2*near {
			continue
		}
		d := primitives.Distance(word, term, near)
		if d > near {
			continue
		}
		if d < near {
			near, all = d, all[:0]
		}
		if len(all) < maxForms {
			all = append(all, form{i, float32(math.Pow(ofSlip, float64(d)))})
		}
	}
	return all
}

// best returns the hits among what was found.
func (x *Index) best(s *scratch, q *Query, limit, words int) []Hit {
	top := float32(0)
	for _, doc := range s.found {
		// Who has all words is worth more than who has one of them often.
		s.total[doc] *= 0.4 + 0.6*min(1, float32(s.words[doc])/float32(words))
		top = max(top, s.total[doc])
	}
	if doc := x.exact[strings.ToLower(strings.TrimSpace(q.Text))]; doc > 0 && s.total[doc-1] > 0 {
		s.total[doc-1] += top // its name was written out
	}
	h := heap{s.total, s.found}
	h.make()
	var hits []Hit
	for len(h.docs) > 0 && len(hits) < limit {
		doc := h.pop()
		if x.passes(doc, q) && (q.Keep == nil || q.Keep(x.names[doc])) {
			hits = append(hits, Hit{Name: x.names[doc], Score: math.Round(float64(s.total[doc])*1000) / 1000})
		}
	}
	return hits
}

// A heap has the tools that fit, the best on top. Tools are numbered by name.
type heap struct {
	total []float32
	docs  []uint32
}

func (h *heap) before(i, j int) bool {
	a, b := h.docs[i], h.docs[j]
	return cmp.Or(cmp.Compare(h.total[b], h.total[a]), cmp.Compare(a, b)) < 0
}

func (h *heap) make() {
	for i := len(h.docs)/2 - 1; i >= 0; i-- {
		h.sink(i)
	}
}

// pop takes the best away. It goes to the end of what was there, where who cleans up finds it.
func (h *heap) pop() uint32 {
	last := len(h.docs) - 1
	h.docs[0], h.docs[last] = h.docs[last], h.docs[0]
	doc := h.docs[last]
	h.docs = h.docs[:last]
	h.sink(0)
	return doc
}

func (h *heap) sink(i int) {
	for {
		best := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h.docs); child++ {
			if h.before(child, best) {
				best = child
			}
		}
		if best == i {
			return
		}
		h.docs[i], h.docs[best] = h.docs[best], h.docs[i]
		i = best
	}
}
