package search

import (
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Tool is what there is to find.
type Tool struct {
	Name        string   // by which it is found and called; of two of one name the first is kept
	Own         string   // its name where it comes from, for its words; empty is Name
	Title       string   //
	Description string   //
	Server      string   // whose it is; empty is nobody's
	Tags        []string // what somebody has filed it under
	Params      []Param  //
	ReadOnly    bool     // changes nothing
}

// A Param is a parameter of a tool.
type Param struct{ Name, Description string }

// A field is a part of a tool in which words have a weight of their own.
type field uint8

const (
	inName field = iota
	inTitle
	inTags
	inServer
	inDescription
	inParams
	inAbout // the descriptions of parameters
	fields
)

// weights are how much a word counts in each field, and norms how much the length of the field takes away (b of BM25F).
// They were chosen by hand, over the tools of TestRanking.
func weights() (weight, norms [fields]float64) {
	return [fields]float64{inName: 5, inTitle: 3, inTags: 3, inServer: 2, inDescription: 1, inParams: 0.8, inAbout: 0.3},
		[fields]float64{inName: 0.4, inTitle: 0.4, inTags: 0.2, inServer: 0, inDescription: 0.6, inParams: 0.6, inAbout: 0.7}
}

// saturation is k1 of BM25F: how soon it stops to matter that a word comes again. Descriptions are short, so soon.
const saturation = 1.2

// MaxWords bounds the words of a tool that are indexed, in each of its fields: what comes after them is not found.
const MaxWords = 512

// An Index finds tools. It never changes and is safe for concurrent use. The zero value has no tools.
type Index struct {
	names  []string          // of tools, sorted: their numbers are places in it
	exact  map[string]uint32 // by name in lower case
	tools  []about           // what filters look at
	terms  []string          // sorted
	shapes []uint64          // of terms: which letters they have, to rule out slips soon
	first  []uint32          // of a term: where its postings begin; one more than terms
	docs   []uint32          // of postings: the tool
	impact []float32         // of postings: what the term adds to the tool's score, before how rare it is
	work   sync.Pool         // *scratch
}

// about is what filters look at.
type about struct {
	server string
	tags   []string
	reads  bool
}

// A posting is a word of a tool while the index is made.
type posting struct {
	doc  uint32
	freq [fields]uint16
}

// New makes an index of tools. It keeps nothing of them but their names, servers and tags.
func New(tools []Tool) *Index {
	sorted := make([]*Tool, len(tools))
	for i := range tools {
		sorted[i] = &tools[i]
	}
	slices.SortStableFunc(sorted, func(a, b *Tool) int { return strings.Compare(a.Name, b.Name) })
	sorted = slices.CompactFunc(sorted, func(a, b *Tool) bool { return a.Name == b.Name })
	b := builder{ids: map[string]uint32{}, lengths: make([][fields]uint16, len(sorted))}
	x := &Index{names: make([]string, len(sorted)), exact: make(map[string]uint32, len(sorted)), tools: make([]about, len(sorted))}
	for i, t := range sorted {
		x.names[i] = strings.Clone(t.Name)
		if folded := strings.ToLower(t.Name); x.exact[folded] == 0 {
			x.exact[folded] = uint32(i) + 1
		}
		x.tools[i] = about{server: t.Server, tags: slices.Clone(t.Tags), reads: t.ReadOnly}
		b.tool(uint32(i), t)
	}
	b.finish(x)
	n := len(sorted)
	x.work.New = func() any { return newScratch(n) }
	return x
}

// Len is how many tools there are.
func (x *Index) Len() int { return len(x.names) }

// A builder collects the words of tools.
type builder struct {
	ids      map[string]uint32 // of terms
	terms    []string
	postings [][]posting // of terms
	lengths  [][fields]uint16
	parts    []string // of the token at hand
}

// tool adds the words of a tool.
func (b *builder) tool(doc uint32, t *Tool) {
	own := t.Own
	if own == "" {
		own = t.Name
	}
	b.text(doc, inName, own)
	b.joined(doc, own)
	b.text(doc, inTitle, t.Title)
	b.text(doc, inServer, t.Server)
	b.text(doc, inDescription, t.Description)
	for _, tag := range t.Tags {
		b.text(doc, inTags, tag)
	}
	for _, p := range t.Params {
		b.text(doc, inParams, p.Name)
		b.text(doc, inAbout, p.Description)
	}
}

// text adds the words of one field: those whose case tells them apart also as one, for "GitHub" is a word too.
func (b *builder) text(doc uint32, f field, text string) {
	length := &b.lengths[doc][f]
	eachToken(text, func(token string) bool {
		b.parts = split(b.parts[:0], token)
		for _, word := range b.parts {
			*length++
			b.word(doc, f, stem(word))
		}
		if len(b.parts) > 1 {
			b.word(doc, f, stem(fold(token)))
		}
		return *length < MaxWords
	})
}

// joined adds a name as one word, for who writes it so.
func (b *builder) joined(doc uint32, name string) {
	var all strings.Builder
	n := 0
	eachToken(name, func(token string) bool {
		all.WriteString(token)
		n++
		return all.Len() < maxWord
	})
	if n > 1 {
		b.word(doc, inName, stem(fold(all.String())))
	}
}

// word notes a word, of which the tool that was added last is the last posting.
func (b *builder) word(doc uint32, f field, term string) {
	id, known := b.ids[term]
	if !known {
		id = uint32(len(b.terms))
		term = strings.Clone(term)
		b.ids[term] = id
		b.terms, b.postings = append(b.terms, term), append(b.postings, nil)
	}
	list := b.postings[id]
	if n := len(list); n == 0 || list[n-1].doc != doc {
		list = append(list, posting{doc: doc})
		b.postings[id] = list
	}
	list[len(list)-1].freq[f]++
}

// finish writes what was collected into an index.
func (b *builder) finish(x *Index) {
	order := make([]uint32, len(b.terms))
	total := 0
	for i := range order {
		order[i] = uint32(i)
		total += len(b.postings[i])
	}
	slices.SortFunc(order, func(i, j uint32) int { return strings.Compare(b.terms[i], b.terms[j]) })
	scale := b.scales()
	x.terms, x.shapes = make([]string, len(order)), make([]uint64, len(order))
	x.first = make([]uint32, 1, len(order)+1)
	x.docs, x.impact = make([]uint32, 0, total), make([]float32, 0, total)
	for i, id := range order {
		x.terms[i], x.shapes[i] = b.terms[id], shape(b.terms[id])
		for j := range b.postings[id] {
			p := &b.postings[id][j]
			freq := 0.0
			for f := range fields {
				if p.freq[f] > 0 {
					freq += float64(p.freq[f]) * scale(p.doc, f)
				}
			}
			x.docs, x.impact = append(x.docs, p.doc), append(x.impact, float32(freq/(saturation+freq)))
		}
		x.first = append(x.first, uint32(len(x.docs)))
	}
}

// scales returns what one occurrence counts in a field of a tool, by the field's weight and how long it is beside others.
func (b *builder) scales() func(doc uint32, f field) float64 {
	weight, norms := weights()
	var mean [fields]float64
	for i := range b.lengths {
		for f := range fields {
			mean[f] += float64(b.lengths[i][f])
		}
	}
	for f := range fields {
		mean[f] = max(mean[f]/math.Max(1, float64(len(b.lengths))), 1e-9)
	}
	return func(doc uint32, f field) float64 {
		return weight[f] / (1 - norms[f] + norms[f]*float64(b.lengths[doc][f])/mean[f])
	}
}

// shape is which letters a word has, each a bit.
func shape(word string) (bits uint64) {
	for _, r := range word {
		bits |= 1 << (uint32(r) % 64)
	}
	return bits
}

// runes is how many characters a word has.
func runes(word string) int { return utf8.RuneCountInString(word) }
