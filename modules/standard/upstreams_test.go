package standard_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/internal/upstreams"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// TestMain is also the program that the tests below govern: a server with one tool.
func TestMain(m *testing.M) {
	if os.Getenv("STANDARD_TEST_SERVER") == "" {
		os.Exit(m.Run())
	}
	serveOneTool()
}

func serveOneTool() {
	lines := json.NewDecoder(os.Stdin)
	for {
		var m struct {
			ID     json.RawMessage
			Method string
			Params struct{ Arguments json.RawMessage }
		}
		if lines.Decode(&m) != nil {
			return
		}
		var result string
		switch m.Method {
		case "initialize":
			result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"one","version":"1"}}`
		case "tools/list":
			result = `{"tools":[{"name":"say","description":"Says what it is told.","inputSchema":{"type":"object","properties":{"text":{"type":"string"}}}}]}`
		case "tools/call":
			result = `{"content":[{"type":"text","text":` + strconv.Quote(string(m.Params.Arguments)) + `}]}`
		default:
			continue
		}
		_, _ = os.Stdout.WriteString(`{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":` + result + "}\n")
	}
}

// Another server's tool is decided about, reviewed and recorded like one of ours, and known without being started once
// it has been seen.
func TestUpstream(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.DataDir = t.TempDir()
	c.Upstreams.File = filepath.Join(t.TempDir(), upstreams.FileName)
	other := atr.Server{Name: "one", Command: self, Env: map[string]string{"STANDARD_TEST_SERVER": "1"}, Trust: pin.TrustFirst}
	if err := upstreams.Save(c.Upstreams.File, []atr.Server{other}); err != nil {
		t.Fatal(err)
	}
	changed := make(chan struct{}, 8)
	k, err := standard.Open(t.Context(), standard.Options{Config: c, Servers: true, OnCatalog: func() { changed <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	case <-time.After(30 * time.Second):
		t.Fatal("the server was not learned")
	}
	call := func(k *standard.Kernel, args string) string {
		got, err := k.Dispatcher.Dispatch(t.Context(), governance.Call{
			Kind: governance.KindTool, Name: "one__say", Args: json.RawMessage(args), Caller: governance.Caller{Principal: "ann"},
		}, nil)
		if err != nil {
			return err.Error()
		}
		return string(got.Verbatim)
	}
	if got, want := call(k, `{"text":"hi"}`), `{"content":[{"type":"text","text":"{\"text\":\"hi\"}"}]}`; got != want {
		t.Errorf("%s", got)
	}
	if got := call(k, `{"text":"169.254.169.254"}`); !strings.HasPrefix(got, `denied: blocked pattern "cloud_metadata_endpoint"`) {
		t.Errorf("%s", got)
	}
	if err := k.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	cold, err := standard.Open(t.Context(), standard.Options{Config: c})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := cold.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	if !cold.Dispatcher.Has(governance.KindTool, "one__say") {
		t.Error("what was seen before is not known")
	}
	if got := call(cold, `{}`); !strings.Contains(got, `"text":"{}"`) {
		t.Errorf("started by a call: %s", got)
	}
}
