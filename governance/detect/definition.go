package detect

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A grammar is what is known of the language of poison. It is made when a definition is read first.
type grammar struct {
	once                                sync.Once
	lexicon                             *lexicon
	complaints                          []complaint
	frames                              []frame
	brands                              []string
	index                               [128][]int32 // of frames, by a meaning that they need
	always                              []int32      // frames that need none
	not                                 meanings
	example                             meanings
	dataObject                          meanings
	until                               meanings
	acting                              meanings // verbs of an order
	told                                meanings // whom an order is given
	when, earlier, regardless           meanings
	concerned                           meanings // what a flow needs one of
	moving, into, param, changing       meanings
	cred, inner, hoard, spoken, private meanings // what is worth taking
	must, whole, model, user, secretly  meanings
}

func (g *grammar) make() {
	g.lexicon = newLexicon(definitionWords)
	g.complaints, g.frames = newFrames(definitionFrames, g.lexicon)
	g.lexicon.arrange()
	g.brands = strings.Fields(brands)
	g.arrange()
	of := func(names ...string) (m meanings) {
		for _, name := range names {
			m = m.with(bit(g.lexicon.numbers[name]))
		}
		return m
	}
	g.not, g.example, g.dataObject, g.until = of("NOT"), of("EXAMPLE"), of("DATAOBJ"), of("UNTIL")
	g.earlier, g.regardless = of("EARLIER"), of("REGARDLESS")
	g.acting, g.told = of("READ", "SEND", "PASS", "CALL"), of("MODEL", "MUST", "USER")
	g.when = of("WHEN")
	g.moving, g.into, g.param, g.changing = of("READ", "SEND", "PASS", "MOVED"), of("INTO", "TO"), of("PARAM"), of("REDIRECT")
	g.inner, g.hoard, g.spoken, g.private = of("SYSPROMPT", "TOOLSET"), of("HOARD"), of("CONVO"), of("PRIVATE", "MISC1")
	g.must, g.whole, g.model, g.user, g.secretly = of("MUST"), of("WHOLE"), of("MODEL"), of("USER"), of("SECRETLY")
	g.cred = of("CRED")
	g.concerned = of("CRED", "SYSPROMPT", "TOOLSET", "HOARD", "CONVO", "PRIVATE", "MISC1", "SENSITIVE", "ADDRESS", "NAMED")
	g.complaints = append(g.complaints, builtComplaints()...)
}

// arrange files every frame under the meanings of that element of it which the fewest words have.
func (g *grammar) arrange() {
	cost := g.lexicon.costs()
	for i := range g.frames {
		least, lowest := meanings{}, math.MaxInt
		for _, e := range g.frames[i].elements {
			if n := e.means.sum(&cost); len(e.words) == 0 && n < lowest {
				least, lowest = e.means, n
			}
		}
		if lowest == math.MaxInt {
			g.always = append(g.always, int32(i))
		}
		for half, rest := range least {
			for ; rest != 0; rest &= rest - 1 {
				at := half<<6 | bits.TrailingZeros64(rest)
				g.index[at] = append(g.index[at], int32(i))
			}
		}
	}
}

// complaint returns the number of a rule.
func (g *grammar) complaint(rule string) int {
	for i := range g.complaints {
		if g.complaints[i].rule == rule {
			return i
		}
	}
	return -1
}

// builtComplaints returns what is found without frames.
func builtComplaints() []complaint {
	return []complaint{
		{rule: ruleParameter, severity: match.High},
		{rule: ruleMisplaced, severity: match.High},
		{rule: ruleHidden, severity: match.High},
		{rule: ruleEncoded, severity: match.High},
		{rule: ruleCommand, severity: match.Critical},
		{rule: ruleLink, severity: match.High},
		{rule: ruleName, severity: match.High},
		{rule: ruleMismatch, severity: match.Medium},
		{rule: rulePreset, severity: match.High},
		{rule: ruleSpoken, severity: match.High},
	}
}

// The rules that need more than frames.
const (
	ruleParameter = "exfiltration_parameter"
	ruleMisplaced = "misplaced_instruction"
	ruleHidden    = "hidden_instruction"
	ruleEncoded   = "encoded_instruction"
	ruleCommand   = "dangerous_command"
	ruleLink      = "link_exfiltration"
	ruleName      = "name_spoof"
	ruleMismatch  = "definition_mismatch"
	rulePreset    = "preset_destination"
	ruleSpoken    = "instruction"
	ruleTheft     = "data_theft"
	ruleShadow    = "tool_shadowing"
	ruleAddressed = "addressed_to_model"
)

