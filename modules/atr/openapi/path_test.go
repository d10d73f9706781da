package openapi_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/openapi"
)

// Whatever stands in a path stays in its segment, however often a server decodes what it gets, and cleans it.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"a", "..", "../x", "%2e%2e%2fx", "..%252fx", "a;b", "..;", "a?b#c", "ä", "%", "%zz/..", "a\\..\\b", " ", "a%00b", "."} {
		f.Add(seed)
	}
	asked := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.RequestURI }))
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, value string) {
		text := write(t, `{"openapi":"3.1.0","paths":{"/a/{x}/b":{"get":{"operationId":"get","parameters":[{"name":"x","in":"path"}]}}}}`)
		all, _ := tools(t, openapi.Spec{Document: text, Server: s.URL + "/v1", Private: true}, openapi.Options{})
		args, err := json.Marshal(map[string]string{"x": value})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := all["get"].Call(t.Context(), args); err != nil {
			if !errors.Is(err, local.ErrArguments) {
				t.Error(err)
			}
			return
		}
		got := <-asked
		for range 3 {
			clean := path.Clean(got)
			if parts := strings.Split(clean, "/"); len(parts) != 5 || !strings.HasPrefix(clean, "/v1/a/") || parts[4] != "b" && !strings.ContainsAny(got, "?#") {
				t.Fatalf("%q became %q", value, got)
			}
			next, err := url.PathUnescape(got)
			if err != nil {
				break
			}
			got = next
		}
	})
}
