package tasks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/server/tasks"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

func TestWhatBecomesOfATask(t *testing.T) {
	t.Parallel()
	refuse := func(code tools.Code) job {
		return asTask(func(context.Context, tools.Detacher) (tools.Result, error) {
			return tools.Result{}, &tools.Error{Code: code, Reason: "because", CallID: "c", Details: json.RawMessage(`{"a":1}`)}
		})
	}
	type outcome struct {
		Status  tasks.Status
		Message string
		IsError bool
		Answer  string
		Code    tools.Code
	}
	for name, c := range map[string]struct {
		job  job
		want outcome
	}{
		"an answer": {
			asTask(func(context.Context, tools.Detacher) (tools.Result, error) { return said("done"), nil }),
			outcome{Status: tasks.Completed, Answer: "done"},
		},
		"an answer that says what went wrong": {
			asTask(func(context.Context, tools.Detacher) (tools.Result, error) {
				return tools.Result{Content: []tools.Content{tools.Text("no")}, IsError: true}, nil
			}), outcome{Status: tasks.Completed, Answer: "no", IsError: true},
		},
		"a large answer": {
			asTask(func(context.Context, tools.Detacher) (tools.Result, error) {
				return said(strings.Repeat("x", 9<<20)), nil
			}),
			outcome{Status: tasks.Completed, Answer: strings.Repeat("x", 9<<20)},
		},
		"a failure":      {refuse(tools.CodeFailed), outcome{Status: tasks.Completed, IsError: true, Answer: "failed: because (call c)"}},
		"a withheld one": {refuse(tools.CodeWithheld), outcome{Status: tasks.Completed, IsError: true, Answer: "withheld: because (call c)"}},
		"a timeout":      {refuse(tools.CodeTimeout), outcome{Status: tasks.Completed, IsError: true, Answer: "timeout: because (call c)"}},
		"a fault":        {refuse(tools.CodeInternal), outcome{Status: tasks.Failed, Message: "because", Code: tools.CodeInternal}},
		"an unrecorded":  {refuse(tools.CodeUnavailable), outcome{Status: tasks.Failed, Message: "because", Code: tools.CodeUnavailable}},
		"a freeze":       {refuse(tools.CodeFrozen), outcome{Status: tasks.Cancelled, Message: "because", Code: tools.CodeFrozen}},
		"any other error": {asTask(func(context.Context, tools.Detacher) (tools.Result, error) {
			return tools.Result{}, errors.New("dsn=secret")
		}), outcome{Status: tasks.Failed, Message: "internal error", Code: tools.CodeInternal}},
		"a nested content": {asTask(func(context.Context, tools.Detacher) (tools.Result, error) {
			return tools.Result{Content: []tools.Content{{Type: tools.TypeText, Text: "x"}, {Type: tools.TypeImage, Data: []byte{1, 2}}}}, nil
		}), outcome{Status: tasks.Completed, Answer: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, map[string]job{"job": c.job})
				m := w.process("p")
				id := w.begin(m, "job").ID
				synctest.Wait()
				got, answer := w.get(m, id)
				o := outcome{Status: got.Status, Message: got.Message, IsError: got.IsError}
				if got.Status == tasks.Completed {
					o.Answer = answer
				}
				if got.Refusal != nil {
					o.Code = got.Refusal.Code
				}
				if diff := cmp.Diff(c.want, o); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestACallThatBecomesNoTask(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]job{
			"quick": func(context.Context, tools.Detacher) (tools.Result, error) { return said("now"), nil }, "endless": endless,
		})
		m := w.process("p")
		result, task, err := m.Run(t.Context(), tasks.Start{Call: callOf("alice", "quick"), Peer: client{}})
		if err != nil || task != nil || result.Content[0].Text != "now" {
			t.Errorf("quick: %v, %v, %v", result, task, err)
		}
		ctx, hangUp := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, hangUp)
		if _, task, err = m.Run(ctx, tasks.Start{Call: callOf("alice", "endless"), Peer: client{}}); refusalCode(err) != tools.CodeCancelled || task != nil {
			t.Errorf("who hangs up before there is a task cancels the call: %v, %v", task, err)
		}
		if found, _, err := m.List(t.Context(), "alice", "", 10); err != nil || len(found) != 0 {
			t.Errorf("nothing is kept of either: %v, %v", found, err)
		}
	})
}

