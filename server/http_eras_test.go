package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"s":"<&>"}}}`

func TestHTTPOfThe2025Era(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, send string
		status     int
		want       string
	}{
		{"call", call, 200, `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"s\":\"<&>\"}"}],"structuredContent":{"s":"x"}}}`},
		{"error of the protocol", `{"jsonrpc":"2.0","id":1,"method":"tools/invent"}`, 200, `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method tools/invent not found"}}`},
		{"listen needs 2026", `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen"}`, 200, `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"subscriptions/listen needs protocol version 2026-07-28 or later"}}`},
		{"notification", `{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}`, 202, ``},
		{"answer to nothing", `{"jsonrpc":"2.0","id":1,"result":{}}`, 202, ``},
		{"no JSON", `{`, 400, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error: unexpected end of the message at byte 1"}}`},
		{"batch", `[` + call + `]`, 400, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batches are not supported: send one message at a time"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, nil)
			if a := w.post(c.send, w.initialize("2025-11-25")...); a.status != c.status || a.body != c.want {
				t.Errorf("%d %s\nwant %d %s", a.status, a.body, c.status, c.want)
			}
		})
	}
}

func TestHTTPOfThe2026Era(t *testing.T) {
	t.Parallel()
	ask := func(method, params string) string {
		if params != "" {
			params += ","
		}
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s%s}}`, method, params, modern)
	}
	bare := `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}`
	echo := ask("tools/call", `"name":"echo"`)
	for _, c := range []struct {
		name   string
		heads  []string
		send   string
		status int
		want   string // part of the body
	}{
		{"call", stateless("tools/call", "echo"), echo, 200, `"resultType":"complete"`},
		{"discovery", stateless("server/discover", ""), ask("server/discover", ""), 200, `"supportedVersions":["2026-07-28"`},
		{"a name in Base64", stateless("tools/call", "=?base64?ZWNobw==?="), echo, 200, `"result"`},
		{"a session id is nobody's business", append(stateless("tools/call", "echo"), "Mcp-Session-Id: invented"), echo, 200, `"result"`},
		{"a name in bad Base64", stateless("tools/call", "=?base64?!?="), echo, 400, `"code":-32020,"message":"header mismatch: Mcp-Name is no valid Base64"`},
		{"another name", stateless("tools/call", "slow"), echo, 400, `"id":1,"error":{"code":-32020,"message":"header mismatch: Mcp-Name says \"slow\", the message says \"echo\""`},
		{"two names", append(stateless("tools/call", "echo"), "Mcp-Name: slow"), echo, 400, `Mcp-Name is given more than once`},
		{"no name", stateless("tools/call", ""), echo, 400, `Mcp-Name is missing`},
		{"another method", stateless("tools/list", "echo"), echo, 400, `"code":-32020,"message":"header mismatch: Mcp-Method says`},
		{"a method in another case", stateless("Tools/Call", "echo"), echo, 400, `"code":-32020`},
		{"no method", []string{"Mcp-Protocol-Version: 2026-07-28", "Mcp-Name: echo"}, echo, 400, `Mcp-Method is missing`},
		{"no version", []string{"Mcp-Method: tools/call", "Mcp-Name: echo"}, echo, 400, `Mcp-Protocol-Version is missing`},
		{"another version", []string{"Mcp-Protocol-Version: 2025-11-25", "Mcp-Method: tools/call", "Mcp-Name: echo"}, echo, 400, `"code":-32020`},
		{"no _meta", stateless("tools/call", "echo"), call, 400, `"code":-32602,"message":"missing or invalid _meta field io.modelcontextprotocol/protocolVersion"`},
		{"no capabilities", stateless("tools/list", ""), `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{` + bare + `}}`, 400, `"code":-32602,"message":"missing or invalid _meta field io.modelcontextprotocol/clientCapabilities"`},
		{"a version of the future", []string{"Mcp-Protocol-Version: 2099-01-01", "Mcp-Method: tools/list"}, strings.ReplaceAll(ask("tools/list", ""), "2026-07-28", "2099-01-01"), 400, `"code":-32022,"message":"unsupported protocol version","data":{"requested":"2099-01-01","supported":["2026-07-28"`},
		{"an unknown method", stateless("tools/invent", ""), ask("tools/invent", ""), 404, `"code":-32601`},
		{"a method that was removed", stateless("initialize", ""), ask("initialize", `"protocolVersion":"2026-07-28","capabilities":{},"clientInfo":{"name":"h","version":"1"}`), 404, `"code":-32601`},
		{"an unknown tool", stateless("tools/call", "none"), ask("tools/call", `"name":"none"`), 400, `"code":-32602`},
		{"resuming", append(stateless("tools/call", "echo"), "Last-Event-ID: 1-1"), echo, 400, `"code":-32020,"message":"header mismatch: Last-Event-ID streams cannot be resumed`},
		{"a cancellation is nobody's", stateless("notifications/cancelled", ""), `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,` + modern + `}}`, 202, ``},
		{"an answer", stateless("x", ""), `{"jsonrpc":"2.0","id":1,"result":{}}`, 400, `nothing was asked`},
		{"a parameter in a header", append(stateless("tools/call", "marked"), "Mcp-Param-Region: north"), ask("tools/call", `"name":"marked","arguments":{"region":"north"}`), 200, `"result"`},
		{"a parameter in Base64", append(stateless("tools/call", "marked"), "Mcp-Param-Region: =?base64?w6k=?="), ask("tools/call", `"name":"marked","arguments":{"region":"é"}`), 200, `"result"`},
		{"a parameter that differs", append(stateless("tools/call", "marked"), "Mcp-Param-Region: south"), ask("tools/call", `"name":"marked","arguments":{"region":"north"}`), 400, `"code":-32020,"message":"header mismatch: Mcp-Param-Region does not say what the argument says"`},
		{"a parameter without its header", stateless("tools/call", "marked"), ask("tools/call", `"name":"marked","arguments":{"region":"north"}`), 400, `"code":-32020`},
		{"a header without its parameter", append(stateless("tools/call", "marked"), "Mcp-Param-Region: north"), ask("tools/call", `"name":"marked","arguments":{}`), 400, `"code":-32020`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, nil).post(c.send, c.heads...)
			if a.status != c.status || !strings.Contains(a.body, c.want) || c.want == "" && a.body != "" {
				t.Errorf("%d %s\nwant %d %s", a.status, a.body, c.status, c.want)
			}
			if id := a.header.Get("Mcp-Session-Id"); id != "" {
				t.Errorf("a session was made: %s", id)
			}
		})
	}
}

// A client that asks for what there is not gets the newest version that has a handshake, whatever its header says.
func TestInitializeNegotiates(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	for asked, want := range map[string]string{
		"2026-07-28": "2025-11-25", "1999-01-01": "2025-11-25", "2025-03-26": "2025-03-26", "2024-11-05": "2024-11-05",
	} {
		for _, header := range []string{"Mcp-Protocol-Version:", "Mcp-Protocol-Version: " + asked} {
			a := w.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":%q,"capabilities":{},"clientInfo":{"name":"h","version":"1"}}}`, asked), header)
			if a.status != http.StatusOK || !strings.Contains(a.body, `"protocolVersion":"`+want+`"`) || a.header.Get("Mcp-Session-Id") == "" {
				t.Errorf("asked for %s with %q: %d %s", asked, header, a.status, a.body)
			}
		}
	}
}

func TestAnswersAreNotKeptByCaches(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	session := w.initialize("2025-11-25")
	a := w.post(call, session...)
	for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	stream := w.stream(http.MethodGet, "", session...)
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"} {
		if got := stream.header.Get(name); got != want {
			t.Errorf("%s of a stream: %q, want %q", name, got, want)
		}
	}
}
