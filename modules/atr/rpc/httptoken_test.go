package rpc_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// purse is Tokens that tell what they were asked.
type purse struct {
	mu    sync.Mutex
	token string
	next  string // after the first refusal; empty is an error
	asked []string
}

var errPurse = errors.New("the purse is empty")

func (p *purse) Token(context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.token == "broken" {
		return "", errPurse
	}
	return p.token, nil
}

func (p *purse) Renew(_ context.Context, refused string, challenges []string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, refused+" "+strings.Join(challenges, "|"))
	if p.next == "" {
		return "", errPurse
	}
	p.token = p.next
	return p.token, nil
}

// TestTokens calls a server that wants the token "good-token".
func TestTokens(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		purse *purse
		tries string   // the tokens that the server has seen
		asked []string // for another one
		want  string   // in the error; empty is none
	}{
		"good":            {&purse{token: "good-token"}, "good-token good-token", nil, ""},
		"none at first":   {&purse{next: "good-token"}, "- good-token good-token", []string{" Bearer scope=x"}, ""},
		"old":             {&purse{token: "old-token", next: "good-token"}, "old-token good-token good-token", []string{"old-token Bearer scope=x"}, ""},
		"too little":      {&purse{token: "poor-token", next: "good-token"}, "poor-token good-token good-token", []string{`poor-token Bearer error="insufficient_scope"`}, ""},
		"forbidden":       {&purse{token: "bad-token", next: "good-token"}, "bad-token", nil, "HTTP 403"},
		"refused twice":   {&purse{token: "old-token", next: "older-token"}, "old-token older-token", []string{"old-token Bearer scope=x"}, `HTTP 401 Unauthorized (are its headers right?): "not with […]"`},
		"no other":        {&purse{token: "old-token"}, "old-token", []string{"old-token Bearer scope=x"}, "the purse is empty"},
		"none to be had":  {&purse{token: "broken"}, "", nil, "the purse is empty"},
		"told in answers": {&purse{token: "json-token"}, "json-token", nil, `"cannot take […]"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var tries []string
			w := serve(t, func(v *visit) {
				got, _ := strings.CutPrefix(v.r.Header.Get("Authorization"), "Bearer ")
				if v.method != "initialize" && v.method != "ping" {
					v.WriteHeader(http.StatusAccepted)
					return
				}
				mu.Lock()
				if got == "" {
					tries = append(tries, "-")
				} else {
					tries = append(tries, got)
				}
				mu.Unlock()
				switch {
				case got == "json-token":
					v.Header().Set("Content-Type", "application/json")
					v.WriteHeader(http.StatusBadRequest)
					v.json(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32001,"message":"cannot take %s"}}`, v.id, got)
				case got == "poor-token":
					v.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope"`)
					v.WriteHeader(http.StatusForbidden)
				case got == "bad-token":
					v.WriteHeader(http.StatusForbidden)
				case got != "good-token":
					v.Header().Set("WWW-Authenticate", "Bearer scope=x")
					http.Error(v, "not with "+got, http.StatusUnauthorized)
				case v.method == "initialize":
					v.json(`{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}`, v.id)
				default:
					if v.body == "" {
						t.Error("the body was not sent again")
					}
					v.json(`{"jsonrpc":"2.0","id":%s,"result":{}}`, v.id)
				}
			})
			transport, err := rpc.NewHTTP(rpc.HTTPOptions{URL: w.URL, Client: &http.Client{Transport: &http.Transport{}}, Tokens: tt.purse})
			if err != nil {
				t.Fatal(err)
			}
			c, err := rpc.Connect(t.Context(), rpc.Options{Transport: transport, Era: rpc.Legacy})
			if err == nil {
				_, err = c.Call(t.Context(), rpc.Request{Method: "ping"})
				_ = c.Close()
			}
			said := ""
			if err != nil {
				said = err.Error()
			}
			if !strings.Contains(said, tt.want) || tt.want == "" && said != "" || strings.Contains(said, "-token") {
				t.Errorf("%q", said)
			}
			if _, is := errors.AsType[*rpc.TokenError](err); is != errors.Is(err, errPurse) {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if got := strings.Join(tries, " "); got != tt.tries {
				t.Errorf("tried %s", got)
			}
			if diff := cmp.Diff(tt.asked, tt.purse.asked); diff != "" {
				t.Error(diff)
			}
		})
	}
	// A header that is wrong is no reason for a login.
	w := serve(t, func(v *visit) { http.Error(v, "wrong key", http.StatusUnauthorized) })
	p := &purse{}
	transport, err := rpc.NewHTTP(rpc.HTTPOptions{URL: w.URL, Client: &http.Client{Transport: &http.Transport{}}, Tokens: p, Headers: map[string]string{"X-Key": "hush-hush"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rpc.Connect(t.Context(), rpc.Options{Transport: transport, Era: rpc.Legacy}); err == nil || !strings.Contains(err.Error(), "are its headers right?") || len(p.asked) > 0 {
		t.Errorf("%v, %q", err, p.asked)
	}
	_, err = rpc.NewHTTP(rpc.HTTPOptions{URL: "https://a.example/", Client: &http.Client{}, Tokens: &purse{}, Headers: map[string]string{"authorization": "x"}})
	if err == nil || !strings.Contains(err.Error(), "tokens have its place") {
		t.Error(err)
	}
}
