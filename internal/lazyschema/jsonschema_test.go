package jsonschema_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const address = "mem:///tools/add/input.json"

func compile(t *testing.T, schema string) (*jsonschema.Schema, error) {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatalf("UnmarshalJSON(%s): %v", schema, err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(address, document); err != nil {
		return nil, err
	}
	return compiler.Compile(address)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	const object = `{"type":"object","properties":{"n":{"$ref":"#/$defs/count"}},"required":["n"],
		"additionalProperties":false,"$defs":{"count":{"type":"integer","minimum":1}}}`
	for _, test := range []struct{ name, schema, value, want string }{
		{"fits", object, `{"n":1}`, ""},
		{"an integer written as a float", object, `{"n":1.0}`, ""},
		{"a string for a number", object, `{"n":"1"}`, `type: 1 has type "string", want "integer"`},
		{"a fraction for an integer", object, `{"n":1.5}`, `want "integer"`},
		{"below the minimum", object, `{"n":0}`, "minimum"},
		{"missing", object, `{}`, "required"},
		{"unknown", object, `{"n":1,"m":1}`, "additional properties"},
		{"a constant above 2^53", `{"const":9007199254740993}`, `9007199254740993`, ""},
		{"an integer above int64", `{"type":"integer","maximum":20000000000000000000}`, `18446744073709551615`, ""},
		{"nothing satisfies false", `false`, `null`, "not"},
		{"everything satisfies true", `true`, `[1,{"a":null}]`, ""},
		{"draft 7", `{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"string"}]}`, `[1]`, "type"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			schema, err := compile(t, test.schema)
			if err != nil {
				t.Fatalf("compile: %v", err)
			}
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(test.value))
			if err != nil {
				t.Fatalf("UnmarshalJSON: %v", err)
			}
			checkFault(t, schema.Validate(value), test.want)
		})
	}
}

// checkFault demands a *ValidationError that contains want, or no error when want is empty.
func checkFault(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Fatalf("Validate: %v, want nil", err)
		}
		return
	}
	var fault *jsonschema.ValidationError
	if !errors.As(err, &fault) || !strings.Contains(fault.Error(), want) {
		t.Fatalf("Validate: %v, want a *ValidationError with %q", err, want)
	}
	if got := fmt.Sprintf("%+v", fault.ErrorKind); got != fault.Error() {
		t.Errorf("ErrorKind prints as %q, want %q", got, fault.Error())
	}
}

func TestCompileFaults(t *testing.T) {
	t.Parallel()
	for name, schema := range map[string]string{
		"a keyword of the wrong type": `{"type":1}`,
		"a broken pattern":            `{"pattern":"("}`,
		"a dangling reference":        `{"$ref":"#/$defs/none"}`,
		"a reference to the network":  `{"$ref":"https://example.com/schema.json"}`,
		"a reference to a file":       `{"$ref":"file:///etc/passwd"}`,
		"a list":                      `[]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := compile(t, schema); err == nil || !strings.Contains(err.Error(), address) {
				t.Fatalf("compile(%s): %v, want an error that names %s", schema, err, address)
			}
		})
	}
}

func TestCompilerAddresses(t *testing.T) {
	t.Parallel()
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(address, true); err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddResource(address, true); err == nil || !strings.Contains(err.Error(), "already added") {
		t.Errorf("AddResource twice: %v, want an error", err)
	}
	if _, err := compiler.Compile("mem:///other.json"); err == nil || !strings.Contains(err.Error(), "other.json: no schema") {
		t.Errorf("Compile of another address: %v, want an error that names it", err)
	}
	for range 2 { // a document may be compiled more than once
		if _, err := compiler.Compile(address); err != nil {
			t.Errorf("Compile: %v", err)
		}
	}
}

func TestUnmarshalJSONFaults(t *testing.T) {
	t.Parallel()
	for _, input := range []string{"", "{", "{} {}", "[1]]", "[1e999]", `{"a":1e999}`} {
		if value, err := jsonschema.UnmarshalJSON(strings.NewReader(input)); err == nil {
			t.Errorf("UnmarshalJSON(%q) = %v, want an error", input, value)
		}
	}
}

func Example() {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"type":"integer"}`))
	if err != nil {
		panic(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("mem:///count.json", document); err != nil {
		panic(err)
	}
	schema, err := compiler.Compile("mem:///count.json")
	if err != nil {
		panic(err)
	}
	fmt.Println(schema.Validate(3), "/", schema.Validate("three"))
	// Output: <nil> / validating root: type: three has type "string", want "integer"
}
