package inspect_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance/inspect"
	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// TestOrder has many workers answer as one does, line by line, whatever comes in and however it is cut into reads.
func TestOrder(t *testing.T) {
	t.Parallel()
	one := inspector(t, strict, inspect.Options{Workers: 1})
	many := inspector(t, strict, inspect.Options{Workers: 7})
	line := rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 999), func(n int) string { return fmt.Sprintf(`{"id":%d,"kind":"text","value":"bluebird %d"}`, n, n) }),
		rapid.Map(rapid.StringN(0, 40, 200), func(s string) string {
			text, _ := json.Marshal(s)
			return fmt.Sprintf(`{"kind":"result","tool":"read_x","value":[%s,%s]}`, text, text)
		}),
		rapid.Map(rapid.IntRange(0, 99), func(n int) string {
			return fmt.Sprintf(`{"id":"c%d","kind":"call","tool":"run_%d","value":{"path":"rm -rf %d"}}`, n, n, n)
		}),
		rapid.Map(rapid.IntRange(0, 99), func(n int) string { // allowed, although only one may run at a time
			return fmt.Sprintf(`{"id":"a%d","kind":"call","tool":"read_file","value":{"path":"%d"}}`, n, n)
		}),
		rapid.Map(rapid.IntRange(1, 9), func(n int) string {
			return fmt.Sprintf(`{"kind":"text","value":"%s"}`, strings.Repeat("long ", n*2000))
		}),
		rapid.SampledFrom([]string{"", "  \t", "{", `{"kind":"text","value":1}`, "\xff"}),
	)
	rapid.Check(t, func(rt *rapid.T) {
		in := strings.Join(rapid.SliceOfN(line, 0, 300).Draw(rt, "lines"), "\n")
		var a, b bytes.Buffer
		sa, err := one.Filter(t.Context(), iotest.HalfReader(strings.NewReader(in)), &a, inspect.Stream{})
		if err != nil {
			rt.Fatal(err)
		}
		var told []string
		sb, err := many.Filter(t.Context(), strings.NewReader(in), &b, inspect.Stream{Bad: func(n int, problem string) { told = append(told, fmt.Sprint(n, problem)) }})
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(alone(t, one, in), a.String()); diff != "" {
			rt.Fatalf("one worker (-want +got):\n%s", diff)
		}
		if a.String() != b.String() {
			rt.Fatalf("many workers answer otherwise than one:\n%s", cmp.Diff(a.String(), b.String()))
		}
		if diff := cmp.Diff(sa, sb); diff != "" || int64(len(told)) != sb.Errors {
			rt.Fatalf("%d told, summaries (-one +many):\n%s", len(told), diff)
		}
	})
}

