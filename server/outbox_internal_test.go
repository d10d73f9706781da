package server

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// gate is a writer that waits for permission to write.
type gate struct {
	bytes.Buffer
	open chan struct{}
	err  error
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	if g.err != nil {
		return 0, g.err
	}
	return g.Buffer.Write(p)
}

// TestOutboxSendsOneLine has messages with parts that others wrote, over several lines.
func TestOutboxSendsOneLine(t *testing.T) {
	t.Parallel()
	var written bytes.Buffer
	o := newOutbox(&written, 1<<10)
	for _, line := range []string{"{\n  \"a\": 1\r\n}", "\n", "{}", "{}\n\n"} {
		if err := o.send([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := written.String(), "{   \"a\": 1  }\n \n{}\n{}  \n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestOutboxKeepsTheOrderOfEachSender(t *testing.T) {
	t.Parallel()
	var written bytes.Buffer
	o := newOutbox(&written, 1<<10)
	var senders sync.WaitGroup
	for sender := range 8 {
		senders.Go(func() {
			for i := range 500 {
				if err := o.send(fmt.Appendf(nil, "%d %d", sender, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	if err := o.flush(); err != nil {
		t.Fatal(err)
	}
	next := map[int]int{}
	for line := range strings.Lines(written.String()) {
		var sender, i int
		if _, err := fmt.Sscanf(line, "%d %d\n", &sender, &i); err != nil || i != next[sender] {
			t.Fatalf("line %q stands where %d of sender %d should, %v", line, next[sender], sender, err)
		}
		next[sender]++
	}
	for sender := range 8 {
		if next[sender] != 500 {
			t.Errorf("sender %d: %d of 500 lines", sender, next[sender])
		}
	}
}

func TestOutboxIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &gate{open: make(chan struct{})}
		o := newOutbox(w, 100)
		line := bytes.Repeat([]byte("x"), 40)
		var senders sync.WaitGroup
		for range 10 {
			senders.Go(func() { _ = o.send(line) })
		}
		synctest.Wait() // one writes, three wait in the buffer, the others for room
		o.mu.Lock()
		waiting := len(o.waiting)
		o.mu.Unlock()
		if waiting > 100+len(line)+1 {
			t.Errorf("%d bytes wait", waiting)
		}
		if o.offer(line) || o.dropped != 1 {
			t.Error("a line that may be dropped was queued on a full outbox")
		}
		close(w.open)
		senders.Wait()
		if err := o.flush(); err != nil || strings.Count(w.String(), "\n") != 10 {
			t.Errorf("%d lines, %v", strings.Count(w.String(), "\n"), err)
		}
	})
}

func TestOutboxEnds(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe")
	w := &gate{open: make(chan struct{}), err: broken}
	close(w.open)
	o := newOutbox(w, 100)
	_ = o.send([]byte("lost"))
	if err := o.send([]byte("x")); !errors.Is(err, broken) {
		t.Errorf("after a fault: %v", err)
	}
	if err := o.flush(); !errors.Is(err, broken) {
		t.Errorf("flush: %v", err)
	}
	closed := newOutbox(&bytes.Buffer{}, 100)
	closed.close()
	if err := closed.send(nil); !errors.Is(err, errClosed) {
		t.Errorf("after close: %v", err)
	}
}
