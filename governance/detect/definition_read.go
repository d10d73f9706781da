package detect

import (
	"math/bits"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A reading is a text that is read as part of a field: the text of the field, or what it hides.
type reading struct {
	field  int
	text   string
	more   float64 // weight that is added to hard evidence
	form   string
	span   match.Span // in the field, of the whole text, when it is not the field's own
	mapped bool
	view   *match.View
}

// read looks for evidence in a field.
func (d *definition) read(i int) {
	f := &d.fields[i]
	text := d.text(f)
	r := reading{field: i, text: text}
	if f.strange() {
		r.more = 1.2
	}
	switch f.role {
	case roleName, roleParameterName, roleMember:
		d.spoof(i)
		if len(text) > 24 {
			r.text, r.mapped, r.span = spaced(text), true, match.Span{End: len(text)}
			d.sentences(&r)
		}
		return
	case roleIcon:
		if len(text) > 2048 || strings.HasPrefix(text, "data:") {
			return
		}
	default:
	}
	d.sentences(&r)
	d.unseen(i)
	d.commands(i)
	d.links(i)
	d.codes(i)
	if f.strange() {
		d.misplaced(i)
	}
}

// sentences reads a text sentence by sentence.
func (d *definition) sentences(r *reading) {
	t := &d.tokens
	t.text = r.text
	first := true
	for at := 0; at < len(r.text); {
		at = t.sentence(at)
		if len(t.list) > 1 {
			function := first && d.fields[r.field].role == roleDescription && !d.orders()
			d.frames(r, function)
			d.flows(r, function)
		}
		first = first && len(t.list) == 0
	}
}

// orders reports whether the sentence tells a model what to do, rather than what the tool does.
func (d *definition) orders() bool {
	union, g := d.tokens.union, d.grammar
	return union.meets(g.model) && union.meets(g.must) || union.meets(g.when) && union.meets(d.tokens.toolish.with(bit(meansNamed)))
}

// frames looks for the frames that a sentence has.
func (d *definition) frames(r *reading, function bool) {
	t, g := &d.tokens, d.grammar
	other := t.wide || t.foreign() >= 2
	for _, i := range g.always {
		d.frame(r, &g.frames[i], function, other)
	}
	for half, rest := range t.union {
		for ; rest != 0; rest &= rest - 1 {
			for _, i := range g.index[half<<6|bits.TrailingZeros64(rest)] {
				d.frame(r, &g.frames[i], function, other)
			}
		}
	}
}

// frame looks for one frame in the sentence.
func (d *definition) frame(r *reading, f *frame, function, other bool) {
	t, g := &d.tokens, d.grammar
	if !f.possible(t.union) {
		return
	}
	from, to, ok := f.find(t.list, g.not)
	if !ok && other && !g.complaints[f.complaint].soft {
		from, to, ok = f.loosely(t.list, g.not)
	}
	if ok {
		d.weigh(r, f, from, to, function)
	}
}

// foreign returns how many little words of other languages the sentence has.
func (t *tokens) foreign() (n int) {
	for i := range t.list {
		if t.list[i].means.meets(bit(meansForeign)) {
			n++
		}
	}
	return n
}

// weigh makes evidence of a frame that was found in the current sentence.
func (d *definition) weigh(r *reading, f *frame, from, to int, function bool) {
	g := d.grammar
	c := &g.complaints[f.complaint]
	weight := f.weight
	if !c.soft {
		weight += r.more + d.doubts(r, f, from, to, function)
	}
	if weight <= 0 {
		return
	}
	d.note(r, f.complaint, weight, from, to)
}

// note makes a clue of tokens of the current sentence.
func (d *definition) note(r *reading, complaint int, weight float64, from, to int) {
	t := &d.tokens
	s := clue{complaint, weight, r.field, t.list[from].start, t.list[to].end, r.form}
	if r.view != nil {
		span := r.view.Span(s.start, s.end)
		s.start, s.end = span.Start, span.End
	} else if r.mapped {
		s.start, s.end = r.span.Start, r.span.End
	}
	d.suspect(s)
}

// doubts returns what speaks against a frame: that it is quoted or told of, what it is said of, what the tool is for.
func (d *definition) doubts(r *reading, f *frame, from, to int, function bool) (less float64) {
	t, g := &d.tokens, d.grammar
	argument := d.fields[r.field].role == roleParameterText
	switch g.complaints[f.complaint].rule {
	case "secrecy_demand":
		less = d.discretion(from, to)
	case "file_theft":
		less = -d.homely(t.text[t.list[from].start:t.list[to].end])
		if function {
			less -= 2.4
		}
	case "data_theft":
		less = d.openness(argument, function)
	case "consent_bypass":
		if amidst(t.list, from-5, from, g.until) || amidst(t.list, to+1, to+3, g.until) {
			less -= 2.4
		}
		if function {
			less--
		}
		if argument {
			less -= 2
		}
	case "tool_preference":
		if amidst(t.list, from, to+1, g.earlier) && !t.union.meets(g.regardless) {
			less -= 2.4
		}
		fallthrough
	default:
		if function {
			less -= 0.8
		}
	}
	if quotedAt(t.text, t.list[from].start) && (d.warns || amidst(t.list, 0, len(t.list), g.example)) {
		return less - 3
	} else if d.warns {
		return less - 1.4
	}
	return less
}

// discretion returns what speaks for honest reticence: it is about data that is of no use to people, or only for a time.
func (d *definition) discretion(from, to int) (less float64) {
	list := d.tokens.list
	if amidst(list, from, to+4, d.grammar.dataObject) {
		less -= 1.6
	}
	if amidst(list, to+1, to+4, d.grammar.until) {
		less -= 1.4
	}
	return less
}

// openness returns what speaks for or against data that a tool has a use for, and says so.
func (d *definition) openness(argument, function bool) (less float64) {
	if function {
		less -= 1.6
	}
	if argument && !d.guards {
		less += 1.6
	}
	if d.conversational && !d.tokens.union.meets(bit(meansAddress)) {
		less -= 2.6
		if about(d.topic, "llm chat completion prompt model assistant agent") {
			less -= 1.6
		}
	}
	return less
}

// conversational are the stems of words by which a tool deals with conversations and models.
const conversational = "llm model prompt completion chat conversation message transcript agent memory memories remember recall think thought reason assistant summar session handoff dialog inbox email mail thread ticket feedback support"

// amidst reports whether one of the tokens of a range has a meaning.
func amidst(list []token, from, to int, m meanings) bool {
	for i := max(0, from); i < min(to, len(list)); i++ {
		if list[i].means.meets(m) {
			return true
		}
	}
	return false
}

// quotedAt reports whether place i of a text lies within a quotation.
func quotedAt(text string, i int) bool {
	line := text[strings.LastIndexByte(text[:i], '\n')+1 : i]
	return strings.Count(line, `"`)%2 == 1 || strings.Count(line, "`")%2 == 1 || strings.Count(line, "“") > strings.Count(line, "”")
}

// homely returns how much less a secret file says because the tool is about files of this kind.
func (d *definition) homely(text string) float64 {
	for _, kind := range [...][2]string{
		{".ssh", "ssh scp sftp remote rsync git identity"},
		{"id_", "ssh scp sftp remote git identity"},
		{".env", "env dotenv environment variable config"},
		{".aws", "aws s3 ec2 amazon lambda cloud profile"},
		{"kube", "kube k8s cluster helm pod"},
		{"docker", "docker container image compose"},
		{"mcp.json", "mcp server install"},
		{".cursor", "mcp server install cursor rule"},
		{"desktop_config", "mcp server install"},
		{"gcloud", "gcloud google gcp bigquery"},
		{"npmrc", "npm package registry"},
		{"gnupg", "gpg pgp sign encrypt"},
		{"credential", "google oauth aws credential login auth"},
		{"passwd", "user account linux"},
		{"known_hosts", "ssh host"},
		{"keychain", "keychain"},
		{".pem", "certificate tls ssl ssh key"},
		{"token.json", "google oauth auth"},
	} {
		if strings.Contains(text, kind[0]) && about(d.topic, kind[1]) {
			return 2.4
		}
	}
	return 0
}

// misplaced looks for orders in a field that is not for prose.
func (d *definition) misplaced(i int) {
	f, t := &d.fields[i], &d.tokens
	text := d.text(f)
	if f.member == "type" {
		d.suspect(clue{d.grammar.complaint(ruleMisplaced), 4, i, 0, len(text), ""})
	}
	if len(text) < 24 {
		return
	}
	t.text = text
	for at := 0; at < len(text); {
		at = t.sentence(at)
		if weight := d.order(f); weight > 0 {
			d.suspect(clue{d.grammar.complaint(ruleMisplaced), weight, i, t.list[0].start, t.list[len(t.list)-1].end, ""})
		}
	}
}

// order returns how much the current sentence reads like an order to a model, 0 for not at all.
func (d *definition) order(f *field) (weight float64) {
	t, g := &d.tokens, d.grammar
	if len(t.list) < 5 || !t.union.meets(g.acting) {
		return 0
	}
	for n := range t.list {
		if k := &t.list[n]; k.means.meets(g.acting) && k.ordered && !negated(t.list, n, g.not) {
			weight = 2
		}
	}
	if weight == 0 {
		return 0
	}
	if t.union.meets(g.told) {
		weight += 0.8
	}
	if t.union.meets(bit(meansNamed).with(bit(meansAddress)).with(bit(meansSensitive))) {
		weight++
	}
	switch {
	case f.member == "description": // of what comes out, where prose is at home
		weight -= 1.5
	case f.role == roleSchemaValue:
		weight++
	}
	return weight
}