// alone is what Filter must write, one record after the other.
func alone(t *testing.T, i *inspect.Inspector, in string) string {
	t.Helper()
	var out strings.Builder
	for n, line := range strings.Split(in, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		r, err := inspect.ParseRecord([]byte(line))
		result := inspect.Result{ID: r.ID, Findings: []inspect.Finding{}, Line: n + 1}
		if err == nil {
			result = i.Inspect(t.Context(), &r)
		} else {
			result.Error = strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		if err := e.Encode(result); err != nil {
			t.Fatal(err)
		}
		out.Write(text.Bytes())
	}
	return out.String()
}

// TestBadLines sees that what cannot be read is told at its place and ends nothing.
func TestBadLines(t *testing.T) {
	t.Parallel()
	long := `{"kind":"text","value":"` + strings.Repeat("x", 100_000) + `"}`
	in := "\ufeff{\"id\":1,\"kind\":\"text\",\"value\":\"x\"}\r\n\n" + long + "\n{\"id\":2,\"kind\":\"text\",\"value\":\"\xff\"}\n[]\n{\"id\":3,\"kind\":\"text\",\"value\":\"last\"}"
	i := inspector(t, "", inspect.Options{MaxLine: 90_000})
	var out bytes.Buffer
	told := map[int]string{}
	s, err := i.Filter(t.Context(), strings.NewReader(in), &out, inspect.Stream{Bad: func(n int, problem string) { told[n] = problem }})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":1,"effect":"allow","findings":[]}
{"id":null,"effect":"deny","findings":[],"line":3,"error":"line too long: at most 90000 bytes are read"}
{"id":null,"effect":"deny","findings":[],"line":4,"error":"not UTF-8"}
{"id":null,"effect":"deny","findings":[],"line":5,"error":"not a JSON object"}
{"id":3,"effect":"allow","findings":[]}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantTold := map[int]string{3: "line too long: at most 90000 bytes are read", 4: "not UTF-8", 5: "not a JSON object"}
	if diff := cmp.Diff(wantTold, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(inspect.Summary{Records: 5, Allowed: 2, Denied: 3, Errors: 3, Classes: []inspect.Class{}}, s); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	exact := strings.Repeat(" ", 90_000-len(`{"kind":"text","value":""}`)) + `{"kind":"text","value":""}` + "\n"
	if out, _ := filtered(t, i, exact+exact[1:]); strings.Contains(out, "error") {
		t.Errorf("a line that is as long as it may be: %s", out)
	}
}

// TestHugeLine has a text of 10 MB judged to its end.
func TestHugeLine(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("The quick brown fox jumps over the lazy dog. ", 10<<20/45)
	out, s := filtered(t, inspector(t, strict, inspect.Options{}), `{"id":1,"kind":"text","value":"`+text+`bluebird"}`+"\n")
	if s.Redacted != 1 || !strings.HasPrefix(out, `{"id":1,"effect":"allow","findings":[{"check":"pattern","rule":"codename"`) || !strings.HasSuffix(out, "[codename:1]\"}\n") {
		t.Errorf("%+v, %.200s", s, out)
	}
}

// TestManyFindings bounds what one line holds.
func TestManyFindings(t *testing.T) {
	t.Parallel()
	values := strings.Repeat(`"4012 8888 8888 1881",`, inspect.MaxFindings+10)
	got := judged(t, inspector(t, "", inspect.Options{}), `{"kind":"result","value":[`+values+`""]}`)
	if len(got.Findings) != inspect.MaxFindings || got.Unlisted < 10 || bytes.Contains(got.Redacted, []byte("4012")) {
		t.Errorf("%d findings, %d unlisted, %s", len(got.Findings), got.Unlisted, got.Effect)
	}
}

// TestPausingInput has each line answered although the next one does not come.
func TestPausingInput(t *testing.T) {
	t.Parallel()
	i := inspector(t, "", inspect.Options{})
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := i.Filter(t.Context(), inRead, outWrite, inspect.Stream{})
		ended <- errors.Join(err, outWrite.Close())
	}()
	answers := bufio.NewScanner(outRead)
	for n := range 3 {
		fmt.Fprintf(inWrite, "{\"id\":%d,\"kind\":\"text\",\"value\":\"x\"}\n{\"id\"", n)
		if want := fmt.Sprintf(`{"id":%d,"effect":"allow","findings":[]}`, n); !answers.Scan() || answers.Text() != want {
			t.Fatalf("got %q, want %q", answers.Text(), want)
		}
		fmt.Fprintf(inWrite, ":0}\n")
		if !answers.Scan() || !strings.Contains(answers.Text(), `"line":`) {
			t.Fatalf("got %q", answers.Text())
		}
	}
	if err := errors.Join(inWrite.Close(), <-ended); err != nil {
		t.Error(err)
	}
}

// endless is an input that never ends.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

// failing is an output that fails after some writes.
type failing struct {
	left int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, f.err
	}
	return len(p), nil
}

