package openapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/openapi"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write what is golden anew")
	flag.Parse()
	os.Exit(m.Run())
}

// tools returns the operations of an API by name, and what is none.
func tools(t *testing.T, s openapi.Spec, o openapi.Options) (map[string]*openapi.Tool, []openapi.Skipped) {
	t.Helper()
	if s.Name == "" {
		s.Name = "shop"
	}
	if s.Document == "" {
		s.Document = "testdata/shop.yaml"
	}
	a, err := openapi.New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	all, skipped, err := a.Tools(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]*openapi.Tool{}
	for _, one := range all {
		named[one.Name()] = one
	}
	return named, skipped
}

// write writes a document.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "document")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What a document becomes is golden: names, schemas, effects, and how each request is made.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	a, err := openapi.New(openapi.Spec{
		Name: "shop", Document: "testdata/shop.yaml", Query: map[string]string{"api_key": "env:KEY"},
		Effects: []openapi.Rule{{Match: "POST /orders", Effects: local.Effects{NonDestructive: true}}},
	}, openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, skipped, err := a.Tools(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for _, one := range all {
		d, err := one.Definition(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		text, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Indent(&got, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
	}
	for _, s := range skipped {
		fmt.Fprintf(&got, "# %s: %s\n", s.Operation, s.Why)
	}
	const golden = "testdata/shop.golden"
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if diff := cmp.Diff(string(want), got.String()); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// echo answers with the request that it gets.
func echo(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "%s %s", r.Method, r.RequestURI)
		for _, name := range []string{"X-Trace", "Authorization", "Cookie", "Content-Type"} {
			if text := r.Header.Get(name); text != "" {
				fmt.Fprintf(w, "\n%s: %s", name, text)
			}
		}
		if len(body) > 0 {
			fmt.Fprintf(w, "\n\n%s", body)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// What is asked for is what the document says with the arguments in their places; what would leave its place is refused,
// before anything is asked.
func TestRequests(t *testing.T) {
	t.Parallel()
	s := echo(t)
	all, _ := tools(t, openapi.Spec{
		Server: s.URL + "/v1/", Private: true, Query: map[string]string{"api_key": "k&y"}, Headers: map[string]string{"authorization": "env:AUTH"},
		Slash: []string{"path"},
	}, openapi.Options{Resolve: func(_ context.Context, text string) (string, error) {
		return strings.ReplaceAll(text, "env:AUTH", "Bearer s3cret-token"), nil
	}})
	const key, auth = "api_key=k%26y", "\nAuthorization: [secret]"
	for name, tt := range map[string]struct{ tool, args, want, bad string }{
		"path":                 {tool: "getOrder", args: `{"order":"a b"}`, want: "GET /v1/orders/a%20b?" + key + auth},
		"question and hash":    {tool: "getOrder", args: `{"order":"a?x=1#y&z"}`, want: "GET /v1/orders/a%3Fx=1%23y&z?" + key + auth},
		"list and header":      {tool: "getOrder", args: `{"order":"1","fields":["a","b&c"],"X-Trace":"t"}`, want: "GET /v1/orders/1?fields=a%2Cb%26c&" + key + "\nX-Trace: t" + auth},
		"a header's lines":     {tool: "getOrder", args: `{"order":"1","X-Trace":"a\r\nX-Admin: 1"}`, bad: "control characters"},
		"their authorization":  {tool: "getOrder", args: `{"order":"1","Authorization":"Basic x"}`, bad: `"Authorization" is unknown`},
		"their key":            {tool: "listOrders", args: `{"api_key":"mine"}`, bad: `"api_key" is unknown`},
		"lists":                {tool: "listOrders", args: `{"tag":["a","b"],"ids":[1,2]}`, want: "GET /v1/orders?tag=a&tag=b&ids=1%7C2&" + key + auth},
		"objects":              {tool: "listOrders", args: `{"page":{"size":10,"at":2},"where":{"x":"1&y=2"},"filter":{"a":[1.0]}}`, want: "GET /v1/orders?page%5Bat%5D=2&page%5Bsize%5D=10&x=1%26y%3D2&filter=%7B%22a%22%3A%5B1.0%5D%7D&" + key + auth},
		"a key in an object":   {tool: "listOrders", args: `{"where":{"api_key":"mine"}}`, bad: `"api_key", which is not its own`},
		"another in an object": {tool: "listOrders", args: `{"where":{"tag":"x"}}`, bad: `"tag", which is not its own`},
		"nested too deep":      {tool: "listOrders", args: `{"tag":[["x"]]}`, bad: "nested deeper"},
		"JSON":                 {tool: "putOrder", args: `{"order":"1","body":{"total": 1.50, "lines":[]}}`, want: "PUT /v1/orders/1?" + key + auth + "\nContent-Type: application/json\n\n" + `{"total": 1.50, "lines":[]}`},
		"no body":              {tool: "putOrder", args: `{"order":"1"}`, bad: "body is missing"},
		"form":                 {tool: "orders_create", args: `{"body":{"name":"a=b&c","tags":["x","y"]}}`, want: "POST /v1/orders?" + key + auth + "\nContent-Type: application/x-www-form-urlencoded\n\nname=a%3Db%26c&tags=x&tags=y"},
		"text":                 {tool: "note", args: `{"a":"x","b":"y","a_query":"q","body":"hello"}`, want: "POST /v1/notes/xy?a=q&" + key + auth + "\nContent-Type: text/plain; charset=utf-8\n\nhello"},
		"made of two":          {tool: "note", args: `{"a":".","b":"."}`, bad: "climbs"},
		"slashes allowed":      {tool: "readFile", args: `{"path":"a/b c"}`, want: "GET /v1/files/a/b%20c?" + key + auth},
		"climbing in them":     {tool: "readFile", args: `{"path":"a/../../../admin"}`, bad: "climbs"},
		"empty in them":        {tool: "readFile", args: `{"path":"a//b"}`, bad: "climbs"},
		"from the root":        {tool: "readFile", args: `{"path":"//evil.example/x"}`, bad: "climbs"},
		"encoded in them":      {tool: "readFile", args: `{"path":"a/%2e%2e/b"}`, bad: "climbs"},
		"encoded slash there":  {tool: "readFile", args: `{"path":"a%2fb"}`, bad: "slash"},
		"up":                   {tool: "getOrder", args: `{"order":".."}`, bad: "climbs"},
		"here":                 {tool: "getOrder", args: `{"order":"."}`, bad: "climbs"},
		"up, with parameters":  {tool: "getOrder", args: `{"order":"..;x=1"}`, bad: "climbs"},
		"a slash":              {tool: "getOrder", args: `{"order":"../admin"}`, bad: "slash"},
		"a backslash":          {tool: "getOrder", args: `{"order":"..\\admin"}`, bad: "slash"},
		"an encoded slash":     {tool: "getOrder", args: `{"order":"..%2fadmin"}`, bad: "slash"},
		"encoded twice":        {tool: "getOrder", args: `{"order":"..%252Fadmin"}`, bad: "slash"},
		"encoded dots":         {tool: "getOrder", args: `{"order":"%2e%2E"}`, bad: "climbs"},
		"a zero byte":          {tool: "getOrder", args: `{"order":"a\u0000"}`, bad: "control characters"},
		"nothing":              {tool: "getOrder", args: `{"order":""}`, bad: "empty"},
		"a list of slashes":    {tool: "getOrder", args: `{"order":["..","x"]}`, want: "GET /v1/orders/..%2Cx?" + key + auth},
		"an object":            {tool: "getOrder", args: `{"order":{"a":1}}`, bad: "nested deeper"},
		"missing":              {tool: "getOrder", args: `{}`, bad: "order is missing"},
		"unknown":              {tool: "getOrder", args: `{"order":"1","x":1}`, bad: `"x" is unknown`},
		"no object":            {tool: "getOrder", args: `[]`, bad: "no object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := all[tt.tool].Call(t.Context(), json.RawMessage(tt.args))
			if tt.bad != "" {
				if !errors.Is(err, local.ErrArguments) || !strings.Contains(err.Error(), tt.bad) {
					t.Errorf("%+v, %v, want %q", a, err, tt.bad)
				}
				return
			}
			if diff := cmp.Diff(local.Answer{Text: tt.want}, a); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// service answers as its path says.
func service(t *testing.T, elsewhere string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/none":
			w.Header().Set("Location", "/made/1")
			w.WriteHeader(http.StatusCreated)
		case "/missing":
			http.Error(w, strings.Repeat("x", 9000), http.StatusNotFound)
		case "/long":
			fmt.Fprint(w, strings.Repeat("y", 100))
		case "/picture":
			w.Header().Set("Content-Type", "image/png")
			fmt.Fprint(w, "\x89PNG")
		case "/away":
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		case "/near":
			http.Redirect(w, r, "/json", http.StatusFound)
		case "/json":
			w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
			fmt.Fprint(w, `{"a":1}`)
		case "/broken":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "x")
		case "/slow":
			<-r.Context().Done()
		case "/odd":
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, "a\xff"+r.Header.Get("X-Key"))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect led elsewhere") }))
	t.Cleanup(elsewhere.Close)
	s := service(t, elsewhere.URL)
	paths := ""
	for path := range strings.FieldsSeq("none missing long picture away near json broken slow odd") {
		paths += "  /" + path + ": {get: {operationId: " + path + "}, post: {operationId: post-" + path + ", requestBody: {content: {application/json: {}}}}}\n"
	}
	all, skipped := tools(t, openapi.Spec{
		Document: write(t, "openapi: 3.1.0\npaths:\n"+paths), Server: s.URL, Private: true, Bytes: 50, Timeout: 2 * time.Second, Headers: map[string]string{"X-Key": "env:KEY"},
	}, openapi.Options{Resolve: func(context.Context, string) (string, error) { return "s3cret-key", nil }})
	if skipped != nil {
		t.Fatal(skipped)
	}
	for name, tt := range map[string]struct {
		tool string
		want local.Answer
	}{
		"nothing":                {"none", local.Answer{Text: "HTTP 201 Created\nLocation: /made/1"}},
		"a failure":              {"missing", local.Answer{Text: "HTTP 404 Not Found\n" + strings.Repeat("x", 50) + "\n[cut behind 50 bytes]", IsError: true}},
		"too long":               {"long", local.Answer{Text: strings.Repeat("y", 50) + "\n[cut behind 50 bytes]"}},
		"a picture":              {"picture", local.Answer{Text: "HTTP 200 OK: an answer of the type image/png, which is no text and not passed on"}},
		"another server":         {"away", local.Answer{Text: "The service answered with a redirect that is not followed.", IsError: true}},
		"another server's body":  {"post-away", local.Answer{Text: "The service answered with a redirect that is not followed.", IsError: true}},
		"the same server":        {"near", local.Answer{Text: `{"a":1}`}},
		"another method":         {"post-near", local.Answer{Text: "The service answered with a redirect that is not followed.", IsError: true}},
		"JSON":                   {"json", local.Answer{Text: `{"a":1}`}},
		"an answer that breaks":  {"broken", local.Answer{Text: "The service cannot be reached, or broke its answer off. What was asked for may have been done.", IsError: true}},
		"no answer":              {"slow", local.Answer{Text: "The service did not answer within 2s.", IsError: true}},
		"no UTF-8, and a secret": {"odd", local.Answer{Text: "a\uFFFD[secret]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := `{}`
			if strings.HasPrefix(tt.tool, "post-") {
				args = `{"body":{"private":1}}`
			}
			got, err := all[tt.tool].Call(t.Context(), json.RawMessage(args))
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	if _, err := all["slow"].Call(ctx, nil); !errors.Is(err, gone) {
		t.Error(err)
	}
}

// A service may be reached only where its operator said: the machine itself is not, unless it is permitted, and a secret
// that cannot be had is the operator's matter.
func TestBroken(t *testing.T) {
	t.Parallel()
	s := service(t, "")
	document := write(t, `{"openapi":"3.1.0","paths":{"/json":{"get":{"operationId":"json"}}}}`)
	all, _ := tools(t, openapi.Spec{Document: document, Server: s.URL, Query: map[string]string{"key": "s3cret"}}, openapi.Options{})
	if a, err := all["json"].Call(t.Context(), nil); !errors.Is(err, local.ErrBroken) || !strings.Contains(err.Error(), "is this machine") || strings.Contains(err.Error(), "s3cret") {
		t.Error(a, err)
	}
	hush := errors.New("there is none")
	all, _ = tools(t, openapi.Spec{Document: document, Server: s.URL, Private: true, Headers: map[string]string{"A": "env:A"}}, openapi.Options{
		Resolve: func(context.Context, string) (string, error) { return "", hush },
	})
	if a, err := all["json"].Call(t.Context(), nil); !errors.Is(err, local.ErrBroken) || !errors.Is(err, hush) {
		t.Error(a, err)
	}
}

// A document is read again when it changes.
func TestChanges(t *testing.T) {
	t.Parallel()
	path := write(t, "openapi: 3.1.0\npaths: {/a: {get: {operationId: one}}}")
	a, err := openapi.New(openapi.Spec{Name: "x", Document: path, Server: "https://x.example"}, openapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		if err := os.WriteFile(path, []byte("openapi: 3.1.0\npaths: {/a: {get: {operationId: "+name+"}}}"), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if all, _, err := a.Tools(t.Context()); err != nil || len(all) != 1 || all[0].Name() != name {
				t.Errorf("%v, %v", all, err)
			}
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Tools(t.Context()); !errors.Is(err, local.ErrBroken) {
		t.Error(err)
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		include, exclude []string
		want             string
	}{
		"everything": {nil, nil, "delete_orders_order getOrder listOrders note orders_create putOrder readFile"},
		"names":      {[]string{"*Order", "note"}, []string{"put*"}, "getOrder note"},
		"methods":    {[]string{"GET *"}, []string{"GET /files/*"}, "getOrder listOrders twice"},
		"nothing":    {[]string{}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, _ := tools(t, openapi.Spec{Include: tt.include, Exclude: tt.exclude}, openapi.Options{})
			if got := strings.Join(sorted(all), " "); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}
