package tokens_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance/tokens"
)

// ledger is a Sink that remembers.
type ledger struct {
	mu     sync.Mutex
	counts []tokens.Count
	times  []time.Time
}

func (l *ledger) sink(counts []tokens.Count) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts = append(l.counts, counts...)
	l.times = append(l.times, time.Now())
}

func (l *ledger) all() []tokens.Count {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.counts)
}

func item(call, text string) tokens.Item {
	return tokens.Item{Call: call, Shard: "s", Text: []byte(text), Bound: tokens.UpperBound([]byte(text))}
}

func closed(tb testing.TB, c *tokens.Counter) {
	tb.Helper()
	if err := c.Close(); err != nil {
		tb.Error(err)
	}
}

// TestCountNow compares with counts that OpenAI publishes for cl100k_base and with the reference implementation.
func TestCountNow(t *testing.T) {
	t.Parallel()
	c := tokens.New(tokens.Options{})
	defer closed(t, c)
	for text, want := range map[string]int64{
		"":                             0,
		"hello world":                  2,
		"tiktoken is great!":           6,
		"antidisestablishmentarianism": 6,
		"2 + 2 = 4":                    7,
		"お誕生日おめでとう":                    9,
		"<|endoftext|>":                7, // text, never the special token
		"a\x7fb\x7f\x7f":               5,
		"a\xffb":                       3,
		"abbbbbb":                      3, // the leftmost of equal pairs comes first
		"12345678901":                  4,
		" \n \n":                       1, // white space is a word as far as its last line break
		"\n\t\nx":                      2,
	} {
		if got, err := c.CountNow([]byte(text)); got != want || err != nil {
			t.Errorf("CountNow(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestTokensNeverExceedBytes(t *testing.T) {
	t.Parallel()
	c := tokens.New(tokens.Options{})
	defer closed(t, c)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		if rapid.Bool().Draw(t, "characters") {
			text = []byte(rapid.String().Draw(t, "string"))
		}
		got, err := c.CountNow(text)
		if err != nil || got > tokens.UpperBound(text) || got == 0 && len(text) > 0 {
			t.Fatalf("CountNow(%q) = %d, %v", text, got, err)
		}
	})
}

// TestCountingAllocatesNothing, because its garbage would slow down the calls. It is not parallel: that would be counted.
func TestCountingAllocatesNothing(t *testing.T) {
	c := tokens.New(tokens.Options{})
	defer closed(t, c)
	text := []byte(answer + "\x7f\xff 漢字" + strings.Repeat("a", 1000))
	if n := testing.AllocsPerRun(10, func() {
		if _, err := c.CountNow(text); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("CountNow allocates %v times", n)
	}
}

func TestTailIsCountedWithText(t *testing.T) {
	t.Parallel()
	var l ledger
	c := tokens.New(tokens.Options{Sink: l.sink, MaxQueueBytes: 40})
	defer closed(t, c)
	var taken []bool
	for _, it := range []tokens.Item{
		{Call: "a", Text: []byte("tiktoken is "), Tail: []byte("great!"), Bound: 18},
		{Call: "b", Tail: []byte("hello world"), Bound: 11},
		{Call: "c", Text: []byte("xxxxxx"), Tail: []byte("xxxxxx"), Bound: 12}, // does not fit
	} {
		taken = append(taken, c.Submit(it))
		clear(it.Tail)
	}
	if err := c.Drain(t.Context()); err != nil || !slices.Equal(taken, []bool{true, true, false}) {
		t.Fatalf("Submit = %v, Drain = %v", taken, err)
	}
	want := []tokens.Count{{Call: "a", Tokens: 6, Bound: 18}, {Call: "b", Tokens: 2, Bound: 11}}
	if got := l.all(); !slices.Equal(got, want) {
		t.Errorf("counts = %+v, want %+v", got, want)
	}
}

// TestBatchesAreUsedAgain submits different texts in turn, so that what one left behind would spoil the next.
func TestBatchesAreUsedAgain(t *testing.T) {
	t.Parallel()
	var l ledger
	c := tokens.New(tokens.Options{Sink: l.sink, Gather: -1, Share: 1})
	defer closed(t, c)
	var want []tokens.Count
	for i := range 50 {
		n := int64(1 + i*7%200)
		want = append(want, tokens.Count{Call: "a", Shard: "s", Tokens: n, Bound: 5 * n})
		c.Submit(item("a", strings.Repeat(" word", int(n))))
		if i%3 == 0 {
			if err := c.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := l.all(); !slices.Equal(got, want) {
		t.Errorf("counts = %+v, want %+v", got, want)
	}
}

func TestSubmitCopiesAndDrainCountsAll(t *testing.T) {
	t.Parallel()
	var l ledger
	c := tokens.New(tokens.Options{Sink: l.sink})
	defer closed(t, c)
	text := []byte("hello world")
	if !c.Submit(tokens.Item{Call: "a", Shard: "s", Text: text, Bound: 11}) {
		t.Fatal("a text was refused")
	}
	clear(text)
	c.Submit(item("b", ""))
	c.Submit(item("c", "2 + 2 = 4"))
	if err := c.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []tokens.Count{{"a", "s", 2, 11}, {"b", "s", 0, 0}, {"c", "s", 7, 9}}
	if got := l.all(); !slices.Equal(got, want) {
		t.Errorf("counts = %+v, want %+v", got, want)
	}
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		opts  tokens.Options
		items []tokens.Item
		want  []bool
	}{
		{"items", tokens.Options{MaxQueueItems: 2}, []tokens.Item{item("a", "x"), item("b", "x"), item("c", "x")}, []bool{true, true, false}},
		{"bytes", tokens.Options{MaxQueueBytes: 5}, []tokens.Item{item("a", "xxx"), item("b", "xxx"), item("c", "xx")}, []bool{true, false, true}},
		{"one too large", tokens.Options{MaxQueueBytes: 5}, []tokens.Item{item("a", "xxxxxx"), item("b", "x")}, []bool{false, true}},
		{"default bytes", tokens.Options{}, []tokens.Item{item("a", strings.Repeat("x", 4<<20+1)), item("b", "x")}, []bool{false, true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			held := make(chan struct{})
			tt.opts.Now = func() time.Time { <-held; return time.Time{} } // the worker waits, its batch still counts
			c := tokens.New(tt.opts)
			var got []bool
			for _, it := range tt.items {
				got = append(got, c.Submit(it))
			}
			close(held)
			closed(t, c)
			if !slices.Equal(got, tt.want) {
				t.Errorf("Submit = %v, want %v", got, tt.want)
			}
			if c.Submit(item("z", "")) {
				t.Error("a closed Counter takes texts")
			}
		})
	}
}

// clockOf returns a clock on which every batch seems to take busy.
func clockOf(busy time.Duration) func() time.Time {
	var now time.Time
	return func() time.Time { now = now.Add(busy); return now }
}

func TestShareOfACore(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		share float64
		rest  time.Duration
	}{{0, 190 * time.Millisecond}, {0.5, 10 * time.Millisecond}, {1, 0}, {math.NaN(), 190 * time.Millisecond}, {2, 190 * time.Millisecond}} {
		synctest.Test(t, func(t *testing.T) {
			var l ledger
			c := tokens.New(tokens.Options{Gather: -1, Share: tt.share, Sink: l.sink, Now: clockOf(10 * time.Millisecond)})
			for range 3 { // each a batch by itself
				c.Submit(item("a", strings.Repeat("word ", 13_000)))
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			closed(t, c)
			for i := range 2 {
				if rest := l.times[i+1].Sub(l.times[i]); rest != tt.rest {
					t.Errorf("share %v: rest %d is %v, want %v", tt.share, i, rest, tt.rest)
				}
			}
		})
	}
}

// Few texts wait for more, so that a call after the other does not wake the worker each time.
func TestFewTextsAreGathered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var batches []int
		c := tokens.New(tokens.Options{Share: 1, Sink: func(counts []tokens.Count) { batches = append(batches, len(counts)) }})
		for range 100 {
			c.Submit(tokens.Item{Text: []byte("hello world"), Bound: 11})
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(batches) != 1 || batches[0] != 100 {
			t.Errorf("counted in batches of %v", batches)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestDrainDoesNotRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l ledger
		c := tokens.New(tokens.Options{Sink: l.sink, Now: clockOf(time.Minute)})
		defer closed(t, c)
		c.Submit(item("a", "x"))
		synctest.Wait() // the worker rests now
		for range 3 {
			c.Submit(item("b", strings.Repeat("word ", 13_000)))
		}
		start := time.Now()
		if err := c.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != 0 || len(l.all()) != 4 {
			t.Errorf("Drain took %v and left %d of 4 counted", took, len(l.all()))
		}
	})
}

func TestDrainEndsWithItsContext(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	c := tokens.New(tokens.Options{Sink: func([]tokens.Count) { <-held }})
	c.Submit(item("a", "x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Drain(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Drain = %v", err)
	}
	close(held)
	closed(t, c)
	if err := c.Drain(t.Context()); err != nil {
		t.Errorf("Drain after Close = %v", err)
	}
}

func TestCloseGivesUpAtItsLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func([]tokens.Count) { time.Sleep(time.Second) }
		c := tokens.New(tokens.Options{Sink: slow, CloseLimit: 1500 * time.Millisecond})
		for range 5 {
			c.Submit(item("a", strings.Repeat("word ", 13_000)))
		}
		drained := make(chan error, 1)
		go func() { drained <- c.Drain(context.Background()) }()
		synctest.Wait()
		if err := c.Close(); err == nil || err.Error() != "token counter closed with 3 texts uncounted" {
			t.Errorf("Close = %v", err)
		}
		if err := <-drained; !errors.Is(err, tokens.ErrClosed) {
			t.Errorf("Drain = %v", err)
		}
		if err := c.Close(); err == nil {
			t.Error("closing again forgets what was left")
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	var l ledger
	c := tokens.New(tokens.Options{Sink: l.sink})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				c.Submit(item("a", "hello world"))
				if n, err := c.CountNow([]byte("hello")); n != 1 || err != nil {
					t.Errorf("CountNow = %d, %v", n, err)
				}
			}
			if err := c.Drain(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	closed(t, c)
	if got := l.all(); len(got) != 400 {
		t.Errorf("%d of 400 counted", len(got))
	}
}

// TestHostileTexts would run for minutes if any of them cost more than about linear time.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	c := tokens.New(tokens.Options{})
	defer closed(t, c)
	for name, unit := range map[string]string{
		"letter": "a", "space": " ", "newline": "\n", "space and newline": " \n", "sign": "!", "digit": "7", "Chinese": "漢", "not UTF-8": "\xff", "blank lines": " \n",
		"wide blank lines": "\u2003\u2028\u0085\r",
		"marks":            "\u0301", "no spaces": "abcdefghijklmnopqrstuvwxyz", "quotes": "'s",
	} {
		text := []byte(strings.Repeat(unit, 80<<10/len(unit)))
		got, err := c.CountNow(text)
		if err != nil || got < 1 || got > tokens.UpperBound(text) {
			t.Errorf("%s: CountNow = %d, %v", name, got, err)
		}
	}
}
