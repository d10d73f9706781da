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

func ExampleFailures() {
	err := primitives.Failures{}.New(primitives.FailureTimeout, "file_read", "no answer in 5s", nil)
	fmt.Println(err, err.Retryable, errors.Is(err, primitives.FailureTimeout))
	// Output: timeout: file_read: no answer in 5s true true
}
