package rules

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// The annotations of a rule that mean something here. Others are allowed, and are for people.
const (
	annotationID     = "id"     // the rule's name in decisions and the journal
	annotationReason = "reason" // told to the caller when the rule denies
)

// A Rule is what can be said of a rule to everybody: its name and not its text.
type Rule struct {
	ID     string   // its @id, or its number as in "rules[2]"
	Forbid bool     // false for a permit
	At     Position // in the file
}

// A rule is one Cedar policy.
type rule struct {
	Rule
	reason string
	policy *cedar.Policy
	tree   *ast.Policy
	tokens []token // of its text
}

// A Document is the rules of one policy, read but not yet validated. It is immutable and safe for concurrent use.
type Document struct {
	source  Source
	rules   []rule
	permits bool
}

// Rules returns the rules in the order of the text. The caller owns the slice.
func (d *Document) Rules() []Rule {
	all := make([]Rule, len(d.rules))
	for i := range d.rules {
		all[i] = d.rules[i].Rule
	}
	return all
}

// Parse reads the rules of a policy. The error joins what is wrong with their form, each a *RuleError at its place.
func Parse(s Source) (*Document, error) {
	d := &Document{source: s}
	if problem := formProblem(s.Text); problem != "" {
		return nil, faults{d.fault(nil, Position{1, 1}, problem)}.err()
	}
	tokens := lex(s.Text)
	if at, deep := tooDeep(tokens); deep {
		return nil, faults{d.fault(nil, at, fmt.Sprintf("brackets are nested more than %d deep", maxNesting))}.err()
	}
	list, err := cedar.NewPolicyListFromBytes(s.File, []byte(s.Text))
	if err != nil {
		at, problem := syntax(err)
		return nil, faults{d.fault(nil, at, problem)}.err()
	}
	if len(list) > MaxRules {
		return nil, faults{d.fault(nil, Position{1, 1}, fmt.Sprintf("%d rules: at most %d are read", len(list), MaxRules))}.err()
	}
	found := d.add(list, tokens)
	if err := found.err(); err != nil {
		return nil, err
	}
	return d, nil
}

// formProblem says what is wrong with a text before anything of it is read, or returns nothing.
func formProblem(text string) string {
	switch {
	case len(text) > MaxBytes:
		return fmt.Sprintf("the rules have %d bytes: at most %d are read", len(text), MaxBytes)
	case !utf8.ValidString(text):
		return "not valid UTF-8: save the file as UTF-8"
	default:
		return ""
	}
}

// tooDeep returns where brackets are nested, or signs follow one another, more than maxNesting deep, and whether they do.
func tooDeep(tokens []token) (Position, bool) {
	depth, signs := 0, 0
	for _, t := range tokens {
		if t.kind != tokenMark {
			signs = 0
			continue
		}
		switch t.text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case "!", "-":
			signs++
		}
		if depth+signs > maxNesting {
			return t.at, true
		}
	}
	return Position{}, false
}

// add takes in the parsed rules, each with its own tokens.
func (d *Document) add(list cedar.PolicyList, tokens []token) faults {
	var found faults
	seen := make(map[string]bool, len(list))
	parts := split(tokens)
	for i, p := range list {
		r := rule{policy: p, tree: (*ast.Policy)(p.AST())}
		if i < len(parts) {
			r.tokens = parts[i]
		}
		notes := p.Annotations()
		r.ID, r.reason = string(notes[annotationID]), string(notes[annotationReason])
		r.Forbid = p.Effect() == cedar.Forbid
		begin := Position{p.Position().Line, p.Position().Column}
		if r.ID == "" {
			r.ID = fmt.Sprintf("rules[%d]", i)
		} else if problem := idProblem(r.ID); problem != "" {
			found = append(found, d.fault(&r, begin, problem))
		}
		if seen[r.ID] {
			found = append(found, d.fault(&r, begin, fmt.Sprintf("%q is already the @id of another rule: rename one", r.ID)))
		}
		if len(r.reason) > maxReason {
			found = append(found, d.fault(&r, begin, fmt.Sprintf("@reason has %d bytes: use at most %d", len(r.reason), maxReason)))
		}
		seen[r.ID] = true
		r.At = d.source.place(begin)
		d.permits = d.permits || !r.Forbid
		d.rules = append(d.rules, r)
	}
	return found
}

// maxReason bounds what a rule tells the caller, in bytes.
const maxReason = 200

const idCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

func idProblem(id string) string {
	if len(id) > maxIDBytes {
		return fmt.Sprintf("@id has %d bytes: use at most %d", len(id), maxIDBytes)
	}
	if strings.ContainsFunc(id, func(r rune) bool { return !strings.ContainsRune(idCharacters, r) }) {
		return fmt.Sprintf("@id %q has characters other than letters, digits, '.', '_' and '-'", shown(id))
	}
	return ""
}

// split divides the tokens of a text into those of its rules, each up to its semicolon. A semicolon is nowhere else.
func split(tokens []token) [][]token {
	var parts [][]token
	from := 0
	for i, t := range tokens {
		if t.kind == tokenMark && t.text == ";" {
			parts = append(parts, tokens[from:i+1])
			from = i + 1
		}
	}
	return parts
}

// fault returns a fault of a rule, or of the text as such, at a place of the text.
func (d *Document) fault(r *rule, at Position, problem string) *RuleError {
	f := &RuleError{File: d.source.File, At: d.source.place(at), Policy: d.source.Policy, Problem: problem}
	if r != nil {
		f.Rule = r.ID
	}
	return f
}

// syntax reads where a text stopped being Cedar out of the parser's error, which has it as text alone:
// `parser error: parse error at <input>:2:5 "word": …`.
func syntax(err error) (Position, string) {
	text := strings.TrimPrefix(err.Error(), "parser error: ")
	rest := strings.TrimPrefix(strings.TrimPrefix(text, "parse error at "), "<input>:")
	where, problem, _ := strings.Cut(rest, " ")
	line, column, placed := strings.Cut(strings.TrimSuffix(where, ":"), ":")
	l, lineErr := strconv.Atoi(line)
	c, columnErr := strconv.Atoi(column)
	if !placed || errors.Join(lineErr, columnErr) != nil {
		return Position{1, 1}, "not Cedar: " + text
	}
	return Position{max(l, 1), max(c, 1)}, "not Cedar: " + plainly(problem)
}

// plainly says in words what the parser says of a token: `"x": exact got x want y`.
func plainly(problem string) string {
	word, rest, ok := strings.Cut(problem, ": ")
	found, err := strconv.Unquote(word)
	if !ok || err != nil {
		return problem
	}
	what := "found " + strconv.Quote(shown(found))
	if found == "" {
		what = "the text ends"
	}
	if _, want, exact := strings.Cut(rest, " want "); exact && strings.HasPrefix(rest, "exact got ") {
		return what + " where " + strconv.Quote(want) + " must be"
	}
	return what + ": " + rest
}
