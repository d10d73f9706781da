package server

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A clientReply is what a client answered to a request of ours.
type clientReply struct {
	result json.RawMessage
	fault  bool // it answered with an error
}

// An openAsk is a request of ours that was not answered yet.
type openAsk struct {
	id    string
	reply <-chan clientReply // closed without a reply when the client is gone
}

// An askTable holds the requests of ours that one client has not answered yet. Its zero value holds none.
type askTable struct {
	origin string // the process, where answers may come to another one; set before use

	mu    sync.Mutex
	next  uint64
	open  map[string]chan clientReply
	ended bool
}

// begin makes room for one request, unless most of them are open.
func (t *askTable) begin(most int) (openAsk, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return openAsk{}, gone()
	}
	if len(t.open) >= most {
		return openAsk{}, &tools.Error{Code: tools.CodeOverloaded, Reason: fmt.Sprintf("the client has not answered %d earlier questions", most)}
	}
	if t.open == nil {
		t.open = make(map[string]chan clientReply)
	}
	t.next++
	id := "ask-" + strconv.FormatUint(t.next, 10)
	if t.origin != "" {
		id += "@" + t.origin
	}
	reply := make(chan clientReply, 1) // answered waits for nobody
	t.open[id] = reply
	return openAsk{id, reply}, nil
}

// answered takes a client's answer to its question, and reports whether it was one. One to a question that is not open, or no
// longer, is dropped.
func (t *askTable) answered(env *envelope) bool {
	id := env.rawID()
	if len(id) == 0 || id[0] != '"' {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := unquote(id)
	reply, open := t.open[key]
	if !open {
		return false
	}
	delete(t.open, key)
	reply <- clientReply{result: env.rawResult(), fault: env.result.to == 0}
	return true
}

// end forgets a question, and reports whether it was still open.
func (t *askTable) end(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, open := t.open[id]
	delete(t.open, id)
	return open
}

// close ends all questions: no answer will come any more.
func (t *askTable) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	for _, reply := range t.open {
		close(reply)
	}
	t.open = nil
}