// TestStops ends endless runs, and sees that nothing goes on behind them: a bubble waits for its goroutines.
func TestStops(t *testing.T) {
	t.Parallel()
	const line = `{"id":1,"kind":"text","value":"x"}` + "\n"
	for _, c := range []struct {
		name string
		run  func(t *testing.T, i *inspect.Inspector) error
		want error
	}{
		{"the output is closed", func(t *testing.T, i *inspect.Inspector) error {
			t.Helper()
			_, err := i.Filter(t.Context(), &endless{text: line}, &failing{left: 3, err: &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}}, inspect.Stream{})
			return err
		}, syscall.EPIPE},
		{"it is told to stop", func(t *testing.T, i *inspect.Inspector) error {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			out := writer(func(p []byte) {
				if !bytes.HasSuffix(p, []byte("\n")) {
					t.Errorf("half a line was written: %q", p)
				}
				cancel()
			})
			_, err := i.Filter(ctx, &endless{text: line}, out, inspect.Stream{})
			return err
		}, context.Canceled},
		{"it was told to stop before it began", func(t *testing.T, i *inspect.Inspector) error {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := i.Filter(ctx, &endless{text: line}, io.Discard, inspect.Stream{})
			return err
		}, context.Canceled},
		{"it is told to stop, and nobody takes what it writes", func(t *testing.T, i *inspect.Inspector) error {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			out := &stalled{over: make(chan struct{})}
			go func() {
				synctest.Wait() // until the write waits, and all others for it
				cancel()
			}()
			_, err := i.Filter(ctx, &endless{text: line}, out, inspect.Stream{})
			if !out.deadline.IsZero() {
				t.Error("the output has a deadline still")
			}
			return err
		}, context.Canceled},
		{"it is told to stop within a line without end", stopped("x"), context.Canceled},
		{"it is told to stop between lines of nothing", stopped(" \n"), context.Canceled},
		{"the input fails", func(t *testing.T, i *inspect.Inspector) error {
			t.Helper()
			s, err := i.Filter(t.Context(), io.MultiReader(strings.NewReader(line+`{"id":2,`), iotest.ErrReader(io.ErrNoProgress)), io.Discard, inspect.Stream{})
			if s.Records != 1 || s.Errors != 0 {
				t.Errorf("got %+v", s)
			}
			return err
		}, io.ErrNoProgress},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if err := c.run(t, inspector(t, "", inspect.Options{Workers: 3})); !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
			})
		})
	}
}

// stalled is an output that nobody takes, until a deadline ends the write.
type stalled struct {
	deadline time.Time
	over     chan struct{}
}

func (s *stalled) Write([]byte) (int, error) {
	<-s.over
	return 0, os.ErrDeadlineExceeded
}

func (s *stalled) SetWriteDeadline(at time.Time) error {
	if s.deadline = at; !at.IsZero() {
		close(s.over)
	}
	return nil
}

// TestBounded sees that reading stops while nobody takes what comes of it.
func TestBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 20
		i := inspector(t, plain, inspect.Options{Workers: 100})
		in := &counted{Reader: &endless{text: `{"kind":"text","value":"` + strings.Repeat(" ", size-27) + "\"}\n"}}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := i.Filter(ctx, in, &stalled{over: make(chan struct{})}, inspect.Stream{})
			ended <- err
		}()
		synctest.Wait()
		if n := in.n.Load(); n < 30*size || n > 36*size {
			t.Errorf("%d bytes were read", n)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// counted is an input that counts, and calls when so much was read.
type counted struct {
	io.Reader

	n    atomic.Int64
	then int64
	call func()
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.n.Add(int64(n)) >= c.then && c.call != nil {
		c.call()
	}
	return n, err
}

// FuzzFilter has every line answered by one, in order, whatever the bytes.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		"", "\n\n", "{}\n", "\ufeff{}", "{\"kind\":\"text\",\"value\":\"a\"}\r\n{", " \n\xff\n" + strings.Repeat("x", 300) + "\n1",
		strings.Repeat("1\n", 300), strings.Repeat(" ", 201), strings.Repeat(" ", 250) + "\n" + strings.Repeat("\n", 250),
	} {
		f.Add([]byte(seed))
	}
	const most = 200
	i := inspector(f, plain, inspect.Options{Workers: 2, MaxLine: most})
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		s, err := i.Filter(t.Context(), bytes.NewReader(in), &out, inspect.Stream{})
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for n, line := range bytes.Split(bytes.TrimPrefix(in, []byte("\ufeff")), []byte("\n")) {
			if len(bytes.Trim(line, " \t\r")) == 0 && len(line) <= most {
				continue
			}
			want++
			var result inspect.Result
			text, err := out.ReadBytes('\n')
			if err == nil {
				err = json.Unmarshal(text, &result)
			}
			if err != nil || result.Error != "" && result.Line != n+1 {
				t.Fatalf("line %d is answered by %q: %v", n+1, text, err)
			}
		}
		if out.Len() > 0 || s.Records != int64(want) {
			t.Fatalf("%d records, want %d; left is %q", s.Records, want, out.Bytes())
		}
	})
}

