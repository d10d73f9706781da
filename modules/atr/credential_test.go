package atr_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// TestCredentials fills credentials in for a server that repeats all it gets: in answers, errors, its log and its questions.
func TestCredentials(t *testing.T) {
	t.Parallel()
	const value = "hush-hush-4711"
	var mu sync.Mutex
	var got, said []string
	w := &world{began: map[string]int{}, servers: map[string]func(string, json.RawMessage, func(string)) string{"files": func(method string, params json.RawMessage, say func(string)) string {
		if method != "tools/call" {
			return files(method, params, say)
		}
		mu.Lock()
		got = append(got, string(params))
		mu.Unlock()
		say(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":` + string(params) + `}}`)
		say("garbage with " + value)
		if strings.Contains(string(params), "fail") {
			return `"error":{"code":-1,"message":"cannot use hush-hush-4711","data":` + string(params) + `}`
		}
		return `"result":{"content":[{"type":"text","text":"got \u0068ush-hush-4711 and aHVzaC1odXNoLTQ3MTE="}],"structuredContent":` + string(params) + `}`
	}}}
	note := func(_, text string) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, text)
	}
	server := atr.Server{Name: "files", Command: "x", Trust: pin.TrustFirst, Required: true, Credentials: map[string]atr.Credential{
		"key":  {Value: "env:KEY", Tools: []string{"read.*"}, Arguments: []string{"/key", "/headers/*"}},
		"pin":  {Value: "env:PIN", Tools: []string{"write"}, Arguments: []string{"/key"}},
		"few":  {Value: "env:SHORT", Tools: []string{"*"}, Arguments: []string{"/key"}},
		"gone": {Value: "env:GONE", Tools: []string{"*"}, Arguments: []string{"/key"}},
	}}
	m, err := atr.New(atr.Options{
		Servers: []atr.Server{server}, State: memstate.New(memstate.Options{}), Open: w.open, Line: note,
		Fault: func(server string, err error) { note(server, err.Error()) },
		Resolve: func(_ context.Context, reference string) (string, error) {
			if reference == "env:SHORT" {
				return "4711", nil
			}
			if reference != "env:KEY" {
				return "", errors.New("it is gone")
			}
			return value, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	if err := m.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := dispatcher(t, m)
	for _, tt := range []struct{ args, sent, want string }{
		{
			`{"key":"{{cred:key}}","headers":{"a":"Bearer {{cred:key}}"},"n":1.50}`, `{"key":"hush-hush-4711","headers":{"a":"Bearer hush-hush-4711"},"n":1.50}`,
			`{"content":[{"type":"text","text":"got {{cred:key}} and {{cred:key}}"}],"structuredContent":{"arguments":{"key":"{{cred:key}}","headers":{"a":"Bearer {{cred:key}}"},"n":1.50},"name":"read.file"}}`,
		},
		{`{"key":"{{cred:key}}","fail":true}`, `{"key":"hush-hush-4711","fail":true}`, `remote_error: cannot use {{cred:key}}`},
		{`{"key":"{{cred: key}}"}`, `{"key":"{{cred: key}}"}`, `"structuredContent":{"arguments":{"key":"{{cred: key}}"}`},
		{`{"other":"{{cred:key}}"}`, "", `failed: the credential key is not for the argument "/other"`},
		{`{"key":{"deep":"{{cred:key}}"}}`, "", `failed: the credential key is not for the argument "/key/deep"`},
		{`{"key":"{{cred:pin}}"}`, "", `failed: the credential pin is not for the tool read.file`},
		{`{"key":"{{cred:none}}"}`, "", `failed: the credential none is none of the server files`},
		{`{"key":"{{cred:gone}}"}`, "", `failed: the credential gone cannot be had: the log says why`},
		{`{"key":"{{cred:few}}"}`, "", `failed: the credential few has fewer than 8 bytes, which is too little to stay secret`},
		{`{"{{cred:key}}":1}`, "", `failed: a credential is named where none is filled in: in the name of an argument`},
	} {
		mu.Lock()
		got = nil
		mu.Unlock()
		answer := dispatch(t, d, governance.KindTool, "files__read_file", tt.args)
		if !strings.Contains(answer, tt.want) || strings.Contains(answer, value) {
			t.Errorf("%s: %s", tt.args, answer)
		}
		mu.Lock()
		if sent := strings.Join(got, "|"); (tt.sent == "") != (sent == "") || !strings.Contains(sent, `"arguments":`+tt.sent) && tt.sent != "" {
			t.Errorf("%s: the server got %s", tt.args, sent)
		}
		mu.Unlock()
	}
	mu.Lock()
	defer mu.Unlock()
	if all := fmt.Sprint(said); strings.Contains(all, value) || !strings.Contains(all, "{{cred:key}}") {
		t.Errorf("%s", all)
	}
}

// TestNoCredentials leaves the words alone where a server has none.
func TestNoCredentials(t *testing.T) {
	t.Parallel()
	w := &world{servers: map[string]func(string, json.RawMessage, func(string)) string{"files": files}}
	m := w.module(t, memstate.New(memstate.Options{}), atr.Server{Name: "files", Command: "x", Trust: pin.TrustFirst, Required: true})
	if err := m.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := `{"content":[],"method":"tools/call","params":{"arguments":{"a":"{{cred:key}}"},"name":"read.file"}}`
	if got := dispatch(t, dispatcher(t, m), governance.KindTool, "files__read_file", `{"a":"{{cred:key}}"}`); got != want {
		t.Error(got)
	}
}

func TestFaultsOfCredentials(t *testing.T) {
	t.Parallel()
	_, err := atr.New(atr.Options{State: memstate.New(memstate.Options{}), Servers: []atr.Server{{Name: "a", Command: "x", Credentials: map[string]atr.Credential{
		"a b":  {Value: "env:X", Tools: []string{"*"}, Arguments: []string{"/a"}},
		"said": {Value: "hush", Tools: []string{"["}, Arguments: []string{"a"}},
		"all":  {Value: "env:X"},
	}}}})
	for _, text := range []string{
		`credential "a b": a name is 1 to 64 letters, digits, _ and -`, `credential "said": value: write where it is`, `credential "said": "["`,
		`credential "said": arguments: "a" is no pointer`, `credential "all": tools and arguments: say which may have it`,
	} {
		if !strings.Contains(fmt.Sprint(err), text) {
			t.Errorf("missing: %s\nin %v", text, err)
		}
	}
	if strings.Contains(fmt.Sprint(err), "hush") {
		t.Error(err)
	}
}