func TestHangingUpLeavesTheTask(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]job{"job": asTask(func(ctx context.Context, _ tools.Detacher) (tools.Result, error) {
			select {
			case <-time.After(time.Minute):
				return said("done"), nil
			case <-ctx.Done():
				return tools.Result{}, ctx.Err()
			}
		})})
		m := w.process("p")
		ctx, hangUp := context.WithCancel(t.Context())
		_, task, err := m.Run(ctx, tasks.Start{Call: callOf("alice", "job"), Peer: client{}, TTL: 10 * time.Minute})
		hangUp()
		if err != nil || task.Status != tasks.Working || task.TTL != 10*time.Minute {
			t.Fatalf("%+v, %v", task, err)
		}
		w.until(m, task.ID, tasks.Completed)
		if _, answer := w.get(m, task.ID); answer != "done" {
			t.Errorf("answer %q", answer)
		}
	})
}

func TestATaskIsItsCallersAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]job{"endless": asTask(endless)})
		m := w.process("p")
		id := w.begin(m, "endless").ID
		for _, who := range []governance.Caller{{Principal: "bob"}, {Principal: "alice", Agent: "did:key:z"}, {Principal: "alice#x"}} {
			call := governance.Call{ID: "c", Caller: who}
			_, _, get := m.Get(t.Context(), call, "tasks/get", id)
			_, _, cancel := m.Cancel(t.Context(), call, "tasks/cancel", id)
			_, update := m.Update(t.Context(), call, "tasks/update", id, map[string]json.RawMessage{"one": json.RawMessage(`"x"`)})
			_, await := m.Await(t.Context(), who.Identity(), id, tasks.Task{})
			for what, err := range map[string]error{"get": get, "cancel": cancel, "update": update, "await": await} {
				if refusalCode(err) != tools.CodeUnknown {
					t.Errorf("%s by %+v: %v, want an unknown task", what, who, err)
				}
			}
			if found, _, err := m.List(t.Context(), who.Identity(), "", 10); err != nil || len(found) != 0 {
				t.Errorf("%+v lists %v, %v", who, found, err)
			}
		}
		if got, _ := w.get(m, id); got.Status != tasks.Working {
			t.Errorf("the task is %s", got.Status)
		}
		for _, c := range w.door.about {
			if c.Kind != governance.KindTask || c.Name != id && c.Name != "endless" || !strings.Contains(string(c.Args), id) {
				t.Errorf("a call about a task is %+v", c)
			}
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"p", "another process"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan error, 1)
				w := newWorld(t, map[string]job{"endless": asTask(func(ctx context.Context, _ tools.Detacher) (tools.Result, error) {
					<-ctx.Done()
					ended <- context.Cause(ctx)
					return said("too late"), nil
				})})
				p := w.process("p")
				m := p
				if by != "p" {
					m = w.process(by)
				}
				id := w.begin(p, "endless").ID
				got, late, err := m.Cancel(t.Context(), callOf("alice", ""), "tasks/cancel", id)
				if err != nil || late || got.Status != tasks.Cancelled {
					t.Fatalf("%+v, %v, %v", got, late, err)
				}
				if cause := <-ended; cause == nil {
					t.Error("the handler was not cancelled")
				}
				synctest.Wait()
				for _, m := range []*tasks.Manager{p, m} {
					if got, _ := w.get(m, id); got.Status != tasks.Cancelled {
						t.Errorf("the task left its end: %s", got.Status)
					}
				}
				if _, late, err := m.Cancel(t.Context(), callOf("alice", ""), "tasks/cancel", id); err != nil || !late {
					t.Errorf("again: %v, %v", late, err)
				}
			})
		})
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*tasks.Options)
		jobs   []string // principal and tool
		reason string
	}{
		"of one caller": {func(o *tasks.Options) { o.MaxOwn = 2 }, []string{"alice endless", "bob endless", "alice endless", "alice endless"}, "2 tasks of yours run"},
		"of all":        {func(o *tasks.Options) { o.MaxRunning = 2 }, []string{"alice endless", "bob endless", "carol endless"}, "too many tasks run"},
		"kept":          {func(o *tasks.Options) { o.MaxKept = 2 }, []string{"alice quick", "bob quick", "alice quick", "alice quick"}, "2 tasks are kept for you"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, map[string]job{
					"endless": asTask(endless),
					"quick":   asTask(func(context.Context, tools.Detacher) (tools.Result, error) { return said("x"), nil }),
				})
				m := w.process("p", c.change)
				run := func(which string) error {
					principal, tool, _ := strings.Cut(which, " ")
					_, _, err := m.Run(t.Context(), tasks.Start{Call: callOf(principal, tool), Peer: client{}})
					synctest.Wait()
					return err
				}
				last := len(c.jobs) - 1
				for _, which := range c.jobs[:last] {
					if err := run(which); err != nil {
						t.Fatalf("%s: %v", which, err)
					}
				}
				err := run(c.jobs[last])
				if refusalCode(err) != tools.CodeOverloaded || !strings.Contains(err.Error(), c.reason) {
					t.Errorf("%s: %v, want %q", c.jobs[last], err, c.reason)
				}
				w.clock.move(2 * time.Hour) // all of them expire
				time.Sleep(2 * time.Hour)
				if err := run(c.jobs[last]); err != nil {
					t.Errorf("afterwards: %v", err)
				}
			})
		})
	}
}

func TestATaskIsKeptForItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]job{"quick": asTask(func(context.Context, tools.Detacher) (tools.Result, error) { return said("x"), nil })})
		m := w.process("p", func(o *tasks.Options) { o.MaxTTL = time.Minute })
		id := w.begin(m, "quick").ID // asks for nothing and would get an hour
		synctest.Wait()
		w.clock.move(time.Minute - time.Millisecond)
		if got, answer := w.get(m, id); got.Status != tasks.Completed || got.TTL != time.Minute || answer != "x" {
			t.Errorf("until then it is there: %+v %q", got, answer)
		}
		w.clock.move(time.Millisecond)
		if _, _, err := m.Get(t.Context(), callOf("alice", ""), "tasks/get", id); refusalCode(err) != tools.CodeUnknown {
			t.Errorf("and then no more: %v", err)
		}
	})
}

func TestATaskThatRunsTooLongIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		w := newWorld(t, map[string]job{"endless": asTask(func(ctx context.Context, _ tools.Detacher) (tools.Result, error) {
			defer close(ended)
			return endless(ctx, nil)
		})})
		m := w.process("p", func(o *tasks.Options) { o.TTL = time.Minute })
		id := w.begin(m, "endless").ID
		<-ended
		synctest.Wait()
		if _, _, err := m.Get(t.Context(), callOf("alice", ""), "tasks/get", id); refusalCode(err) != tools.CodeUnknown {
			t.Errorf("it is still there: %v", err)
		}
	})
}

func TestATaskOfADeadProcessHasFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]job{"endless": asTask(endless), "asking": asTask(asking)})
		p, other := w.process("p"), w.process("other")
		ids := []string{w.begin(p, "endless").ID, w.begin(p, "asking").ID}
		alive := w.begin(other, "endless").ID
		synctest.Wait()
		w.kill("p")
		for _, id := range ids {
			got, _ := w.get(other, id)
			if got.Status != tasks.Failed || !strings.Contains(got.Message, "the kernel that ran it has ended") || got.Refusal == nil || got.Questions != nil {
				t.Errorf("%+v", got)
			}
		}
		found, more, err := other.List(t.Context(), "alice", "", 2)
		if err != nil || !more || len(found) != 2 {
			t.Fatalf("%v, %v, %v", found, more, err)
		}
		rest, more, err := other.List(t.Context(), "alice", found[1].ID, 2)
		if err != nil || more || len(rest) != 1 || rest[0].ID != alive || rest[0].Status != tasks.Working {
			t.Errorf("%v, %v, %v", rest, more, err)
		}
	})
}

func TestAskingInATask(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"p", "another process"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, map[string]job{"asking": asTask(asking)})
				p := w.process("p")
				m := p
				if by != "p" {
					m = w.process(by)
				}
				id := w.begin(p, "asking").ID
				w.until(m, id, tasks.InputRequired)
				give := func(answers string) tasks.Task {
					var all map[string]json.RawMessage
					if err := json.Unmarshal([]byte(answers), &all); err != nil {
						t.Fatal(err)
					}
					got, err := m.Update(t.Context(), callOf("alice", ""), "tasks/update", id, all)
					if err != nil {
						t.Fatal(err)
					}
					return got
				}
				keys := func(task tasks.Task) (all []string) {
					for _, q := range task.Questions {
						all = append(all, q.Key)
					}
					return all
				}
				if got := keys(give(`{"three":"x"}`)); fmt.Sprint(got) != "[one two]" {
					t.Errorf("an answer to nothing changes nothing: %v", got)
				}
				if got := keys(give(`{"two":"b"}`)); fmt.Sprint(got) != "[one]" {
					t.Errorf("an answer strikes its question alone: %v", got)
				}
				give(`{"two":"c"}`)
				if got := give(`{"one":"a"}`); got.Status != tasks.Working {
					t.Errorf("with all answers it goes on: %s", got.Status)
				}
				w.until(m, id, tasks.Completed)
				if _, answer := w.get(m, id); answer != `"a""b"` {
					t.Errorf("answer %s", answer)
				}
			})
		})
	}
}

func TestQuestionsThatGetNoAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		act  func(t *testing.T, w *world, m *tasks.Manager, id string)
		want tasks.Status
		text string
	}{
		"the client cannot": {func(t *testing.T, _ *world, m *tasks.Manager, id string) {
			t.Helper()
			if err := errors.Join(m.Answer(t.Context(), "alice", id, "one", nil), m.Answer(t.Context(), "alice", id, "two", nil)); err != nil {
				t.Error(err)
			}
		}, tasks.Completed, "answered with an error"},
		"they do not fit": {func(t *testing.T, _ *world, m *tasks.Manager, id string) {
			t.Helper()
			if err := errors.Join(m.Answer(t.Context(), "alice", id, "one", json.RawMessage("7")), m.Answer(t.Context(), "alice", id, "two", json.RawMessage("8"))); err != nil {
				t.Error(err)
			}
		}, tasks.Completed, `answer to "one": want a text`},
		"in time": {func(*testing.T, *world, *tasks.Manager, string) { time.Sleep(10 * time.Minute) }, tasks.Completed, "did not answer within 10m0s"},
		"cancelled": {func(t *testing.T, _ *world, m *tasks.Manager, id string) {
			t.Helper()
			if _, _, err := m.Cancel(t.Context(), callOf("alice", ""), "tasks/cancel", id); err != nil {
				t.Error(err)
			}
		}, tasks.Cancelled, ""},
		"the kernel ends": {func(t *testing.T, _ *world, m *tasks.Manager, _ string) {
			t.Helper()
			if err := m.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}, tasks.Failed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, map[string]job{"asking": asTask(asking)})
				m := w.process("p")
				id := w.begin(m, "asking").ID
				w.until(m, id, tasks.InputRequired)
				c.act(t, w, m, id)
				synctest.Wait()
				got, answer := w.get(m, id)
				if got.Status != c.want || got.Questions != nil || !strings.Contains(answer, c.text) {
					t.Errorf("%+v %q, want %s %q", got, answer, c.want, c.text)
				}
			})
		})
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]job{"endless": asTask(endless), "short": asTask(func(context.Context, tools.Detacher) (tools.Result, error) {
			time.Sleep(time.Second)
			return said("done"), nil
		})})
		m, other := w.process("p"), w.process("other")
		long, short := w.begin(m, "endless").ID, w.begin(m, "short").ID
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := m.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if got, _ := w.get(other, short); got.Status != tasks.Completed {
			t.Errorf("what can finish does: %+v", got)
		}
		if got, _ := w.get(other, long); got.Status != tasks.Failed || got.Message != "the kernel is shutting down" {
			t.Errorf("what cannot says why: %+v", got)
		}
		if _, _, err := m.Run(t.Context(), tasks.Start{Call: callOf("alice", "short"), Peer: client{}}); refusalCode(err) != tools.CodeUnavailable {
			t.Errorf("nothing begins any more: %v", err)
		}
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	if _, err := tasks.New(tasks.Options{TTL: -1, MaxOwn: 1 << 20}); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("all faults at once: %v", err)
	}
}

// FuzzID asks for tasks by any text: it is one of the caller's, or unknown.
func FuzzID(f *testing.F) {
	for _, seed := range []string{"", "0", "018f0000-0000-7000-8000-000000000000", "../x", "a/b", "\x00", strings.Repeat("f", 4000), "018F0000-0000-7000-8000-000000000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		w := newWorld(t, map[string]job{"quick": asTask(func(context.Context, tools.Detacher) (tools.Result, error) { return said("x"), nil })})
		m := w.process("p")
		own := w.begin(m, "quick").ID
		_, _, err := m.Get(t.Context(), callOf("alice", ""), "tasks/get", id)
		if (err == nil) != (id == own) || err != nil && refusalCode(err) != tools.CodeUnknown {
			t.Errorf("%q: %v", id, err)
		}
	})
}
