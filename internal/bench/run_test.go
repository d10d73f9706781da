package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// overStdio is the fake at the other end of a pipe.
func overStdio(t *testing.T, f *fake) bench.Target {
	t.Helper()
	return bench.Target{Name: "fake", Dial: func(context.Context) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer func() { _ = there.Close() }()
			f.stdio(there, there)
		}()
		return here, nil
	}}
}

// overHTTP is the fake behind a server of net/http.
func overHTTP(t *testing.T, f *fake) bench.Target {
	t.Helper()
	l := newPipeListener()
	s := &http.Server{Handler: f, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return bench.Target{Name: "fake", URL: "http://fake/mcp?x=1", Dial: func(ctx context.Context) (net.Conn, error) {
		here, there := net.Pipe()
		select {
		case l.conns <- there:
			return here, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
}

// calling is a load of so many requests to a tool.
func calling(tool string, requests int64) bench.Load {
	return bench.Load{Calls: []bench.Call{{Tool: tool}}, Measure: bench.Span{Requests: requests}, Timeout: time.Second, Sleep: time.Sleep}
}

// kinds are the errors of a report, "KIND COUNT" each.
func kinds(r *bench.Report) string {
	var list []string
	for _, f := range r.Faults {
		list = append(list, fmt.Sprintf("%s: %d", f.Kind, f.Count))
	}
	return strings.Join(list, ", ")
}

func TestAnswersOverStdio(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tool      string
		good      int64
		pipelined string
		serial    string // ends with the first answer that does not come
	}{
		{"echo", 10, "", ""},
		{"large", 10, "", ""},
		{"ping", 10, "", ""},
		{"fail", 0, "isError: 10", "isError: 10"},
		{"refuse", 0, "rpc -32602: 10", "rpc -32602: 10"},
		{"ask", 0, "input required: 10", "input required: 10"},
		{"garbage", 0, "malformed: 10, transport: timeout: 10", "malformed: 1, transport: timeout: 1"}, // what is asked stays open besides
		{"stranger", 0, "transport: timeout: 10, unexpected answer: 10", "transport: timeout: 1, unexpected answer: 1"},
		{"silent", 0, "transport: timeout: 10", "transport: timeout: 1"},
		{"leave", 0, "transport: closed: 10", "transport: closed: 1"},
	} {
		for inFlight, want := range map[int]string{1: c.serial, 10: c.pipelined} {
			t.Run(fmt.Sprint(c.tool, inFlight), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					l, f := calling(c.tool, 10), &fake{}
					l.Pipeline = inFlight
					r, err := bench.Run(t.Context(), overStdio(t, f), l)
					if err != nil {
						t.Fatal(err)
					}
					if r.Good != c.good || kinds(&r) != want || r.Transport != "stdio" || r.Server != "fake 1" {
						t.Errorf("good %d, errors %q; want %d, %q; %+v", r.Good, kinds(&r), c.good, want, r)
					}
					synctest.Wait()
					bodies := strings.Join(f.bodies, "\n")
					if c.tool == "ping" && (strings.Count(bodies, `"id":"p","result":{}`) != 10 || strings.Count(bodies, `"id":"r","error"`) != 10) {
						t.Errorf("the server's requests are not all answered:\n%s", bodies)
					}
				})
			})
		}
	}
}

func TestAnswersOverHTTP(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tool    string
		good    int64
		redials int64
		want    string
	}{
		{"echo", 10, 0, ""},
		{"large", 10, 0, ""},
		{"chunked", 10, 0, ""},
		{"events", 10, 0, ""},
		{"close", 10, 9, ""},
		{"fail", 0, 0, "isError: 10"},
		{"refuse", 0, 0, "rpc -32602: 10"},
		{"refused", 0, 0, "rpc -32600: 10"},
		{"busy", 0, 0, "http 503: 10"},
		{"events cut", 0, 9, "malformed: 10"},
		{"garbage", 0, 9, "malformed: 10"},
		{"stranger", 0, 9, "malformed: 10"},
		{"hangup", 0, 9, "transport: closed: 10"},
		{"silent", 0, 9, "transport: timeout: 10"},
	} {
		for _, era := range []bench.Era{bench.Era2025, bench.Era2026} {
			t.Run(c.tool+" "+string(era), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					l := calling(c.tool, 10)
					l.Era = era
					r, err := bench.Run(t.Context(), overHTTP(t, &fake{}), l)
					if err != nil {
						t.Fatal(err)
					}
					if r.Good != c.good || kinds(&r) != c.want || r.Redials != c.redials || r.Requests != 10 || r.Transport != "http" {
						t.Errorf("good %d, errors %q, %d redials; want %d, %q, %d; %+v", r.Good, kinds(&r), r.Redials, c.good, c.want, c.redials, r)
					}
				})
			})
		}
	}
}

