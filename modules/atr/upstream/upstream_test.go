package upstream_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
)

// A yard is where servers are started: one that answers every call, unless its method says what else to do.
type yard struct {
	mu     sync.Mutex
	refuse error // to start
	slow   time.Duration
	began  int
	live   int
	log    []string
	lists  map[string]string // by method and cursor
	deaf   bool              // nothing is answered but the handshake
}

func (y *yard) open(ctx context.Context) (upstream.Link, error) {
	y.mu.Lock()
	refuse, slow := y.refuse, y.slow
	y.began++
	y.mu.Unlock()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return upstream.Link{}, context.Cause(ctx)
		}
	}
	if refuse != nil {
		return upstream.Link{}, refuse
	}
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	p := &process{yard: y, done: make(chan struct{})}
	y.mu.Lock()
	y.live++
	y.mu.Unlock()
	go func() {
		defer close(p.done)
		y.serve(bufio.NewReader(inRead), outWrite)
		_ = errors.Join(outWrite.Close(), inRead.Close())
		y.mu.Lock()
		y.live--
		y.mu.Unlock()
	}()
	return upstream.Link{Transport: rpc.NewStdio(outRead, inWrite, 0), Behind: p, Tell: func() error { return errors.New("exit 1") }}, nil
}

// serve answers until a call says otherwise.
func (y *yard) serve(in *bufio.Reader, out io.Writer) {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		var m struct {
			ID     json.RawMessage
			Method string
			Params struct{ Cursor string }
		}
		if json.Unmarshal([]byte(line), &m) != nil || m.ID == nil {
			continue
		}
		y.mu.Lock()
		deaf := y.deaf
		y.mu.Unlock()
		if deaf && m.Method != "initialize" {
			continue
		}
		switch m.Method {
		case "die":
			return
		case "hang":
			continue
		case "tools/list", "resources/list", "prompts/list":
			_, _ = fmt.Fprintf(out, "{\"id\":%s,%s}\n", m.ID, y.lists[m.Method+m.Params.Cursor])
			continue
		case "resources/templates/list":
			_, _ = fmt.Fprintf(out, `{"id":%s,"error":{"code":-32601,"message":"what?"}}`+"\n", m.ID)
			continue
		case "change":
			_, _ = io.WriteString(out, `{"method":"notifications/tools/list_changed"}`+"\n")
		}
		_, _ = fmt.Fprintf(out, `{"id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"resources":{}}}}`+"\n", m.ID)
	}
}

type process struct {
	yard *yard
	done chan struct{}
}

func (p *process) Close() error { <-p.done; return nil }

func (y *yard) noted(state upstream.State, cause error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	text := state.String()
	if cause != nil {
		text += ": " + cause.Error()
	}
	y.log = append(y.log, text)
}

func (y *yard) states() []string {
	y.mu.Lock()
	defer y.mu.Unlock()
	return slices.Clone(y.log)
}

func (y *yard) upstream(change func(*upstream.Options)) *upstream.Upstream {
	o := upstream.Options{Name: "files", Open: y.open, OnState: y.noted, Jitter: func() float64 { return 0 }}
	if change != nil {
		change(&o)
	}
	return upstream.New(o)
}

func call(ctx context.Context, u *upstream.Upstream, method string) error {
	_, err := u.Call(ctx, rpc.Request{Method: method})
	return err
}

