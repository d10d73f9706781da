package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// A round is one answer of the 2026 era: the result, or what the client must answer first.
type askedRound struct {
	Result struct {
		Type    string                  `json:"resultType"`
		Asks    map[string]openQuestion `json:"inputRequests"`
		State   json.RawMessage         `json:"requestState"`
		IsError bool
		Content []struct{ Text string }
	}
	Error *struct{ Message string }
}

// the returns what is asked: one question.
func (a *askedRound) the(t *testing.T) (key, message string) {
	t.Helper()
	if a.Result.Type != "input_required" || len(a.Result.Asks) != 1 {
		t.Fatalf("%+v", a)
	}
	for key, q := range a.Result.Asks {
		return key, q.Params.Message
	}
	return "", ""
}

// A client of the 2026 era answers what a server of the 2025 era asks in the middle of a call: the server is asked once, and
// waits meanwhile; calls that are alike are not mixed up.
func TestServerAsksALaterClient(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	file := filepath.Join(t.TempDir(), "script.json")
	write(t, file, `{"tools":[`+string(scriptedTool("form", "Asks two things."))+`],"answers":{"form":"asks"}}`)
	_ = ok(t, scripted(t, file, config)...)
	c := start(t, "serve", "--stdio", "--config", config)
	id := 0
	call := func(more string) askedRound {
		t.Helper()
		id++
		c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":"call-%d","method":"tools/call","params":{"name":"other__form","arguments":{"text":"x"},%s`+
			`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{}}}}}}`, id, more))
		for {
			if said := c.next(); strings.Contains(said, fmt.Sprintf(`"id":"call-%d"`, id)) {
				var a askedRound
				if err := json.Unmarshal([]byte(said), &a); err != nil {
					t.Fatal(err)
				}
				return a
			}
		}
	}
	answered := func(a askedRound, answer string) string {
		t.Helper()
		key, _ := a.the(t)
		return fmt.Sprintf(`"requestState":%s,"inputResponses":{%q:%s},`, a.Result.State, key, answer)
	}
	const says = `{"action":"accept","content":{"word":" %s"}}`
	first := call("")
	if _, message := first.the(t); message != "first" {
		t.Errorf("the first question is %q", message)
	}
	second := call(answered(first, fmt.Sprintf(says, "one")))
	if _, message := second.the(t); message != "second" {
		t.Errorf("the second question is %q", message)
	}
	last := call(answered(second, `{"action":"decline"}`))
	if last.Error != nil || last.Result.IsError || last.Result.Content[0].Text != "accept one, decline" {
		t.Errorf("%+v", last)
	}
	// The same once more, with the first answer again: what was asked then is over, so it is asked anew.
	again := call(answered(first, fmt.Sprintf(says, "one")))
	if _, message := again.the(t); message != "first" {
		t.Errorf("after the call had ended: %q", message)
	}
	c.close()
	if said := c.log.String(); strings.Count(said, "asking") > 2 {
		t.Errorf("the server was called more than twice: %s", said)
	}
}