// TestEras holds what is sent to what each era demands.
func TestEras(t *testing.T) {
	t.Parallel()
	for era, want := range map[bench.Era]string{
		bench.Era2025: `POST | Authorization: Bearer k
{"jsonrpc":"2.0","id":1000000001,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"mcp-kernel-bench","version":"1"}}}
POST | Authorization: Bearer k | Mcp-Protocol-Version: 2025-11-25 | Mcp-Session-Id: a-session
{"jsonrpc":"2.0","method":"notifications/initialized"}
POST | Authorization: Bearer k | Mcp-Protocol-Version: 2025-11-25 | Mcp-Session-Id: a-session
{"jsonrpc":"2.0","id":1000000002,"method":"tools/call","params":{"arguments":{"a":"<"},"name":"écho"}}
DELETE | Authorization: Bearer k | Mcp-Protocol-Version: 2025-11-25 | Mcp-Session-Id: a-session

`,
		bench.Era2026: `POST | Authorization: Bearer k | Mcp-Method: server/discover | Mcp-Protocol-Version: 2026-07-28
{"jsonrpc":"2.0","id":1000000001,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"mcp-kernel-bench","version":"1"},"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}
POST | Authorization: Bearer k | Mcp-Method: tools/call | Mcp-Name: =?base64?w6ljaG8=?= | Mcp-Protocol-Version: 2026-07-28
{"jsonrpc":"2.0","id":1000000002,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"mcp-kernel-bench","version":"1"},"io.modelcontextprotocol/protocolVersion":"2026-07-28"},"arguments":{"a":"<"},"name":"écho"}}
`,
	} {
		t.Run(string(era), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{}
				target := overHTTP(t, f)
				target.Header = http.Header{"Authorization": {"Bearer k"}}
				l := calling("écho", 1)
				l.Era, l.Calls[0].Arguments = era, json.RawMessage(`{"a":"<"}`)
				if _, err := bench.Run(t.Context(), target, l); err != nil {
					t.Fatal(err)
				}
				var got strings.Builder
				for i, r := range f.requests {
					got.WriteString(r.Method)
					for _, name := range []string{"Authorization", "Mcp-Method", "Mcp-Name", "Mcp-Protocol-Version", "Mcp-Session-Id"} {
						if v := r.Header.Get(name); v != "" {
							fmt.Fprintf(&got, " | %s: %s", name, v)
						}
					}
					fmt.Fprintf(&got, "\n%s\n", f.bodies[i])
					if r.Method == http.MethodPost && (r.Header.Get("Accept") != "application/json, text/event-stream" || r.RequestURI != "/mcp?x=1" || r.Host != "fake") {
						t.Errorf("request %d: Accept %q, %s of %s", i, r.Header.Get("Accept"), r.RequestURI, r.Host)
					}
				}
				if diff := cmp.Diff(want, got.String()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestReport holds whole reports to files: the clock stands still but for what the fake sleeps.
func TestReport(t *testing.T) {
	t.Parallel()
	mixed := bench.Load{
		Calls:   []bench.Call{{Tool: "slow", Weight: 3}, {Tool: "fail"}, {Method: "tools/list"}, {Tool: "refuse"}},
		Measure: bench.Span{Requests: 100}, Warmup: bench.Span{Requests: 10}, Seed: 7, Timeout: time.Minute,
	}
	open := calling("slow", 0)
	open.Rate, open.Measure, open.Connections = 50, bench.Span{Duration: time.Second}, 2
	for _, c := range []struct {
		name   string
		target func(*testing.T, *fake) bench.Target
		load   bench.Load
	}{
		{"stdio-mixed", overStdio, mixed},
		{"http-mixed", overHTTP, mixed},
		{"http-open", overHTTP, open},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, err := bench.Run(t.Context(), c.target(t, &fake{}), c.load)
				if err != nil {
					t.Fatal(err)
				}
				r.OwnCPU = 0 // the machine's
				golden(t, c.name+".json", r)
			})
		})
	}
}

// TestCoordinatedOmission lets a server stall once for a second. A closed loop hardly notices; at a rate, every request
// that was due meanwhile has waited.
func TestCoordinatedOmission(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		target func(*testing.T, *fake) bench.Target
	}{{"stdio", overStdio}, {"http", overHTTP}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := calling("slow", 1000)
				l.Timeout = time.Minute
				closed, err := bench.Run(t.Context(), c.target(t, &fake{stall: time.Second}), l)
				if err != nil {
					t.Fatal(err)
				}
				l.Rate = 90
				open, err := bench.Run(t.Context(), c.target(t, &fake{stall: time.Second}), l)
				if err != nil {
					t.Fatal(err)
				}
				if got := time.Duration(closed.Latency.P99); closed.Loop != "closed" || got > 11*time.Millisecond || closed.Latency.Max < 1000 {
					t.Errorf("closed loop: p99 %v, max %v", got, closed.Latency.Max)
				}
				if got := time.Duration(open.Latency.P50); open.Loop != "open" || got < 400*time.Millisecond {
					t.Errorf("at a rate: p50 %v, though the second of stall makes half of the requests wait 400ms", got)
				}
				if open.Wait == nil || time.Duration(open.Wait.Max) < 900*time.Millisecond {
					t.Errorf("at a rate: waiting %+v", open.Wait)
				}
			})
		})
	}
}