// stopped is a run over an endless input that is told to stop when some of it was read.
func stopped(text string) func(t *testing.T, i *inspect.Inspector) error {
	return func(t *testing.T, i *inspect.Inspector) error {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		in := &counted{Reader: &endless{text: text}, then: 1 << 17, call: cancel}
		_, err := i.Filter(ctx, in, io.Discard, inspect.Stream{})
		return err
	}
}

// writer is an output that is a function.
type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// TestStopsWhileItWaits ends a run whose input is silent and whose output nobody takes.
func TestStopsWhileItWaits(t *testing.T) {
	t.Parallel()
	in, inWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	i := inspector(t, "", inspect.Options{})
	go func() {
		_, err := i.Filter(ctx, in, io.Discard, inspect.Stream{})
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := inWrite.WriteString("{}\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Read(make([]byte, 1)); err != nil {
		t.Errorf("the input cannot be read any more: %v", err)
	}
	if err := errors.Join(in.Close(), inWrite.Close()); err != nil {
		t.Error(err)
	}
}

// TestMuchInFlight has more waiting than the budget holds.
func TestMuchInFlight(t *testing.T) {
	t.Parallel()
	const lines = 12
	one := `{"kind":"text","value":"` + strings.Repeat("x", 4<<20) + `"}` + "\n"
	readers := make([]io.Reader, lines)
	for n := range readers {
		readers[n] = strings.NewReader(one)
	}
	s, err := inspector(t, plain, inspect.Options{Workers: 8}).Filter(t.Context(), io.MultiReader(readers...), io.Discard, inspect.Stream{})
	if err != nil || s.Allowed != lines {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	in := `{"kind":"text","value":"bluebird bluebird"}
{"kind":"call","tool":"read_x","value":{"a":"bluebird production"}}
{"kind":"call","tool":"write_x","value":{}}
{"kind":"result","value":"bluebird 169.254.169.254"}
{"kind":"text"}
`
	_, got := filtered(t, inspector(t, strings.Replace(strict, "  detect: {all: default}\n", "", 1), inspect.Options{}), in)
	got.Classes = without(got.Classes, "intent")
	want := inspect.Summary{Records: 5, Allowed: 1, Asked: 1, Denied: 3, Redacted: 1, Errors: 1, Classes: []inspect.Class{
		{Check: "pattern", Class: "codename", Findings: 3, Records: 2, Severity: match.Low},
		{Check: "pattern", Class: "metadata", Findings: 1, Records: 1, Severity: match.High},
		{Check: "pattern", Class: "prod", Findings: 1, Records: 1, Severity: match.Medium},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s, found := got.Gravest(); s != match.High || !found {
		t.Errorf("gravest: %v, %v", s, found)
	}
	var sum inspect.Summary
	sum.Add(&got)
	sum.Add(&got)
	if sum.Records != 10 || sum.Denied != 6 || len(sum.Classes) != 3 || sum.Classes[0].Findings != 6 || sum.Classes[0].Records != 4 {
		t.Errorf("sum %+v", sum)
	}
	if _, found := new(inspect.Summary).Gravest(); found {
		t.Error("there is something in nothing")
	}
}

func without(classes []inspect.Class, check string) []inspect.Class {
	var left []inspect.Class
	for _, c := range classes {
		if c.Check != check {
			left = append(left, c)
		}
	}
	return left
}