// A clue is evidence against a definition.
type clue struct {
	complaint  int
	weight     float64
	field      int
	start, end int
	form       string // in which it was seen, "" for the text itself
}

// A definition is the reading of one definition of a tool, prompt or resource. It belongs to a scan.
type definition struct {
	grammar                        *grammar
	tokens                         tokens
	fields                         []field
	texts                          []byte // of all fields
	clues                          []clue
	name                           string
	current                        int
	readOnly                       bool
	topic                          string // the name and the first sentence, in lower case
	simple, conversational, guards bool   // what it is about
	warns                          bool   // it is a definition of a tool against poison
}

// begin makes ready for a definition.
func (d *definition) begin(g *grammar) {
	g.once.Do(g.make)
	if d.grammar != g {
		d.grammar, d.tokens = g, newTokens(g.lexicon)
	}
	d.fields, d.texts, d.clues, d.tokens.own = d.fields[:0], d.texts[:0], d.clues[:0], d.tokens.own[:0]
	d.name, d.topic, d.readOnly, d.warns, d.current = "", "", false, false, -1
}

// Bounds of what is looked at in one definition: what has more clues is poison enough.
const (
	mostClues  = 256
	mostOwn    = 256 // names that are taken for the definition's own
	mostSpoken = 64  // findings of the detector of instructions
)

// Constants of the logistic model by which evidence is weighed. They were set by hand on testdata/definitions-first.txt.
const (
	definitionPrior = 3.4 // against poison
	steepness       = 1.6 // of the way from nothing to certainty
	again           = 0.3 // share of the weight that more of the same has
	mostAgain       = 1.2 // and the most that it is together
	mostSoft        = 2   // what honest definitions say as well counts at most this much together
	leastHard       = 1.5 // below it there is nothing for soft evidence to add to
	leastDefinition = 0.5 // the confidence below which nothing is reported
	actsOn          = 0.8 // the confidence from which severity is that of the rule
)

// conclude reads what was collected and appends what is found to dst. Findings behind base are those of the detector of
// instructions in the same definition; they become evidence.
func (d *definition) conclude(doc []byte, dst []match.Finding, base int) []match.Finding {
	d.survey(doc)
	for i := range d.fields {
		d.read(i)
	}
	d.consistency()
	dst = d.spoken(dst, base)
	sum := d.sum()
	confidence := probability(steepness * (sum - definitionPrior))
	if confidence < leastDefinition {
		return dst
	}
	return d.report(dst, confidence)
}

// survey finds out what the definition is about.
func (d *definition) survey(doc []byte) {
	d.readOnly = hinted(view(doc), "readOnlyHint")
	var topic strings.Builder
	for i := range d.fields {
		switch f := &d.fields[i]; f.role {
		case roleName:
			d.name = d.text(f)
			d.tokens.own = append(d.tokens.own, d.name)
			topic.WriteString(spaced(d.name) + " ")
		case roleParameterName:
			if len(d.tokens.own) < mostOwn {
				d.tokens.own = append(d.tokens.own, d.text(f))
			}
		default:
		}
	}
	for i := range d.fields {
		if f := &d.fields[i]; f.role == roleDescription {
			first := firstSentence(d.text(f))
			d.tokens.text = first
			if d.tokens.sentence(0); !d.orders() {
				topic.WriteString(first)
			}
			break
		}
	}
	d.topic = strings.ToLower(topic.String())
	d.simple, d.conversational = about(d.topic, plain), about(d.topic, conversational)
	d.guards = about(d.topic, guarding)
	d.warns = about(d.topic, "detect inject attack redact sanit phish poison malware guardrail jailbreak scanner")
}

// hinted reports whether an annotation is true.
func hinted(doc, name string) bool {
	_, rest, ok := strings.Cut(doc, `"`+name+`"`)
	rest = strings.TrimLeft(rest, " \t\r\n:")
	return ok && strings.HasPrefix(rest, "true")
}

// firstSentence returns what a description begins with.
func firstSentence(text string) string {
	text = strings.TrimLeft(text, " \t\r\n#*")
	for i := range len(text) {
		if ends(text, i) || strings.HasPrefix(text[i:], "。") {
			return text[:i]
		}
	}
	return text
}

// about reports whether one of the stems begins a word of a text, which is in lower case.
func about(text, stems string) bool {
	for s := range strings.FieldsSeq(stems) {
		for rest, at := text, 0; ; {
			n := strings.Index(rest, s)
			if n < 0 {
				break
			}
			if at += n; at == 0 || !isAlnum(text[at-1]) {
				return true
			}
			at++
			rest = text[at:]
		}
	}
	return false
}

