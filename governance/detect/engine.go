package detect

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// Detectors is a set of detectors. The zero value is none.
type Detectors uint8

// The detectors.
const (
	Secrets    Detectors = 1 << iota // tokens, keys, passwords
	PII                              // data of persons
	Injection                        // instructions to a model, hidden text, links that carry data away
	Terminal                         // escape sequences and other control characters
	Definition                       // poison in the definitions of tools, as Source Definitions says; elsewhere it does nothing

	All = Secrets | PII | Injection | Terminal | Definition
)

// detectorNames are the names of the detectors, in the order of their bits; findings have them as their Check.
const detectorNames = "secrets pii injection terminal definition"

// String returns the names of the detectors, separated by commas.
func (d Detectors) String() string {
	var names []string
	for i, name := range strings.Fields(detectorNames) {
		if d>>i&1 == 1 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// ParseDetectors returns the detectors with the given names; "all" is every one. All unknown names are reported at once.
func ParseDetectors(names ...string) (Detectors, error) {
	var d Detectors
	var faults []error
	known := strings.Fields(detectorNames)
next:
	for _, name := range names {
		for i, k := range known {
			if name == k {
				d |= 1 << i
				continue next
			}
		}
		if name != "all" {
			faults = append(faults, fmt.Errorf("unknown detector %q: want one of %s, or all", name, strings.Join(known, ", ")))
		}
		d |= All
	}
	if len(faults) > 0 {
		return 0, errors.Join(faults...)
	}
	return d, nil
}

// A Context is what is known of a text beside itself. The zero value is a bare text that came back from a call.
type Context struct {
	Source  Source
	Key     string // name of the member that the text is the value of, or ""; it helps to tell what a value is
	Number  bool   // the text is a number of a document, not a string
	Encoded bool   // the text was found encoded in another one, which makes an instruction in it more suspicious
}

// DefaultMaxFindings is how many findings a text has at most unless Options say otherwise.
const DefaultMaxFindings = 10_000

// Options configure an Engine.
type Options struct {
	// Detectors to use. It must not be empty.
	Detectors Detectors
	// MaxFindings is how many findings one text may have; 0 is DefaultMaxFindings. Where there would be more, a finding of
	// class "unread" covers the rest of the text, so that nothing unread passes for clean.
	MaxFindings int
}

// An Engine finds what Options ask for in texts and documents. It is safe for concurrent use. Its tables, of about 1 MB,
// are made when it is first used, which takes some ten milliseconds.
type Engine struct {
	detectors   Detectors
	most        int
	tables      sync.Once
	filter      *filter
	forms       []tokenForm
	flags       []flagForm
	identities  []identity
	general     []bool    // by label: it is a word for any such number
	groups      [][]uint8 // by label of an identity: those that it announces
	theses      []thesis
	triggers    uint64 // ideas with which a thesis can become complete
	directives  uint64 // ideas of what is to be done
	matters     uint64 // ideas of what it is done to, and by whom
	model       *model
	kinds       *kinds                                  // of words of English
	listener    func(first bool, c clause, f *features) // who learns; nil unless in a test
	phoneLabels []string
	sixBits     [256]bool
	scans       sync.Pool
	grammar     grammar // of poison in definitions
}

// New returns an Engine. Options that ask for nothing, or for fewer findings than one, are an error.
func New(o Options) (*Engine, error) {
	var faults []error
	if o.Detectors&All == 0 {
		faults = append(faults, errors.New("options: no detector is asked for"))
	}
	if o.Detectors&^All != 0 {
		faults = append(faults, fmt.Errorf("options: detectors %#x are unknown", uint8(o.Detectors&^All)))
	}
	if o.MaxFindings < 0 {
		faults = append(faults, fmt.Errorf("options: at most %d findings are too few", o.MaxFindings))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	e := &Engine{detectors: o.Detectors, most: o.MaxFindings}
	if e.most == 0 {
		e.most = DefaultMaxFindings
	}
	return e, nil
}

// Text appends to dst what is found in a text and in every form of it that match.Normalizer knows, and returns the longer
// slice: what the text itself holds in the order of the places where it begins, and then what only forms of it hold, with
// Form saying which. Spans are in bytes of the text, which is neither kept nor changed. It need not be valid UTF-8.
// Findings of one check in one form do not overlap. A text under which too much lies encoded is match.ErrLayers; what
// was found before has been appended then. Whoever gets an error denies.
func (e *Engine) Text(dst []match.Finding, text string, in Context) ([]match.Finding, error) {
	s := e.begin()
	defer e.end(s)
	s.dst = dst
	s.define(in)
	if s.defines {
		s.definition.bare(text)
	}
	err := s.all(bytesOf(text), in)
	s.defined(nil, len(dst))
	dst = s.dst
	s.dst = nil
	return dst, err
}

// begin takes a scan from the pool.
func (e *Engine) begin() *scan {
	e.tables.Do(e.build)
	if s, ok := e.scans.Get().(*scan); ok {
		return s
	}
	s := &scan{engine: e, filter: e.filter, most: e.most, only: All}
	s.leaf, s.form = s.visitLeaf, s.visitForm
	return s
}

// end gives a scan back, without the texts that it saw and without buffers that a text with many findings has grown.
func (e *Engine) end(s *scan) {
	const kept = 256
	s.text, s.in, s.inner, s.outer = "", Context{}, Context{}, Context{}
	if cap(s.found) > kept {
		s.found = nil
	}
	e.scans.Put(s)
}

// build makes the tables.
func (e *Engine) build() {
	e.forms, e.flags, e.identities = tokenForms(), flagForms(), identities()
	e.groups, _, e.general = identityGroups(e.identities)
	e.theses = theses()
	for _, t := range e.theses {
		e.triggers |= t.needs | t.any
	}
	e.directives, e.matters = stirring()
	e.kinds = newKinds()
	if e.model == nil && e.detectors&Injection != 0 {
		e.model = openLearned()
	}
	e.phoneLabels = phoneLabels()
	e.sixBits = sixBits()
	e.filter = newFilter(literals(e.detectors, e.forms))
}
