package keys_test

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mcp-kernel/mcp-kernel/server/keys"
)

// A key is made by the operator, used by a client, and revoked.
func Example() {
	dir, err := os.MkdirTemp("", "keys-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	store := keys.Open(dir, keys.Options{})
	token, key, err := store.Create("service:ci", time.Now().Add(90*24*time.Hour), "the build")
	if err != nil {
		panic(err)
	}
	who, err := store.Authenticate(token)
	fmt.Println(who.Principal, err)

	if _, err := store.Revoke(key.ID); err != nil {
		panic(err)
	}
	_, err = store.Authenticate(token)
	fmt.Println(errors.Is(err, keys.ErrRefused), errors.Is(err, keys.ErrRevoked))
	// Output:
	// service:ci <nil>
	// true true
}
