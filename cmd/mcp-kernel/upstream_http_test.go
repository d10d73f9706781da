package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/dial"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// TestUpstreamAtAddress puts one kernel before another that is reached over HTTP.
func TestUpstreamAtAddress(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	innerDir, innerConfig := home(t)
	write(t, filepath.Join(innerDir, "work", "a.txt"), "hello")
	url := address(t, launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", innerConfig, "--profile", "files"))
	got := cli(t, "upstream", "add", "inner", url, "--config", config)
	if !strings.Contains(got.err, "the address is not permitted: 127.0.0.1") {
		t.Errorf("%+v", got)
	}
	cli(t, "upstream", "remove", "inner", "--config", config)
	got = cli(t, "upstream", "add", "other", url, "--allow-private", "--header", "X-Key: env:NOT_SET_ANYWHERE", "--config", config)
	if !strings.Contains(got.err, `secret "env:NOT_SET_ANYWHERE": the variable is not set`) {
		t.Errorf("%+v", got)
	}
	cli(t, "upstream", "remove", "other", "--config", config)
	found := decoded[learned](t, ok(t, "upstream", "add", "inner", url, "--allow-private", "-o", "json", "--config", config))
	if found.Tools == 0 || found.Waiting != 0 || !strings.HasPrefix(found.Published[0], "inner__") {
		t.Errorf("%+v", found)
	}
	if got := ok(t, "tools", "call", "inner__file_read", `{"path":"work:a.txt"}`, "--config", config); !strings.Contains(got, "hello") {
		t.Errorf("%s", got)
	}
}

// TestUpstreamLedAstray has servers that lead elsewhere, or repeat what they were sent.
func TestUpstreamLedAstray(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	token := filepath.Join(dir, "token")
	write(t, token, "Bearer hush-hush-4711\n")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
		case "/page":
			http.Redirect(w, r, "/login", http.StatusFound)
		default:
			http.Error(w, "not with "+r.Header.Get("Authorization"), http.StatusForbidden)
		}
	}))
	t.Cleanup(server.Close)
	for name, want := range map[string]string{
		"metadata": "the address is not permitted: 169.254.169.254, where a cloud keeps credentials",
		"page":     "the redirect is not followed: it makes a GET of a POST",
		"echo":     `the server answered with HTTP 403 Forbidden (are its headers right?): "not with […]"`,
	} {
		got := cli(t, "upstream", "add", name, server.URL+"/"+name, "--allow-private", "--header", "Authorization: file:"+token, "--config", config)
		if got.code != 1 || !strings.Contains(got.err, want) || strings.Contains(got.out+got.err, "hush") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if strings.Contains(read(t, filepath.Join(dir, "upstreams.yaml")), "hush") {
		t.Error("the secret was written down")
	}
}

// TestEras speaks to the kernel as a server of either era.
func TestEras(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	write(t, filepath.Join(dir, "work", "a.txt"), "hello")
	url := address(t, launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", config, "--profile", "files"))
	for name, era := range map[string]rpc.Era{"2025": rpc.Legacy, "2026": rpc.Modern} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport, err := rpc.NewHTTP(rpc.HTTPOptions{URL: url, Client: dial.Client(dial.Options{Permit: dial.Private()})})
			if err != nil {
				t.Fatal(err)
			}
			c, err := rpc.Connect(t.Context(), rpc.Options{Transport: transport, Era: era})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			if c.Server().Era != era || !c.Server().Has("tools") {
				t.Errorf("%+v", c.Server())
			}
			for range 100 {
				got, err := c.Call(t.Context(), rpc.Request{
					Method: "tools/call", Params: json.RawMessage(`{"name":"file_read","arguments":{"path":"work:a.txt"}}`), Progress: func(json.RawMessage) {},
				})
				if err != nil || !strings.Contains(string(got), "hello") {
					t.Fatalf("%s, %v", got, err)
				}
			}
			_, err = c.Call(t.Context(), rpc.Request{Method: "nothing/such"})
			if refused, ok := err.(*rpc.Error); !ok || refused.Code != rpc.CodeNoMethod { //nolint:errorlint // it is that one, and no other has it
				t.Error(err)
			}
		})
	}
}