// suspect adds evidence. What is seen again in the same field is kept once, with the greater weight.
func (d *definition) suspect(s clue) {
	if len(d.clues) == mostClues {
		return
	}
	for i := range d.clues {
		if old := &d.clues[i]; old.complaint == s.complaint && old.field == s.field && s.start < old.end && old.start < s.end {
			if s.weight > old.weight && (old.form == s.form || old.form != "") {
				*old = s
			}
			return
		}
	}
	d.clues = append(d.clues, s)
}

// sum returns the evidence together: of each complaint the heaviest clue, and what is soft only up to a point.
func (d *definition) sum() (sum float64) {
	var soft float64
	for c := range d.grammar.complaints {
		most, all := 0.0, 0.0
		for i := range d.clues {
			if d.clues[i].complaint == c {
				most = max(most, d.clues[i].weight)
				all += d.clues[i].weight
			}
		}
		if d.grammar.complaints[c].soft {
			soft += most
		} else {
			sum += most + min(again*(all-most), mostAgain)
		}
	}
	if sum < leastHard {
		return sum
	}
	return sum + min(soft, mostSoft)
}

// probability is the logistic function, in hundredths.
func probability(x float64) float64 {
	return min(0.99, max(0.01, math.Round(100/(1+math.Exp(-x)))/100))
}

// report appends one finding for each field with hard evidence.
func (d *definition) report(dst []match.Finding, confidence float64) []match.Finding {
	clues := slices.DeleteFunc(d.clues, func(s clue) bool { return d.grammar.complaints[s.complaint].soft })
	slices.SortStableFunc(clues, func(a, b clue) int { return cmp.Compare(a.field, b.field) })
	for len(clues) > 0 {
		at, n := clues[0].field, 1
		for n < len(clues) && clues[n].field == at {
			n++
		}
		f := d.finding(clues[:n])
		f.Confidence = confidence
		if confidence < actsOn {
			f.Severity = min(f.Severity, match.Medium)
		}
		dst, clues = append(dst, f), clues[n:]
	}
	return dst
}

// finding returns what the clues in one field come to.
func (d *definition) finding(clues []clue) match.Finding {
	f := &d.fields[clues[0].field]
	found := match.Finding{Check: "definition", Class: "tool_poisoning", Pointer: f.pointer, Key: f.key, Span: match.Span{Start: clues[0].start, End: clues[0].end}}
	most := 0.0
	for _, s := range clues {
		found.Span.Start, found.Span.End = min(found.Span.Start, s.start), max(found.Span.End, s.end)
		if c := &d.grammar.complaints[s.complaint]; s.weight > most {
			most, found.Rule, found.Severity, found.Form = s.weight, c.rule, c.severity, s.form
		}
	}
	return found
}

// spoken takes what the detector of instructions found as evidence, and out of the findings unless it is sure by itself.
func (d *definition) spoken(dst []match.Finding, base int) []match.Finding {
	kept, seen := base, 0
	for _, f := range dst[base:] {
		if f.Check == "definition" && f.Class == "tool_poisoning" {
			if seen++; seen <= mostSpoken && d.heed(&f) {
				continue
			}
		}
		dst[kept] = f
		kept++
	}
	return dst[:kept]
}

// heed makes a finding of the detector of instructions evidence. It reports false for one that is to stay a finding.
func (d *definition) heed(f *match.Finding) bool {
	at := slices.IndexFunc(d.fields, func(o field) bool { return o.pointer == f.Pointer && o.key == f.Key })
	if at < 0 {
		return f.Confidence < actsOn
	}
	weight, weak := definitionPrior+math.Log(f.Confidence/(1-f.Confidence)), d.warns
	switch f.Rule {
	case "secrecy_demand", "tool_bait", "tool_shadowing", "reader_address", "instruction":
		weight, weak = min(weight, 2), true // the frames know more of these
	}
	covered := false
	for i := range d.clues {
		s := &d.clues[i]
		if s.field == at && s.start < f.Span.End && f.Span.Start < s.end && !d.grammar.complaints[s.complaint].soft {
			covered = true
			if !weak {
				s.weight = max(s.weight, weight)
			}
		}
	}
	if !covered {
		d.suspect(clue{d.grammar.complaint(ruleSpoken), weight, at, f.Span.Start, f.Span.End, f.Form})
	}
	return true
}

// forget lets go of the texts, and of buffers that a large definition has grown.
func (d *definition) forget() {
	clear(d.fields)
	clear(d.tokens.own)
	d.tokens.text, d.name, d.topic = "", "", ""
	if cap(d.texts) > 64<<10 {
		d.texts, d.fields = nil, nil
	}
}
