package atr_test

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// TestSubscriptionsOutliveServers has a server die that somebody waits to hear from.
func TestSubscriptionsOutliveServers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var said []string // what the server was told of subscriptions
		var say func(string)
		var link upstream.Link
		docs := func(method string, params json.RawMessage, speak func(string)) string {
			mu.Lock()
			defer mu.Unlock()
			say = speak
			switch method {
			case "resources/list":
				return `"result":{"resources":[{"uri":"a://b","name":"b"}]}`
			case "resources/subscribe", "resources/unsubscribe":
				said = append(said, method[len("resources/"):]+" "+string(params))
				return `"result":{}`
			case "resources/templates/list":
				return `"result":{"resourceTemplates":[]}`
			default:
				return `"result":{"tools":[],"prompts":[]}`
			}
		}
		w := &world{servers: map[string]func(string, json.RawMessage, func(string)) string{"docs": docs}}
		m := w.moduleOf(t, memstate.New(memstate.Options{}), []func(*atr.Options){func(o *atr.Options) {
			o.Open = func(ctx context.Context, s *atr.Server, principal string, log func(string)) (upstream.Link, error) {
				opened, err := w.open(ctx, s, principal, log)
				mu.Lock()
				link = opened
				mu.Unlock()
				return opened, err
			}
		}}, atr.Server{Name: "docs", Command: "x", Trust: pin.TrustFirst, Required: true})
		if err := m.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		var changes atomic.Int64
		d := dispatcher(t, m)
		stop, err := d.Subscribe(t.Context(), governance.Call{
			Kind: governance.KindSubscription, Name: "resource:a://b", Caller: governance.Caller{Principal: "me"},
		}, nil, func() { changes.Add(1) })
		if err != nil {
			t.Fatal(err)
		}
		stands := func(when string, began int, subscribed int, changed int64) {
			t.Helper()
			synctest.Wait()
			w.mu.Lock()
			starts := w.began["docs"]
			w.mu.Unlock()
			mu.Lock()
			defer mu.Unlock()
			if starts != began || len(said) != subscribed || changes.Load() != changed {
				t.Errorf("%s: started %d times, told %q, %d changes; want %d, %d of them, %d", when, starts, said, changes.Load(), began, subscribed, changed)
			}
		}
		stands("at first", 1, 1, 0)
		time.Sleep(24 * time.Hour)
		stands("a day later, although nobody calls it", 1, 1, 0)
		mu.Lock()
		died := link
		mu.Unlock()
		if err := died.Transport.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		stands("after it has died", 2, 2, 1)
		mu.Lock()
		speak := say
		mu.Unlock()
		speak(`{"method":"notifications/resources/updated","params":{"uri":"a://b"}}`)
		stands("after a change", 2, 2, 2)
		stop()
		time.Sleep(24 * time.Hour)
		stands("when nobody waits any more", 2, 3, 2)
		mu.Lock()
		defer mu.Unlock()
		if said[2] != `unsubscribe {"uri":"a://b"}` {
			t.Errorf("%q", said)
		}
	})
}
