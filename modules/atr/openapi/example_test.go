package openapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/openapi"
)

// The operations of a document are tools, and a call of one is a request.
func Example() {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", r.Method, r.URL)
	}))
	defer service.Close()
	shop, err := openapi.New(openapi.Spec{
		Name: "shop", Document: "testdata/shop.yaml", Server: service.URL, Private: true, Include: []string{"getOrder"},
	}, openapi.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	tools, _, err := shop.Tools(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := tools[0].Call(context.Background(), json.RawMessage(`{"order":"A 1","fields":["lines"]}`))
	fmt.Println(answer.Text, err)
	_, err = tools[0].Call(context.Background(), json.RawMessage(`{"order":"../customers"}`))
	fmt.Println(err)
	// Output:
	// GET /orders/A%201?fields=lines <nil>
	// the arguments do not fit: order has a slash
}
