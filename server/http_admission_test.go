package server_test

import (
	"context"
	"flag"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

var prove = flag.Bool("prove", false, "measure what one who asks for too much costs another")

// slowCall is a call of the 2026 era that ends when the test lets it.
const slowCall = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{` + modern + `,"name":"slow","arguments":{}}}`

// ask sends a call in the background.
func (w *web) ask(who string) <-chan answer {
	w.t.Helper()
	request := w.request(http.MethodPost, slowCall, append(stateless("tools/call", "slow"), "Authorization: Bearer "+who)...)
	got := make(chan answer, 1)
	go func() {
		response, err := w.plain.Do(request)
		if err != nil {
			got <- answer{body: err.Error()}
			return
		}
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			text = []byte(err.Error())
		}
		got <- answer{response.StatusCode, response.Header, string(text)}
	}()
	return got
}

// TestOverload: whoever has most calls waiting is refused first, in the words of their era and for a while; others wait for
// their turn and are served, and what was refused was counted and reached nobody.
func TestOverload(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *both) {
		byKey(o)
		o.web.MaxRunning, o.web.MaxQueue = 2, 2
	})
	session := w.initialize("2025-11-25", "Authorization: Bearer greedy")
	full := func(running, waiting int) func() bool {
		return func() bool {
			a := w.h.Admission()
			return a.Running == running && a.Waiting == waiting
		}
	}
	var greedy []<-chan answer
	for i := range 4 {
		greedy = append(greedy, w.ask("greedy"))
		w.until("a place", full(min(2, i+1), max(0, i-1)))
	}
	refused := func(a answer, id string) {
		t.Helper()
		const fault = `,"error":{"code":-32004,"message":"you have too many calls waiting: wait for answers, then try again","data":{"code":"overloaded","retryAfter":1}}}`
		if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "1" || !strings.HasSuffix(a.body, `"id":`+id+fault) {
			t.Errorf("%+v", a)
		}
	}
	refused(<-w.ask("greedy"), "null") // before it was read
	refused(w.post(strings.Replace(slowCall, modern+",", "", 1), session...), "1")

	modest := w.ask("modest")
	refused(<-greedy[3], "1") // it made room
	w.until("the line", full(2, 2))
	for range 4 {
		w.d.slow <- struct{}{}
	}
	for _, a := range []<-chan answer{greedy[0], greedy[1], greedy[2], modest} {
		if got := <-a; got.status != http.StatusOK {
			t.Errorf("%+v", got)
		}
	}
	w.until("the end", full(0, 0))
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	var callers []string
	for i := range w.d.calls {
		callers = append(callers, w.d.calls[i].Caller.Principal)
	}
	if got := strings.Join(callers, " "); got != "user:greedy user:greedy user:modest user:greedy" && got != "user:greedy user:greedy user:greedy user:modest" {
		t.Errorf("the calls: %s", got)
	}
	if got := w.h.Admission().Refused; got != (server.Refusals{Greedy: 3}) {
		t.Errorf("%+v", got)
	}
}

// TestCallsThatWaitTooLong are refused with the status that a balancer may send elsewhere, and a session's can be cancelled
// while it waits.
func TestCallsThatWaitTooLong(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *both) {
		byKey(o)
		o.web.MaxRunning, o.web.QueueWait = 1, 50*time.Millisecond
	})
	first := w.ask("ann")
	w.until("a call", func() bool { return w.h.Admission().Running == 1 })
	if a := <-w.ask("bob"); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") != "1" || !strings.Contains(a.body, "waited for too long") {
		t.Errorf("%+v", a)
	}
	w.d.slow <- struct{}{}
	if a := <-first; a.status != http.StatusOK {
		t.Errorf("%+v", a)
	}
}

// A patient dispatcher takes its time for every call.
type patientDispatcher struct {
	*dispatcher
	takes time.Duration
}

func (d patientDispatcher) Dispatch(ctx context.Context, _ governance.Call, _ tools.Peer) (tools.Result, error) {
	select {
	case <-time.After(d.takes):
		return tools.Result{}, nil
	case <-ctx.Done():
		return tools.Result{}, ctx.Err()
	}
}

// TestFairnessMeasured measures the 99th percentile of one who calls once at a time, alone and beside one who has 500 calls in
// flight all the time.
func TestFairnessMeasured(t *testing.T) {
	if !*prove {
		t.Skip("takes half a minute and the whole machine: -prove")
	}
	for _, takes := range []time.Duration{10 * time.Millisecond, 50 * time.Millisecond} {
		w := serve(t, func(o *both) {
			byKey(o)
			d, _ := o.Dispatcher.(*dispatcher)
			o.Dispatcher = patientDispatcher{d, takes}
			o.web.MaxRunning = 32
		})
		w.plain.Transport = &http.Transport{MaxIdleConnsPerHost: 600}
		alone := w.percentile99(300)
		var stop atomic.Bool
		var busy sync.WaitGroup
		for range 500 {
			busy.Go(func() {
				for !stop.Load() {
					<-w.ask("greedy")
				}
			})
		}
		w.until("a queue", func() bool { return w.h.Admission().Waiting > 400 })
		beside := w.percentile99(300)
		stop.Store(true)
		busy.Wait()
		t.Logf("calls of %v: p99 %v alone, %v beside 500 calls of another, %.2f times", takes, alone, beside, float64(beside)/float64(alone))
		if beside > 2*alone {
			t.Errorf("more than twice as long")
		}
	}
}

func (w *web) percentile99(n int) time.Duration {
	w.t.Helper()
	var took []time.Duration
	for range n {
		begun := time.Now()
		if a := <-w.ask("modest"); a.status != http.StatusOK {
			w.t.Fatalf("%+v", a)
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	return took[n*99/100]
}
