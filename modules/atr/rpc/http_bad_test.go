package rpc_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
)

// Whatever a server does ends in an error of the call, which has no secret, in time.
func TestHTTPBadServers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 5000)
	for name, test := range map[string]struct {
		do   func(v *visit)
		want string
	}{
		"refuses": {
			func(v *visit) {
				http.Error(v.ResponseWriter, "no "+v.r.Header.Get("Authorization")+" hush-hush-4711", http.StatusUnauthorized)
			},
			`the server answered with HTTP 401 Unauthorized (are its headers right?): "no […] […]"`,
		},
		"fails at length": {
			func(v *visit) { http.Error(v.ResponseWriter, long, http.StatusBadGateway) },
			`the server answered with HTTP 502 Bad Gateway: "` + long[:200] + `"`,
		},
		"fails in JSON": {func(v *visit) {
			v.Header().Set("Content-Type", "application/json")
			v.WriteHeader(http.StatusBadRequest)
			v.json(`{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"what?"}}`)
		}, `the server answered with error -32600: "what?"`},
		"never answers":         {func(v *visit) { v.gone() }, "late"},
		"never ends":            {func(v *visit) { v.json(`{"a":`); v.gone() }, "late"},
		"answers another":       {func(v *visit) { v.json(`{"jsonrpc":"2.0","id":4711,"result":{}}`) }, "the server's response ended without an answer"},
		"takes it":              {func(v *visit) { v.WriteHeader(http.StatusAccepted) }, "the server's response ended without an answer"},
		"ends its stream":       {func(v *visit) { v.event(`{"jsonrpc":"2.0","method":"x"}`) }, "the server's response ended without an answer"},
		"answers with a page":   {func(v *visit) { v.say("text/html", "<p>Hello") }, `the server answered with "text/html", which is neither application/json nor text/event-stream`},
		"answers too much":      {func(v *visit) { v.json(`{"a":"%s"}`, long) }, "the server's message is too large: more than 2048 bytes"},
		"floods without end":    {func(v *visit) { flood(v, "application/json", "x") }, "the server's message is too large: more than 2048 bytes"},
		"has a huge event":      {func(v *visit) { flood(v, "text/event-stream", "data: x\n") }, "the server's message is too large: an event of more than 2048 bytes"},
		"has a huge line":       {func(v *visit) { flood(v, "text/event-stream", "data: x") }, "the server's message is too large: an event of more than 2048 bytes"},
		"cannot be read":        {func(v *visit) { v.json("hello") }, "the server's response ended without an answer"},
		"hangs up":              {func(*visit) { panic(http.ErrAbortHandler) }, "the server cannot be reached: EOF"},
		"has endless headers":   {func(v *visit) { v.Header().Set("X", strings.Repeat(long, 400)); v.WriteHeader(http.StatusOK) }, "the server cannot be reached: net/http: HTTP/1.x transport connection broken: net/http: server response headers exceeded 65536 bytes; aborted"},
		"leads round in circle": {func(v *visit) { http.Redirect(v.ResponseWriter, v.r, "/mcp?secret=1", http.StatusTemporaryRedirect) }, "the server cannot be reached: stopped after 10 redirects"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, old(test.do))
			tr := reach(t, w.URL+"/mcp?key=hush-hush-4711", func(o *rpc.HTTPOptions) {
				o.MaxMessage = 2048
				o.Client = &http.Client{Transport: &http.Transport{MaxResponseHeaderBytes: 64 << 10}}
			})
			c := connect(t, rpc.Options{Transport: tr})
			ctx := t.Context()
			if test.want == "late" {
				c, cancel := context.WithTimeoutCause(ctx, 50*time.Millisecond, errors.New("late"))
				defer cancel()
				ctx = c
			}
			_, err := c.Call(ctx, rpc.Request{Method: "tools/call"})
			if err == nil || err.Error() != test.want || strings.Contains(err.Error(), "hush") {
				t.Errorf("\n got %v\nwant %s", err, test.want)
			}
		})
	}
}

// A server of no era is refused for what it said first.
func TestHTTPNoEra(t *testing.T) {
	t.Parallel()
	w := serve(t, func(v *visit) { http.Error(v.ResponseWriter, v.method+" needs a key", http.StatusBadRequest) })
	_, err := rpc.Connect(t.Context(), rpc.Options{Transport: reach(t, w.URL, nil)})
	if want := `initialize: the server answered with HTTP 400 Bad Request: "initialize needs a key"`; err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}

