// Package jsonschema is a stand-in for github.com/santhosh-tekuri/jsonschema/v6 that costs nothing until it is used.
//
// The server package of mcp-go imports that module to validate arguments and results inside the SDK, which mcp-kernel
// keeps off: its own dispatcher validates, after the decision was made and recorded. Importing it is enough to pay for
// it all the same, because it compiles every meta-schema it knows while the process starts: 3 to 5 ms and 1.7 MB, more
// than the whole bound that the kernel sets itself for package initialisation. The main go.mod therefore replaces the
// module by this one, which offers the few names that mcp-go uses, does no work at start and hands the real work to
// [github.com/google/jsonschema-go], a dependency of mcp-go in any case. Validation remains real: were someone to turn
// the SDK's checks on, they would check.
//
// What differs from the module it stands for: drafts 2020-12 and 7 only; remote references are refused, never fetched,
// neither from the network nor from a file; a failed validation reports the first fault, with its place in the schema,
// not a tree of all of them.
//
// A program that imports mcp-kernel's packages as a library gets the real module, because Go obeys only the replace
// lines of the main module; it works the same and starts a little later.
package jsonschema

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/google/jsonschema-go/jsonschema"
)

// A Compiler turns schema documents into schemas. It is made by [NewCompiler] and not safe for concurrent use.
type Compiler struct {
	documents map[string]*jsonschema.Schema
}

// NewCompiler returns a compiler that knows no document.
func NewCompiler() *Compiler {
	return &Compiler{documents: make(map[string]*jsonschema.Schema)}
}

// AddResource makes document, a JSON value as [UnmarshalJSON] returns it, known at an absolute address. The document is
// copied. An error names the address and says that it is taken, or why the document is no schema.
func (c *Compiler) AddResource(address string, document any) error {
	if _, taken := c.documents[address]; taken {
		return fmt.Errorf("%s: a schema was already added", address)
	}
	encoded, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	schema := new(jsonschema.Schema)
	if err := json.Unmarshal(encoded, schema); err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	c.documents[address] = schema
	return nil
}

// Compile resolves the references of the document at address. An error names the address and says that nothing was
// added there, or what is wrong with the schema; a reference that leads out of the document is such a fault.
func (c *Compiler) Compile(address string) (*Schema, error) {
	document, known := c.documents[address]
	if !known {
		return nil, fmt.Errorf("%s: no schema was added", address)
	}
	resolved, err := document.CloneSchemas().Resolve(&jsonschema.ResolveOptions{BaseURI: address})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return &Schema{resolved: resolved}, nil
}

// A Schema is a compiled schema, safe for concurrent use. Only [Compiler.Compile] makes one.
type Schema struct {
	resolved *jsonschema.Resolved
}

// Validate reports whether value, as [UnmarshalJSON] returns it, satisfies the schema: nil, or a [*ValidationError].
func (s *Schema) Validate(value any) error {
	if err := s.resolved.Validate(value); err != nil {
		return &ValidationError{ErrorKind: ErrorKind(err.Error())}
	}
	return nil
}

// A ValidationError says that a value does not satisfy a schema.
type ValidationError struct {
	// InstanceLocation is the path of the faulty value, one element a step. It is always empty, the root: the place in
	// the schema, which ErrorKind names, is what the validator knows.
	InstanceLocation []string
	// ErrorKind says what is wrong.
	ErrorKind ErrorKind
	// Causes are the faults that led to this one. It is always empty: the first fault is the only one reported.
	Causes []*ValidationError
}

// Error returns the fault and its place in the schema.
func (e *ValidationError) Error() string {
	return string(e.ErrorKind)
}

// An ErrorKind is a fault in words: the place in the schema, the keyword, and what the value did instead.
type ErrorKind string

// UnmarshalJSON reads exactly one JSON value. Numbers come as float64, which is what the validator reads the numbers of a
// schema as. What is no JSON, what follows the value, and a number too large for a float64 are errors.
func UnmarshalJSON(r io.Reader) (any, error) {
	decoder := json.NewDecoder(r)
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("unexpected data after the JSON value at byte %d", decoder.InputOffset())
	}
	return value, nil
}