// TestSpan ends a load by time and keeps its rate.
func TestSpan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := calling("slow", 0)
		l.Connections, l.Measure = 4, bench.Span{Duration: time.Second}
		r, err := bench.Run(t.Context(), overHTTP(t, &fake{}), l)
		if err != nil {
			t.Fatal(err)
		}
		if r.Requests != 400 || r.Good != 400 || r.Rate != 400 || r.Elapsed != bench.Micros(time.Second) {
			t.Errorf("four connections, 10ms a call, one second: %d requests, %v/s in %v", r.Requests, r.Rate, r.Elapsed)
		}
	})
}

// TestLostSession greets anew when the server does not know the session any more.
func TestLostSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, known := &fake{}, true
		target := overHTTP(t, f)
		l := newPipeListener()
		s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Mcp-Session-Id") != "" && len(f.requests) == 5 && known {
				known = false
				http.Error(w, "no such session", http.StatusNotFound)
				return
			}
			f.ServeHTTP(w, r)
		})}
		go func() { _ = s.Serve(l) }()
		defer func() { _ = s.Close() }()
		target.Dial = func(context.Context) (net.Conn, error) {
			here, there := net.Pipe()
			l.conns <- there
			return here, nil
		}
		r, err := bench.Run(t.Context(), target, calling("echo", 10))
		if err != nil {
			t.Fatal(err)
		}
		if r.Good != 9 || kinds(&r) != "http 404: 1" || r.Redials != 0 || f.ended != 1 {
			t.Errorf("good %d, errors %q, %d redials, %d sessions ended", r.Good, kinds(&r), r.Redials, f.ended)
		}
	})
}

// TestCancel ends a load whose server keeps silent.
func TestCancel(t *testing.T) {
	t.Parallel()
	for _, target := range []func(*testing.T, *fake) bench.Target{overStdio, overHTTP} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			l := calling("silent", 10)
			l.Timeout = time.Hour
			began := time.Now()
			r, err := bench.Run(ctx, target(t, &fake{}), l)
			if !errors.Is(err, context.DeadlineExceeded) || r.Errors != 0 || time.Since(began) > 5*time.Second {
				t.Errorf("after %v: %v, errors %q", time.Since(began), err, kinds(&r))
			}
		})
	}
}

func TestUnusable(t *testing.T) {
	t.Parallel()
	web := bench.Target{URL: "http://127.0.0.1:1/mcp"}
	for _, c := range []struct {
		name   string
		target bench.Target
		change func(*bench.Load)
		says   []string
	}{
		{"no server", bench.Target{}, func(*bench.Load) {}, []string{"no server"}},
		{"no address", bench.Target{URL: "127.0.0.1:80"}, func(*bench.Load) {}, []string{"want http://"}},
		{"headers over stdio", bench.Target{Command: []string{"x"}, Header: http.Header{"A": {"b"}}}, func(*bench.Load) {}, []string{"headers are for HTTP"}},
		{"a ready URL of nothing", bench.Target{ReadyURL: regexp.MustCompile("x")}, func(*bench.Load) {}, []string{"no server", "there is no command"}},
		{"everything", web, func(l *bench.Load) { *l = bench.Load{Era: "1999", Connections: -1, Pipeline: 2, Rate: -1, Timeout: -1} }, []string{
			`era "1999"`, "no calls", "-1 connections", "HTTP/1.1 carries one", "rate -1", "timeout", "no end",
		}},
		{"calls", web, func(l *bench.Load) {
			l.Calls = []bench.Call{{}, {Tool: "a", Params: json.RawMessage("{}")}, {Method: "b", Params: json.RawMessage("[]")}, {Tool: "c", Weight: -1}}
		}, []string{"no tool is named", "arguments and no params", "b: want a JSON object", "weight -1"}},
		{"nobody there", web, func(*bench.Load) {}, []string{"connecting", "refused"}},
		{"no such program", bench.Target{Command: []string{"/does/not/exist"}}, func(*bench.Load) {}, []string{"/does/not/exist"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := calling("echo", 1)
			c.change(&l)
			_, err := bench.Run(t.Context(), c.target, l)
			if err == nil {
				t.Fatal("it ran")
			}
			for _, says := range c.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
		})
	}
}
