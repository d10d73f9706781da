package standard_test

import (
	"context"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// stuck is a module whose only handler ignores its context until the test lets it go.
type stuck struct{ started, release chan struct{} }

func (stuck) Name() string { return "stuck" }

func (s stuck) Surface() tools.Surface {
	type none struct{}
	spec := tools.Spec{
		Name: "stuck", Title: "Stuck", Description: "Never answers.", Audience: tools.ForAgents,
		ReadOnly: tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No,
	}
	return tools.Surface{Tools: []tools.Tool{tools.Func(spec, func(context.Context, *tools.Request, none) (none, error) {
		close(s.started)
		<-s.release
		return none{}, nil
	})}}
}

// A handler that never comes back must not keep a process alive that was told to end.
func TestCloseWaitsForNobodyForEver(t *testing.T) {
	t.Parallel()
	o := settings(t)
	o.Server.Drain = 50 * time.Millisecond
	s := stuck{started: make(chan struct{}), release: make(chan struct{})}
	k, err := standard.Open(t.Context(), standard.Options{Config: o, Extra: []tools.Module{s}})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := k.Dispatcher.Dispatch(t.Context(), governance.Call{
			ID: k.IDs(), Kind: governance.KindTool, Name: "stuck", Caller: governance.Caller{Principal: "user:test"}, At: k.Now(),
		}, nil)
		answered <- err
	}()
	<-s.started
	_ = k.Close(context.Background()) // it says that a handler still runs; what counts is that it returns
	close(s.release)
	if err := <-answered; err == nil {
		t.Error("a call that was cut off was answered as if nothing had happened")
	}
}
