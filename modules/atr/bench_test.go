package atr_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// crowded is a dispatcher over servers with n tools together.
func crowded(b *testing.B, n int) *tools.Dispatcher {
	b.Helper()
	const each = 500
	w := &world{servers: map[string]func(string, json.RawMessage, func(string)) string{}}
	var servers []atr.Server
	for s := range (n + each - 1) / each {
		name := fmt.Sprintf("server%d", s)
		var all []string
		for i := range min(each, n-s*each) {
			all = append(all, fmt.Sprintf(`{"name":"%s_%s_%d","description":"%s of project%d. It answers with all that is known.","inputSchema":{"type":"object","properties":{"id":{"type":"string","description":"which one"},"limit":{"type":"integer","description":"how many"}}}}`,
				[]string{"get", "list", "create", "delete"}[i%4], []string{"file", "issue", "message", "event", "page"}[i%5], i,
				[]string{"Reads", "Lists", "Makes", "Removes"}[i%4]+" the "+[]string{"file", "issue", "message", "event", "page"}[i%5], i))
		}
		list := `"result":{"tools":[` + strings.Join(all, ",") + `]}`
		w.servers[name] = func(method string, params json.RawMessage, say func(string)) string {
			switch method {
			case "tools/list":
				return list
			case "tools/call":
				return files(method, params, say)
			default:
				return ""
			}
		}
		servers = append(servers, atr.Server{Name: name, Command: "x", Trust: pin.TrustFirst, Required: true})
	}
	w.began = map[string]int{}
	m, err := atr.New(atr.Options{Servers: servers, State: memstate.New(memstate.Options{}), Open: w.open, Fault: func(server string, err error) { b.Error(server, err) }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = m.Close() })
	if err := m.Begin(b.Context()); err != nil {
		b.Fatal(err)
	}
	return dispatcher(b, m)
}

// BenchmarkList is what a client sees of 500 tools, each judged for it.
func BenchmarkList(b *testing.B) {
	d := crowded(b, 500)
	b.ReportAllocs()
	for b.Loop() {
		listing, err := d.List(b.Context(), governance.Caller{Principal: "ann"}, tools.ProfileFull, governance.KindTool)
		if err != nil || len(listing.Tools) < 500 {
			b.Fatal(len(listing.Tools), err)
		}
	}
}

// BenchmarkToolSearch is a whole governed call of tool_search over 10,000 tools, and BenchmarkToolInvoke one through tool_invoke.
func BenchmarkToolSearch(b *testing.B) {
	d := crowded(b, 10_000)
	for _, query := range []string{"remove a file", "list the events of project77", "mesage", "everything that is known"} {
		b.Run(strings.ReplaceAll(query, " ", "_"), func(b *testing.B) { calling(b, d, atr.SearchTool, `{"query":"`+query+`"}`) })
	}
}

func BenchmarkToolInvoke(b *testing.B) {
	d := crowded(b, 500)
	b.Run("direct", func(b *testing.B) { calling(b, d, "server0__get_file_0", `{"id":"7"}`) })
	b.Run("through", func(b *testing.B) {
		calling(b, d, atr.InvokeTool, `{"name":"server0__get_file_0","arguments":{"id":"7"}}`)
	})
}

// calling calls a tool again and again.
func calling(b *testing.B, d *tools.Dispatcher, name, args string) {
	b.Helper()
	call := governance.Call{Kind: governance.KindTool, Name: name, Args: json.RawMessage(args), Caller: governance.Caller{Principal: "ann"}}
	if _, err := d.Dispatch(b.Context(), call, nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Dispatch(b.Context(), call, nil); err != nil {
			b.Fatal(err)
		}
	}
}
