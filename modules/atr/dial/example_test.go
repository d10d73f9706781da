package dial_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/dial"
)

func ExampleClient() {
	c := dial.Client(dial.Options{})
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://127.0.0.1/", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := c.Do(r)
	if err == nil {
		answer.Body.Close()
	}
	fmt.Println(errors.Is(err, dial.ErrForbidden), err)
	// Output: true Get "https://127.0.0.1/": dial tcp 127.0.0.1:443: the address is not permitted: 127.0.0.1 is this machine
}
