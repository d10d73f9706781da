package primitives_test

import (
	"errors"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

func ExampleCanonical() {
	canonical, err := primitives.Canonical([]byte(`{ "b": 1.0, "a": "\u20ac" }`))
	fmt.Println(string(canonical), err)
	_, err = primitives.Canonical([]byte(`{"id": 9007199254740993}`))
	fmt.Println(err)
	// Output:
	// {"a":"€","b":1} <nil>
	// number that cannot be held exactly at byte 7: send it as a string
}

func ExampleCanonicalizer() {
	var c primitives.Canonicalizer
	var form []byte
	for _, text := range []string{`{"b": 1, "a": 2}`, `{"b": 1, "b": 2}`, `"\u0041\u000a"`} {
		var err error
		form, err = c.Append(form[:0], []byte(text))
		fmt.Println(string(form), err)
	}
	// Output:
	// {"a":2,"b":1} <nil>
	//  key "b" is repeated in the object at byte 0
	// "A\n" <nil>
}

func ExampleFailures() {
	err := primitives.Failures{}.New(primitives.FailureTimeout, "file_read", "no answer in 5s", nil)
	fmt.Println(err, err.Retryable, errors.Is(err, primitives.FailureTimeout))
	// Output: timeout: file_read: no answer in 5s true true
}