// More calls than there is room for are refused, and the others are not touched.
func TestHTTPBusy(t *testing.T) {
	t.Parallel()
	arrived, answer := make(chan struct{}), make(chan struct{})
	w := serve(t, old(func(v *visit) {
		arrived <- struct{}{}
		<-answer
		v.json(`{"jsonrpc":"2.0","id":%s,"result":{}}`, v.id)
	}))
	c := connect(t, rpc.Options{Transport: reach(t, w.URL, func(o *rpc.HTTPOptions) { o.MaxStreams = 2 })})
	var calls sync.WaitGroup
	for range 2 {
		calls.Go(func() {
			if _, err := c.Call(t.Context(), rpc.Request{Method: "tools/call"}); err != nil {
				t.Error(err)
			}
		})
	}
	<-arrived
	<-arrived
	if _, err := c.Call(t.Context(), rpc.Request{Method: "tools/call"}); !errors.Is(err, rpc.ErrBusy) {
		t.Error(err)
	}
	close(answer)
	calls.Wait()
}

// Close ends calls that hang and streams that flood, and nothing can be sent after it.
func TestHTTPClose(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 2)
	w := serve(t, old(func(v *visit) {
		arrived <- struct{}{}
		if v.method == "hang" {
			v.gone()
			return
		}
		for v.r.Context().Err() == nil {
			v.event(`{"jsonrpc":"2.0","method":"notifications/message","params":{}}`)
		}
	}))
	tr := reach(t, w.URL, nil)
	c := connect(t, rpc.Options{Transport: tr})
	var calls sync.WaitGroup
	for _, method := range []string{"hang", "flood"} {
		calls.Go(func() {
			if _, err := c.Call(t.Context(), rpc.Request{Method: method}); !errors.Is(err, rpc.ErrClosed) {
				t.Error(err)
			}
		})
	}
	<-arrived
	<-arrived
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	calls.Wait()
	if err := tr.Send(t.Context(), []byte(`{"jsonrpc":"2.0","id":9,"method":"x"}`), 9); !errors.Is(err, rpc.ErrClosed) {
		t.Error(err)
	}
}

// A server with server-sent events does not lead messages elsewhere, and a stream that ends is the connection's end.
func TestHTTPWithSSEAstray(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ stream, want string }{
		"elsewhere":    {"event: endpoint\ndata: http://169.254.169.254/messages\n\n", "initialize: the server wants messages to be posted to another server"},
		"user":         {"event: endpoint\ndata: //a:b@host/messages\n\n", "initialize: the server wants messages to be posted to another server"},
		"no endpoint":  {"data: /messages\n\n", "initialize: the server's stream does not begin with where to post to"},
		"too late":     {": wait\n", "initialize: the server does not say in time where to post to"},
		"nothing":      {"", "initialize: the server cannot be reached: EOF"},
		"ends at once": {"event: endpoint\ndata: /messages\n\n", "initialize: the connection to the server has ended: the server has ended the stream of its messages"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, func(v *visit) {
				if v.r.Method == http.MethodGet {
					v.say("text/event-stream", "%s", test.stream)
					if name == "too late" {
						v.gone()
					}
					return
				}
				v.gone()
			})
			_, err := rpc.Connect(t.Context(), rpc.Options{Transport: reach(t, w.URL, func(o *rpc.HTTPOptions) {
				o.SSE = true
				if name == "too late" {
					o.Wait = 50 * time.Millisecond
				}
			})})
			if err == nil || err.Error() != test.want {
				t.Errorf("\n got %v\nwant %s", err, test.want)
			}
		})
	}
}

// flood says the same until the client has gone.
func flood(v *visit, kind, text string) {
	text = strings.Repeat(text, 1000)
	for v.r.Context().Err() == nil {
		v.say(kind, "%s", text)
	}
}

// Faults of options are told at once, without values.
func TestHTTPOptions(t *testing.T) {
	t.Parallel()
	client := &http.Client{}
	for name, test := range map[string]struct {
		o    rpc.HTTPOptions
		want string
	}{
		"none":        {rpc.HTTPOptions{}, "the url begins with neither https:// nor http://\na client is needed"},
		"user":        {rpc.HTTPOptions{URL: "https://me:hush@host/", Client: client}, "the url has a user or password: use a header"},
		"unreadable":  {rpc.HTTPOptions{URL: "https://host/hush\x7f", Client: client}, "the url cannot be read"},
		"no host":     {rpc.HTTPOptions{URL: "https:///x", Client: client}, "the url has no host"},
		"value":       {rpc.HTTPOptions{URL: "https://h", Client: client, Headers: map[string]string{"X-Key": "hush\n"}}, "header X-Key: its value has characters that no header can have, or spaces around it"},
		"name":        {rpc.HTTPOptions{URL: "https://h", Client: client, Headers: map[string]string{"X Key": "hush"}}, `"X Key" is no name of a header`},
		"protocol":    {rpc.HTTPOptions{URL: "https://h", Client: client, Headers: map[string]string{"mcp-session-id": "hush"}}, "header mcp-session-id is the protocol's own"},
		"below bound": {rpc.HTTPOptions{URL: "https://h", Client: client, MaxMessage: -1}, "bounds and times must not be negative"},
	} {
		if _, err := rpc.NewHTTP(test.o); err == nil || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", name, err, test.want)
		}
	}
}
