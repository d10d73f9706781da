package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestReplayIsBoundedAndInOrder drives the streams of a session at random and holds each to what a client may rely on: what it
// is sent is in order and without repetition however often it comes back, the answer is never lost while there is room for
// it, and nothing is kept beyond the bounds.
func TestReplayIsBoundedAndInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := &budget{most: 4000}
		r := &replay{bound: 1000, all: all}
		var open []*client
		t.Repeat(map[string]func(*rapid.T){
			"open": func(*rapid.T) { open = append(open, newClient(r, r.request())) },
			"progress": func(t *rapid.T) {
				if c := some(t, open); c != nil {
					c.trail.offer(c.say(t, "progress"))
				}
			},
			"answer": func(t *rapid.T) {
				if c := some(t, open); c != nil && c.answer == "" {
					line := c.say(t, "answer")
					c.answer = string(line)
					c.trail.finish(line)
				}
			},
			"hang up": func(t *rapid.T) {
				if c := some(t, open); c != nil {
					c.read(t)
					c.pump.fail()
				}
			},
			"come back": func(t *rapid.T) {
				if c := some(t, open); c != nil {
					c.read(t)
					c.comeBack()
				}
			},
			"": func(t *rapid.T) {
				if kept := keptBy(r); kept != r.kept || int64(kept) != all.used.Load() || all.used.Load() > all.most {
					t.Fatalf("%d bytes are kept, counted %d, of all %d", kept, r.kept, all.used.Load())
				}
				for _, c := range open {
					c.read(t)
				}
			},
		})
		r.close()
		if all.used.Load() != 0 {
			t.Fatalf("%d bytes are left", all.used.Load())
		}
	})
}

func keptBy(r *replay) int {
	n := 0
	for _, t := range r.trails {
		for _, e := range t.events {
			n += len(e.text)
		}
	}
	return n
}

// A client is one that reads a stream of a request, loses it and comes back.
type client struct {
	replay *replay
	trail  *trail
	pump   *pump
	last   string // id of the newest event
	seq    int
	said   int
	answer string
}

func newClient(r *replay, t *trail) *client {
	c := &client{replay: r, trail: t, pump: newPump(500), last: t.id(0)}
	t.attach(c.pump, 0, nil)
	return c
}

func some(t *rapid.T, of []*client) *client {
	if len(of) == 0 {
		return nil
	}
	return rapid.SampledFrom(of).Draw(t, "client")
}

func (c *client) say(t *rapid.T, what string) []byte {
	c.said++
	return fmt.Appendf(nil, "%s %d %s", what, c.said, strings.Repeat("x", rapid.IntRange(0, 400).Draw(t, "length")))
}

func (c *client) read(t *rapid.T) {
	batch, _ := c.pump.take()
	for text := range strings.SplitSeq(string(batch), "\n\n") {
		id, data, _ := strings.Cut(text, "\ndata: ")
		if id == "" {
			continue
		}
		var stream, seq int
		if _, err := fmt.Sscanf(id, "id: %d-%d", &stream, &seq); err != nil || uint64(stream) != c.trail.number || seq <= c.seq {
			t.Fatalf("event %q after number %d of stream %d", text, c.seq, c.trail.number)
		}
		c.seq, c.last = seq, strings.TrimPrefix(id, "id: ")
		if strings.HasPrefix(data, "answer") && data != c.answer {
			t.Fatalf("answer %q, want %q", data, c.answer)
		}
	}
}

func (c *client) comeBack() {
	found, after, ok := c.replay.find(c.last)
	if !ok {
		return // forgotten: there was no room
	}
	c.pump = newPump(500)
	found.attach(c.pump, after, nil)
}

func FuzzLastEventID(f *testing.F) {
	for _, seed := range []string{"", "0-0", "1-1", "1-2", "-1", "1-", "1-1-1", "18446744073709551616-1", "01-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		r := &replay{bound: 100, all: &budget{most: 100}}
		known := r.request()
		known.offer([]byte("x"))
		got, after, ok := r.find(id)
		if !ok {
			return
		}
		if got != known && got != r.alone {
			t.Errorf("%q found a stream that is none", id)
		}
		p := newPump(100)
		got.attach(p, after, nil)
		if batch, _ := p.take(); after >= 1 && len(batch) > 0 {
			t.Errorf("%q: %q again", id, batch)
		}
	})
}

func FuzzAccept(f *testing.F) {
	for _, seed := range []string{"", "*/*", "application/json, text/event-stream", "application/json;q=0", ";;;,,,", "text/*;q=0.0;q=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if accepts([]string{value}, "application/json") && !strings.Contains(value, "*/*") &&
			!strings.Contains(strings.ToLower(value), "application/") {
			t.Errorf("%q accepts JSON", value)
		}
		if isJSON([]string{value}) && !strings.Contains(strings.ToLower(value), "application/json") {
			t.Errorf("%q is JSON", value)
		}
	})
}

func TestEventsHaveOneLine(t *testing.T) {
	t.Parallel()
	message := []byte("{\n\"a\":\r\n1}")
	before := slices.Clone(message)
	if got, want := string(appendEvent(nil, "1-2", message)), "id: 1-2\ndata: { \"a\":  1}\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !slices.Equal(message, before) {
		t.Errorf("the message was changed: %q", message)
	}
}
