package policy

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// answer reads what a handler says: a text alone, or a record.
func (r *suiteReader) answer(path string, node ast.Node, kind governance.Kind) *Answer {
	a := &Answer{Confidence: 1}
	members, isRecord := mapping(node)
	if !isRecord {
		if text, ok := r.text(path, node); ok {
			a.Text = &text
		}
		return a
	}
	seen := r.fields(path+".", resultFields, members, func(path, name string, value ast.Node) {
		switch name {
		case "text":
			if text, ok := r.text(path, value); ok {
				a.Text = &text
			}
		case "structured":
			a.Structured = r.object(path, value, "a record: the structured answer")
		case "content":
			r.list(path, value, `a list of blocks, each as in "{type: text, text: …}"`)
			a.Content = r.json(nil, path, value)
		case "error":
			a.Error = r.truth(path, value)
		case "confidence":
			if share := r.share(path, value); share != nil {
				a.Confidence = *share
			}
		}
	})
	switch {
	case !seen["text"] && !seen["structured"] && !seen["content"]:
		r.fault(place(node), path, "says nothing: write text, structured or content")
	case seen["text"] && seen["content"]:
		r.fault(place(node), path, "has text and content: write the text as a block of the content")
	case kind != governance.KindTool && (seen["structured"] || seen["content"] || seen["error"] || !seen["text"]):
		r.fault(place(node), path, "only tools answer so: write the text of the resource or prompt")
	}
	return a
}

// object reads a record as JSON.
func (r *suiteReader) object(path string, node ast.Node, want string) []byte {
	if _, ok := mapping(node); !ok {
		r.wrong(path, node, want)
		return nil
	}
	return r.json(nil, path, node)
}

// expect reads what must come of a step: an effect alone, or a record.
func (r *suiteReader) expect(path string, node ast.Node, s *Step) Expectation {
	e := Expectation{Effect: governance.Allow}
	members, isRecord := mapping(node)
	if !isRecord {
		r.effectOf(path, node, s, &e)
		return e
	}
	seen := r.fields(path+".", expectFields, members, func(path, name string, value ast.Node) {
		switch name {
		case "effect":
			r.effectOf(path, value, s, &e)
		case "check":
			e.Check, _ = r.text(path, value)
		case "rule":
			e.Rule, _ = r.text(path, value)
		case "policy":
			e.Policy, _ = r.text(path, value)
		case "event":
			r.event(path, value, &e.Event)
		case "pointer":
			e.Pointer, _ = r.text(path, value)
		case "reason":
			e.Reason = r.expression(path, value)
		case "would":
			would := r.truth(path, value)
			e.Would = &would
		default:
			r.inspected(path, name, value, &e)
		}
	})
	if !seen["effect"] {
		r.fault(place(node), path+".effect", "missing: write "+listed(s.effects()))
	}
	if s.Answer == nil && (seen["text"] || seen["structured"]) {
		r.fault(place(node), path, "says what is left of an answer, and there is none: write a result")
	}
	return e
}

// inspected reads what must be found, touched and left.
func (r *suiteReader) inspected(path, name string, value ast.Node, e *Expectation) {
	switch name {
	case "findings":
		e.Findings = []Found{}
		for i, entry := range r.list(path, value, `a list of findings, each as in "{class: email, pointer: /content/0/text}"`) {
			e.Findings = append(e.Findings, r.found(fmt.Sprintf("%s[%d]", path, i), entry))
		}
	case "labels":
		e.Labels = append([]string{}, r.touched(path, value)...)
	case "text":
		if text, ok := r.text(path, value); ok {
			e.Text = &text
		}
	case "structured":
		e.Structured = r.object(path, value, "a record: what is left of the structured answer")
	}
}

// found reads something that is to be found: a class alone, or a record.
func (r *suiteReader) found(path string, node ast.Node) (f Found) {
	members, isRecord := mapping(node)
	if !isRecord {
		f.Class, _ = r.text(path, node)
		return f
	}
	r.fields(path+".", foundFields, members, func(path, name string, value ast.Node) {
		text, ok := r.text(path, value)
		switch {
		case name == "check":
			f.Check = text
		case name == "rule":
			f.Rule = text
		case name == "class":
			f.Class = text
		case ok:
			f.Pointer = &text
		}
	})
	return f
}

// effects are the words for what can come of a step.
func (s *Step) effects() string {
	switch {
	case s.Definition != nil:
		return fateWords
	case s.Answer != nil:
		return strings.TrimSuffix(fateWords, " ask")
	default:
		return effectWords
	}
}

// effectOf reads the effect of a step: of its call or, where there is an answer or a definition, what becomes of that.
func (r *suiteReader) effectOf(path string, node ast.Node, s *Step, e *Expectation) {
	words := s.effects()
	text, ok := r.text(path, node)
	switch {
	case !ok:
		return
	case words == effectWords && contains(fateWords, text) && !contains(effectWords, text):
		r.fault(place(node), path, fmt.Sprintf("%q is of an answer, and there is none: write a result, or expect %s", text, listed(words)))
		return
	case words == effectWords:
		e.Effect = r.effect(path, node)
		return
	}
	for i, word := range strings.Fields(words) {
		if word == text {
			e.Fate = Fate(i + 1)
			return
		}
	}
	problem := unknown("effect", text, words)
	if contains(effectWords, text) {
		problem = fmt.Sprintf("%q is of a call, and this is about its answer: write %s", text, listed(words))
	}
	r.fault(place(node), path, problem)
}

// listed puts words into a sentence, as in "allow, deny or ask".
func listed(words string) string {
	all := strings.Fields(words)
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " or " + all[last]
}

func (r *suiteReader) effect(path string, node ast.Node) (e governance.Effect) {
	text, ok := r.text(path, node)
	if ok && e.UnmarshalText([]byte(text)) != nil {
		r.fault(place(node), path, unknown("effect", text, effectWords))
	}
	return e
}

func (r *suiteReader) event(path string, node ast.Node, e *governance.Event) {
	text, ok := r.text(path, node)
	if ok && (!contains(eventWords, text) || e.UnmarshalText([]byte(text)) != nil) {
		r.fault(place(node), path, unknown("event", text, eventWords))
	}
}

func (r *suiteReader) expression(path string, node ast.Node) *regexp.Regexp {
	text, ok := r.text(path, node)
	if !ok {
		return nil
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		r.fault(place(node), path, fmt.Sprintf("not a regular expression: %v", err))
	}
	return compiled
}
