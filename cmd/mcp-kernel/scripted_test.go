package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// A script is what a server of the tests offers and answers. It is read anew for each request, so that a test changes the
// server by writing another one.
type script struct {
	Tools   []json.RawMessage          `json:"tools"`
	Answers map[string]json.RawMessage `json:"answers"` // of a tool: the members of its response besides id; "env" answers with the environment
}

// scripted has a server read its script from a file in front of a kernel, and returns the command line that adds it.
func scripted(t *testing.T, file, config string, more ...string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	add := append([]string{"upstream", "add", "other", "--config", config, "--env", "SCRIPTED=" + file, "--env", "GORACE=atexit_sleep_ms=0"}, more...)
	return append(add, "--", self)
}

// playScript is the server.
func playScript(file string) {
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		var m struct {
			ID     json.RawMessage
			Method string
			Params struct{ Name string }
		}
		if json.Unmarshal([]byte(line), &m) == nil && m.ID != nil {
			if asksBack(file, m.Method, m.Params.Name) {
				_, _ = fmt.Fprintln(os.Stderr, "asking")
				fmt.Printf("{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"content\":[{\"type\":\"text\",\"text\":%q}]}}\n", m.ID, inquire(in, "first")+", "+inquire(in, "second"))
				continue
			}
			fmt.Printf("{\"jsonrpc\":\"2.0\",\"id\":%s,%s}\n", m.ID, scriptedAnswer(file, m.Method, m.Params.Name))
		}
	}
}

// asksBack reports whether the answer of a tool is "asks": it then asks its client twice before it answers with what it was told.
func asksBack(file, method, tool string) bool {
	text, err := os.ReadFile(file)
	var s script
	return err == nil && json.Unmarshal(text, &s) == nil && method == "tools/call" && string(s.Answers[tool]) == `"asks"`
}

// inquire asks the client something in the middle of a call.
func inquire(in *bufio.Reader, what string) string {
	fmt.Printf("{\"jsonrpc\":\"2.0\",\"id\":%q,\"method\":\"elicitation/create\",\"params\":{\"message\":%q,\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"word\":{\"type\":\"string\"}}}}}\n", what, what)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "nothing: " + err.Error()
		}
		var m struct {
			ID     string
			Result struct {
				Action  string
				Content struct{ Word string }
			}
			Error struct{ Message string }
		}
		if json.Unmarshal([]byte(line), &m) == nil && m.ID == what {
			return m.Result.Action + m.Result.Content.Word + m.Error.Message
		}
	}
}

// scriptedAnswer returns the members of a response besides its id, on one line.
func scriptedAnswer(file, method, tool string) string {
	text, err := os.ReadFile(file)
	var s script
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	switch {
	case err != nil:
		return fmt.Sprintf(`"error":{"code":-32603,"message":%q}`, err)
	case method == "initialize":
		return `"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"scripted","version":"1"}}`
	case method == "tools/list":
		list, _ := json.Marshal(s.Tools) // it was JSON
		return `"result":{"tools":` + string(list) + `}`
	case method == "tools/call" && string(s.Answers[tool]) == `"env"`:
		env, _ := json.Marshal(strings.Join(os.Environ(), "\n")) // text is JSON
		return `"result":{"content":[{"type":"text","text":` + string(env) + `}]}`
	case method == "tools/call":
		var answer strings.Builder
		members, _ := json.Marshal(s.Answers[tool]) // it was JSON
		answer.Write(members[1 : len(members)-1])
		return answer.String()
	default:
		return `"error":{"code":-32601,"message":"no such method"}`
	}
}

// tool is a definition of a tool that takes a text.
func scriptedTool(name, description string) json.RawMessage {
	text, _ := json.Marshal(map[string]any{ // maps are JSON
		"name": name, "description": description,
		"inputSchema": map[string]any{"type": "object", "properties": map[string]any{"text": map[string]any{"type": "string"}}},
	})
	return text
}

// said is an answer with a text.
func scriptedText(text string) json.RawMessage {
	answer, _ := json.Marshal(map[string]any{"result": map[string]any{"content": []any{map[string]string{"type": "text", "text": text}}}}) // maps are JSON
	return answer
}

// put writes the script to a file.
func (s *script) put(t *testing.T, file string) {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, string(text))
}