// A server is started by the first call, all that come meanwhile wait for the same start, and it is stopped when it is idle.
func TestLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := &yard{slow: time.Second}
		u := y.upstream(func(o *upstream.Options) { o.Idle = time.Minute })
		if s := u.Status(); s.State != upstream.Idle || s.Starts != 0 {
			t.Errorf("before: %+v", s)
		}
		var calls sync.WaitGroup
		for range 20 {
			calls.Go(func() {
				if err := call(t.Context(), u, "x"); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		if s := u.Status(); s.State != upstream.Running || s.Starts != 1 || s.Running != 0 || s.Server.Version != "2025-11-25" {
			t.Errorf("running: %+v", s)
		}
		time.Sleep(59 * time.Second)
		if err := call(t.Context(), u, "x"); err != nil {
			t.Error(err)
		}
		time.Sleep(59 * time.Second)
		if s := u.Status(); s.State != upstream.Running {
			t.Errorf("used a minute ago: %+v", s)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if s := u.Status(); s.State != upstream.Idle || y.live != 0 {
			t.Errorf("idle: %+v, %d live", s, y.live)
		}
		if err := call(t.Context(), u, "x"); err != nil || y.began != 2 {
			t.Errorf("again: %v, %d starts", err, y.began)
		}
		if err := u.Close(); err != nil || y.live != 0 {
			t.Errorf("%v, %d live", err, y.live)
		}
		if err := call(t.Context(), u, "x"); !errors.Is(err, upstream.ErrStopped) {
			t.Error(err)
		}
		want := []string{"starting", "running", "idle", "starting", "running", "stopped"}
		if diff := cmp.Diff(want, y.states()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Failures make the pauses longer, and calls within a pause are refused at once, saying when to come again.
func TestFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := &yard{refuse: errors.New("no such file")}
		u := y.upstream(func(o *upstream.Options) { o.Most = 4 * time.Second })
		var pauses []time.Duration
		for range 6 {
			err := call(t.Context(), u, "x")
			var down *upstream.DownError
			if !errors.As(err, &down) || down.Cause == nil || strings.Contains(err.Error(), "no such file") {
				t.Fatalf("%v", err)
			}
			if again := call(t.Context(), u, "x"); !errors.As(again, &down) {
				t.Error(again)
			}
			pauses = append(pauses, time.Until(down.Retry))
			time.Sleep(time.Until(down.Retry))
		}
		want := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second, 4 * time.Second}
		if diff := cmp.Diff(want, pauses); diff != "" || y.began != 6 {
			t.Errorf("%d starts (-want +got):\n%s", y.began, diff)
		}
		y.mu.Lock()
		y.refuse = nil
		y.mu.Unlock()
		if err := call(t.Context(), u, "x"); err != nil {
			t.Error(err)
		}
		time.Sleep(20 * time.Second)
		if err := call(t.Context(), u, "die"); !errors.Is(err, rpc.ErrClosed) {
			t.Error(err)
		}
		synctest.Wait()
		if s := u.Status(); s.State != upstream.Idle || s.Failures != 0 {
			t.Errorf("it lived, and died: %+v", s)
		}
		if err := call(t.Context(), u, "x"); err != nil {
			t.Error(err)
		}
		if err := call(t.Context(), u, "die"); !errors.Is(err, rpc.ErrClosed) {
			t.Error(err)
		}
		synctest.Wait()
		if s := u.Status(); s.State != upstream.Down || s.Failures != 1 || !strings.Contains(fmt.Sprint(s.Cause), "exit 1") {
			t.Errorf("it died young: %+v", s)
		}
		u.Reset()
		if err := call(t.Context(), u, "x"); err != nil {
			t.Error(err)
		}
		if err := u.Stop(); err != nil || y.live != 0 {
			t.Errorf("%v, %d live", err, y.live)
		}
		if err := call(t.Context(), u, "x"); err != nil {
			t.Errorf("after Stop: %v", err)
		}
		if err := u.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A start that waits for a person is tried again by the next call, and is no failure.
func TestWaits(t *testing.T) {
	t.Parallel()
	missing := errors.New("nobody has agreed")
	opened := 0
	y := &yard{}
	u := y.upstream(func(o *upstream.Options) {
		o.Open = func(context.Context) (upstream.Link, error) { opened++; return upstream.Link{}, missing }
		o.Waits = func(err error) bool { return errors.Is(err, missing) }
	})
	defer func() { _ = u.Close() }()
	for range 3 {
		if _, err := u.Connect(t.Context()); !errors.Is(err, missing) {
			t.Error(err)
		}
	}
	if s := u.Status(); opened != 3 || s.Failures != 0 || s.State != upstream.Idle || !errors.Is(s.Cause, missing) {
		t.Errorf("%d, %+v", opened, s)
	}
}

// A server that answers nothing any more is given up and started anew; one that is only slow with its calls is left alone.
func TestHung(t *testing.T) {
	t.Parallel()
	for name, deaf := range map[string]bool{"deaf": true, "slow": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				y := &yard{deaf: deaf}
				u := y.upstream(nil)
				hang := func() error {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					return call(ctx, u, "hang")
				}
				for range 2 {
					if err := hang(); !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
					}
				}
				cancelled, cancel := context.WithCancel(t.Context())
				cancel()
				if err := call(cancelled, u, "hang"); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				time.Sleep(upstream.DefaultPing + time.Second)
				if s := u.Status(); s.State != upstream.Running {
					t.Errorf("after two calls that came late and one that was given up: %+v", s)
				}
				if err := hang(); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				time.Sleep(upstream.DefaultPing)
				synctest.Wait()
				s := u.Status()
				if deaf != (s.State == upstream.Down && errors.Is(s.Cause, upstream.ErrHung)) || !deaf && s.State != upstream.Running {
					t.Errorf("%+v", s)
				}
				time.Sleep(upstream.DefaultFirst)
				y.mu.Lock()
				y.deaf = false
				y.mu.Unlock()
				if err := call(t.Context(), u, "x"); err != nil {
					t.Error(err)
				}
				if err := u.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A server that hangs keeps only those who wait for it, and no more than there is room for.
func TestHanging(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := &yard{}
		u := y.upstream(func(o *upstream.Options) { o.Parallel = 3 })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var calls sync.WaitGroup
		for range 3 {
			calls.Go(func() {
				if err := call(ctx, u, "hang"); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if err := call(t.Context(), u, "x"); !errors.Is(err, upstream.ErrFull) {
			t.Error(err)
		}
		calls.Wait()
		if err := call(t.Context(), u, "x"); err != nil {
			t.Error(err)
		}
		if err := u.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A start that takes too long is a failure; who closes meanwhile waits for nothing.
func TestSlowStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := &yard{slow: time.Hour}
		u := y.upstream(func(o *upstream.Options) { o.Start = time.Second })
		begun := time.Now()
		var down *upstream.DownError
		if err := call(t.Context(), u, "x"); !errors.As(err, &down) || time.Since(begun) != time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := call(ctx, u, "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		begun = time.Now()
		if err := u.Close(); err != nil || time.Since(begun) != 0 {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		if s := u.Status(); s.State != upstream.Stopped {
			t.Errorf("%+v", s)
		}
	})
}

// Who keeps a server's lists hears when they may have changed: when it says so, and when it was started again.
func TestLists(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := &yard{}
		var heard []string
		u := y.upstream(func(o *upstream.Options) { o.OnList = func(kind string) { heard = append(heard, kind) } })
		for _, method := range []string{"x", "change", "die"} {
			_ = call(t.Context(), u, method) // the last one fails
		}
		time.Sleep(time.Minute)
		if server, err := u.Connect(t.Context()); err != nil || server.Era != rpc.Legacy {
			t.Errorf("%+v, %v", server, err)
		}
		if err := u.Close(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"tools", ""}, heard); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// All pages of the lists that a server declares are read, within bounds; an entry is what the server wrote.
func TestList(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lists map[string]string
		want  upstream.Listing
		fault string
	}{
		"pages": {map[string]string{
			"tools/list": `"result":{"tools":[{"name":"a","n":1.0}],"nextCursor":"2"}`, "tools/list2": `"result":{"tools":[{"name":"b"}],"nextCursor":null}`,
			"resources/list": `"result":{"resources":[]}`,
		}, upstream.Listing{Tools: []json.RawMessage{json.RawMessage(`{"name":"a","n":1.0}`), json.RawMessage(`{"name":"b"}`)}}, ""},
		"for ever":  {map[string]string{"tools/list": `"result":{"tools":[],"nextCursor":"2"}`, "tools/list2": `"result":{"tools":[],"nextCursor":"2"}`}, upstream.Listing{}, "tools/list of files: more than 1000 pages"},
		"too many":  {map[string]string{"tools/list": `"result":{"tools":[1` + strings.Repeat(",1", upstream.MaxEntries) + `]}`}, upstream.Listing{}, "tools/list of files: more than 10000 entries or 67108864 bytes"},
		"no list":   {map[string]string{"tools/list": `"result":{"tools":{}}`}, upstream.Listing{}, `tools/list of files: the answer has no list "tools"`},
		"no cursor": {map[string]string{"tools/list": `"result":{"tools":[],"nextCursor":7}`}, upstream.Listing{}, `tools/list of files: the cursor is no text`},
		"a refusal": {map[string]string{"tools/list": `"error":{"code":-32603,"message":"no"}`}, upstream.Listing{}, `tools/list of files: the server answered with error -32603: "no"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := &yard{lists: tt.lists}
			u := y.upstream(nil)
			defer func() { _ = u.Close() }()
			got, err := u.List(t.Context())
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" || fmt.Sprint(err) != printed(tt.fault) {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// printed is how no error is printed where none is wanted.
func printed(fault string) string {
	if fault == "" {
		return "<nil>"
	}
	return fault
}
