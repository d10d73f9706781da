package echo_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/internal/bench/echo"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

func TestEcho(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.DataDir = filepath.Join(t.TempDir(), "data")
	c.State.URL = "memory:"
	k, err := standard.Open(t.Context(), standard.Options{Config: c, Extra: []tools.Module{echo.Module{}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	call := func(args string) (tools.Result, error) {
		return k.Dispatcher.Dispatch(t.Context(), governance.Call{
			ID: k.IDs(), Kind: governance.KindTool, Name: "echo", Caller: governance.Caller{Principal: "user:test"}, Args: []byte(args), At: k.Now(),
		}, nil)
	}
	got, err := call(`{"message":"<hello>"}`)
	if diff := cmp.Diff([]tools.Content{tools.Text("<hello>")}, got.Content); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := call(`{"text":"hello"}`); err == nil || !strings.Contains(err.Error(), "message") {
		t.Errorf("arguments of another tool: %v", err)
	}
}
