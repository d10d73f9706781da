package policy

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// Bounds of a policy file.
const (
	MaxFileBytes = 1 << 20
	maxFaults    = 100 // that are reported; more are counted
)

// Decode reads the policies of one file. All faults are returned at once, joined, in the order of the file, each a
// *governance.PolicyError with file, line and column; then there are no policies. The policies do not refer to data.
func Decode(file string, data []byte) ([]governance.Policy, error) {
	d := decode(file, data, false)
	d.validate()
	if err := d.err(); err != nil {
		return nil, err
	}
	return d.policies, nil
}

// A decoder collects the policies and the faults of one file or of several.
type decoder struct {
	file     string
	lines    []string // of the file
	files    bool     // files beside it may be read
	policies []governance.Policy
	faults   []*governance.PolicyError

	document func(*ast.File) // reads what the file holds; nil reads policies
}

// decode reads one file as far as its form goes.
func decode(file string, data []byte, files bool) *decoder {
	d := &decoder{file: file, files: files}
	d.decode(data)
	return d
}

// decode reads the bytes of the file, unless they cannot be read in bounded time.
func (d *decoder) decode(data []byte) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(data) > MaxFileBytes {
		d.fault(start(), fmt.Sprintf("the file has more than %d bytes: split it", MaxFileBytes))
		return
	}
	if !utf8.Valid(data) {
		d.fault(invalidAt(data), "not valid UTF-8: save the file as UTF-8")
		return
	}
	if at, ok := emptyRun(data); ok {
		d.fault(at, fmt.Sprintf("more than %d empty lines in a row: remove some", maxEmptyLines))
		return
	}
	d.lines = strings.Split(string(data), "\n")
	d.parse(lexer.Tokenize(string(data)))
}

// parse reads the tokens of a file. The parser recurses, so what is too deep for it is refused before.
func (d *decoder) parse(tokens token.Tokens) {
	if bad := tokens.InvalidToken(); bad != nil {
		d.syntax(position(bad), bad.Error)
		return
	}
	if d.screen(tokens); len(d.faults) > 0 {
		return
	}
	parsed, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	var bad *yaml.SyntaxError
	switch {
	case err == nil && d.document != nil:
		d.document(parsed)
	case err == nil:
		d.records(parsed)
	case errors.As(err, &bad) && bad.Token != nil:
		d.syntax(position(bad.Token), bad.Message)
	default:
		d.syntax(start(), err.Error())
	}
}

// start is where a file begins.
func start() governance.Position { return governance.Position{Line: 1, Column: 1} }

// invalidAt returns the place of the first byte that is not UTF-8.
func invalidAt(data []byte) governance.Position {
	at := start()
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			return at
		case r == '\n':
			at.Line, at.Column = at.Line+1, 1
		default:
			at.Column++
		}
		data = data[size:]
	}
	return at
}

// syntax reports what cannot be read at all. Nothing after it can be, so it is the only fault of the file.
func (d *decoder) syntax(at governance.Position, problem string) {
	if strings.Contains(problem, "'\t'") {
		d.fault(at, "not YAML: a tab: indent with spaces")
		return
	}
	d.fault(at, "not YAML: "+problem+": look at the indentation, quotes and brackets here")
}

// records reads the list of records.
func (d *decoder) records(file *ast.File) {
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		d.fault(start(), `no policies: begin the first one with "- name:"`)
		return
	}
	body := file.Docs[0].Body
	list, ok := body.(*ast.SequenceNode)
	switch {
	case !ok:
		d.fault(place(body), found(body)+`, want a list of policies: begin each with "- name:"`)
		return
	case len(list.Values) == 0:
		d.fault(place(body), `no policies: begin the first one with "- name:"`)
	}
	for i, value := range list.Values {
		r := record{decoder: d, label: fmt.Sprintf("#%d", i+1)}
		if r.read(value) {
			d.policies = append(d.policies, r.policy)
		}
	}
}

// fault reports a fault of the file as such.
func (d *decoder) fault(at governance.Position, problem string) {
	d.faults = append(d.faults, &governance.PolicyError{File: d.file, At: at, Problem: problem})
}

// validate adds what is wrong with the meaning of the policies, except where the form is wrong already.
func (d *decoder) validate() {
	type field struct {
		file, name string
		at         governance.Position
	}
	malformed := make(map[field]bool, len(d.faults))
	for _, f := range d.faults {
		malformed[field{f.File, f.Field, f.At}] = true
	}
	for _, err := range unjoin(governance.Validate(d.policies...)) {
		var f *governance.PolicyError
		if !errors.As(err, &f) {
			continue
		}
		within := f.Field[:max(strings.LastIndexByte(f.Field, '.'), 0)]
		if !malformed[field{f.File, f.Field, f.At}] && !malformed[field{f.File, within, f.At}] {
			d.faults = append(d.faults, f)
		}
	}
}

// unjoin returns the errors that were joined into one.
func unjoin(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return nil
}

// err returns all faults in the order of files and places.
func (d *decoder) err() error {
	slices.SortStableFunc(d.faults, func(a, b *governance.PolicyError) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
	})
	var joined []error
	for i, f := range d.faults {
		if i == maxFaults {
			joined = append(joined, fmt.Errorf("and %d more", len(d.faults)-maxFaults))
			break
		}
		joined = append(joined, f)
	}
	return errors.Join(joined...)
}
