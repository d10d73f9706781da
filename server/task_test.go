package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

func TestTasksOfThe2026Era(t *testing.T) {
	t.Parallel()
	w := newWorkplace(t)
	c := host(t, w.Server, "user:ada")
	if m := c.new("1", "server/discover", ""); m.Result.Capabilities.Extensions["io.modelcontextprotocol/tasks"] == nil || m.Result.Capabilities.Tasks != nil {
		t.Errorf("discover: %+v", m.Result.Capabilities)
	}
	made := c.new("2", "tools/call", `"name":"work",`)
	id := made.Result.TaskID
	if made.Result.ResultType != "task" || id == "" || made.Result.Status != "working" || made.Result.TTLMs != 3_600_000 || made.Result.TTL != 0 {
		t.Fatalf("created: %+v", made)
	}
	if m := c.new("3", "tasks/get", fmt.Sprintf(`"taskId":%q,`, id)); m.Result.Status != "working" || m.Result.task.Result != nil {
		t.Errorf("working: %+v", m)
	}
	close(w.let)
	done := c.over(id)
	if done.Result.Status != "completed" || done.Result.task.Result == nil || done.Result.task.Result.StructuredContent.Text != "worked" {
		t.Errorf("done: %+v", done.Result)
	}
	if m := c.new("4", "tasks/cancel", fmt.Sprintf(`"taskId":%q,`, id)); m.Error != nil || m.Result.ResultType != "complete" || m.Result.TaskID != "" {
		t.Errorf("cancelling what is over: %+v", m)
	}
	if made := c.new("5", "tools/call", `"name":"fails",`); c.over(made.Result.TaskID).Result.task.Result.IsError != true {
		t.Error("a failure is an answer")
	}
	made = c.new("6", "tools/call", `"name":"breaks",`)
	if m := c.over(made.Result.TaskID); m.Result.Status != "failed" || m.Result.task.Error == nil || m.Result.task.Error.Code != -32603 || m.Result.task.Result != nil {
		t.Errorf("a panic: %+v", m.Result)
	}
	for method, code := range map[string]int{"tasks/list": -32601, "tasks/result": -32601, "tasks/get": -32602, "tasks/cancel": -32602} {
		if m := c.new("7", method, `"taskId":"018f0000-0000-7000-8000-000000000000",`); m.Error == nil || m.Error.Code != code {
			t.Errorf("%s: %+v, want %d", method, m.Error, code)
		}
	}
	if m := c.new("8", "tools/call", `"name":"never","task":{"ttl":5},`); m.Result.ResultType != "complete" || m.Result.StructuredContent.Text != "at once" {
		t.Errorf("never: %+v", m)
	}
}

func TestClientsThatDoNotKnowTasks(t *testing.T) {
	t.Parallel()
	w := newWorkplace(t)
	close(w.let)
	c := host(t, w.Server, "user:ada")
	if got := c.call("work", everyCapability, ""); got.say() != "worked" {
		t.Errorf("what may be a task is waited for: %s", got.say())
	}
	needs := func(name string, m wire) {
		t.Helper()
		e := m.Error
		if e == nil || e.Code != -32021 || !strings.Contains(string(e.Data), `"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}`) {
			t.Errorf("%s: %+v", name, e)
		}
	}
	needs("must", read(t, c.ask(`{"jsonrpc":"2.0","id":"m","method":"tools/call","params":{"name":"must","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`)))
	if got := w.book.lines(); got[len(got)-1] != "must tool_error needs_task" {
		t.Errorf("the refusal is recorded: %q", got)
	}
	for _, method := range []string{"tasks/get", "tasks/update", "tasks/cancel", "subscriptions/listen"} {
		needs(method, read(t, c.ask(`{"jsonrpc":"2.0","id":"n","method":%q,"params":{"taskId":"x","inputResponses":{},"notifications":{"taskIds":["x"]},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`, method)))
	}
}

func TestATaskAsksInThe2026Era(t *testing.T) {
	t.Parallel()
	w := newWorkplace(t)
	c := host(t, w.Server, "user:ada")
	id := c.new("1", "tools/call", `"name":"greet",`).Result.TaskID
	for asked := false; !asked; {
		m := c.new("2", "tasks/get", fmt.Sprintf(`"taskId":%q,`, id))
		asked = m.Result.Status == "input_required" && strings.Contains(string(m.Result.InputRequests["user_name"]), "What is your name?")
	}
	update := func(answers string) wire {
		return c.new("3", "tasks/update", fmt.Sprintf(`"taskId":%q,"inputResponses":%s,`, id, answers))
	}
	if m := update(`{"user_name":{"action":"accept","content":{"name":"forbidden"}}}`); m.Error == nil || m.Error.Code != -32003 {
		t.Errorf("policy judges what is answered: %+v", m)
	}
	if m := update(`{"other":{"action":"accept"}}`); m.Error != nil || m.Result.ResultType != "complete" || m.Result.TaskID != "" {
		t.Errorf("an answer to nothing: %+v", m)
	}
	if m := update(`7`); m.Error == nil || m.Error.Code != -32602 {
		t.Errorf("answers must be an object: %+v", m)
	}
	update(`{"user_name":{"action":"accept","content":{"name":"Ada"}}}`)
	if m := c.over(id); m.Result.Status != "completed" || m.Result.task.Result.StructuredContent.Text != "hello Ada" {
		t.Errorf("%+v", m.Result)
	}
}

// A tool that asks before it becomes a task is asked for again, and its task asks by itself.
func TestAskingBeforeATask(t *testing.T) {
	t.Parallel()
	w := newWorkplace(t)
	c := host(t, w.Server, "user:ada")
	first := c.new("1", "tools/call", `"name":"late",`)
	if first.Result.ResultType != "input_required" || first.Result.TaskID != "" {
		t.Fatalf("%+v", first)
	}
	made := c.new("2", "tools/call", fmt.Sprintf(`"name":"late","requestState":%q,"inputResponses":{"user_name":{"action":"accept","content":{"name":"Ada"}}},`, first.Result.RequestState))
	if made.Result.ResultType != "task" || made.Result.RequestState != "" {
		t.Fatalf("%+v", made)
	}
	for m := made; m.Result.Status != "input_required"; {
		m = c.new("3", "tasks/get", fmt.Sprintf(`"taskId":%q,`, made.Result.TaskID))
	}
	c.new("4", "tasks/update", fmt.Sprintf(`"taskId":%q,"inputResponses":{"sure":{"action":"decline"}},`, made.Result.TaskID))
	if m := c.over(made.Result.TaskID); m.Result.task.Result == nil || m.Result.task.Result.StructuredContent.Text != "hello Ada decline" {
		t.Errorf("%+v", m.Result)
	}
}

func TestTasksOfThe2025Era(t *testing.T) {
	t.Parallel()
	w := newWorkplace(t)
	c := host(t, w.Server, "user:ada")
	hello := c.old("hello", "initialize", `{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"h","version":"1"}}`)
	if string(hello.Result.Capabilities.Tasks) != `{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}` || hello.Result.Capabilities.Extensions != nil {
		t.Errorf("capabilities: %+v", hello.Result.Capabilities)
	}
	support := map[string]string{}
	for _, tool := range c.old("list", "tools/list", `{}`).Result.Tools {
		support[tool.Name] = tool.Execution.TaskSupport
	}
	if support["work"] != "optional" || support["must"] != "required" || support["never"] != "" {
		t.Errorf("tools: %v", support)
	}
	made := c.old("1", "tools/call", `{"name":"work","arguments":{},"task":{"ttl":60000},"_meta":{"progressToken":"p"}}`)
	if made.Result.Task == nil || made.Result.Task.Status != "working" || made.Result.Task.TTL != 60_000 || made.Result.ResultType != "" {
		t.Fatalf("created: %+v", made)
	}
	id := fmt.Sprintf(`{"taskId":%q}`, made.Result.Task.TaskID)
	if m := c.old("2", "tasks/get", id); m.Result.Status != "working" || m.Result.TTL != 60_000 {
		t.Errorf("working: %+v", m)
	}
	c.send(`{"jsonrpc":"2.0","id":"3","method":"tasks/result","params":%s}`, id)
	if m := c.old("4", "tasks/list", `{}`); len(m.Result.Tasks) != 1 || m.Result.Tasks[0].TaskID != made.Result.Task.TaskID {
		t.Errorf("list: %+v", m.Result.Tasks)
	}
	close(w.let)
	if m, line := c.hear("3"); m.Result.StructuredContent.Text != "worked" || !strings.Contains(line, `"io.modelcontextprotocol/related-task":`+id) {
		t.Errorf("result: %s", line)
	}
	if m := c.old("5", "tasks/cancel", id); m.Error == nil || m.Error.Code != -32602 {
		t.Errorf("cancelling what is over: %+v", m)
	}
	for name, want := range map[string]int{`{"name":"never","task":{}}`: -32601, `{"name":"must"}`: -32601, `{"name":"work","task":7}`: -32602} {
		if m := c.old("6", "tools/call", name); m.Error == nil || m.Error.Code != want {
			t.Errorf("%s: %+v, want %d", name, m.Error, want)
		}
	}
	made = c.old("7", "tools/call", `{"name":"fails","task":{}}`)
	if m := c.old("8", "tasks/result", fmt.Sprintf(`{"taskId":%q}`, made.Result.Task.TaskID)); !m.Result.IsError {
		t.Errorf("a failure: %+v", m)
	}
	if m := c.old("9", "tasks/get", fmt.Sprintf(`{"taskId":%q}`, made.Result.Task.TaskID)); m.Result.Status != "failed" {
		t.Errorf("a failure is %q in this era", m.Result.Status)
	}
	if m := c.old("10", "tasks/update", id); m.Error == nil || m.Error.Code != -32601 {
		t.Errorf("tasks/update: %+v", m)
	}
}

func TestStatusNotificationsOfThe2025Era(t *testing.T) {
	t.Parallel()
	w := newWorkplace(t)
	c := begin(t, w.Server, `{"elicitation":{}}`)
	c.send(`{"jsonrpc":"2.0","id":"1","method":"tools/call","params":{"name":"greet","arguments":{},"task":{}}}`)
	asked, line := c.hear("notifications/tasks/status")
	if asked.Params.Status != "input_required" || strings.Contains(line, "inputRequests") {
		t.Fatalf("%s", line)
	}
	c.send(`{"jsonrpc":"2.0","id":"2","method":"tasks/result","params":{"taskId":%q}}`, asked.Params.TaskID)
	question, line := c.hear("elicitation/create")
	if !strings.Contains(line, fmt.Sprintf(`"_meta":{"io.modelcontextprotocol/related-task":{"taskId":%q}}`, asked.Params.TaskID)) {
		t.Errorf("the question says whose it is: %s", line)
	}
	c.send(`{"jsonrpc":"2.0","id":%q,"result":{"action":"accept","content":{"name":"Ada"}}}`, question.ID)
	told, answered := "", false
	for told != "completed" || !answered {
		line := c.line()
		m := read(t, line)
		switch {
		case m.Method == "notifications/tasks/status":
			told = m.Params.Status
		case m.ID == "2":
			if answered = true; m.Result.StructuredContent.Text != "hello Ada" {
				t.Errorf("result: %s", line)
			}
		}
	}
}

// What a client answers to a task is judged before the handler has it, also where a call asked and was answered before.
func TestWhatATaskIsAnsweredIsJudged(t *testing.T) {
	t.Parallel()
	w := newWorkplace(t)
	c := begin(t, w.Server, `{"elicitation":{}}`)
	made := c.old("1", "tools/call", `{"name":"greet","arguments":{},"task":{}}`)
	c.send(`{"jsonrpc":"2.0","id":"2","method":"tasks/result","params":{"taskId":%q}}`, made.Result.Task.TaskID)
	question, _ := c.hear("elicitation/create")
	c.send(`{"jsonrpc":"2.0","id":%q,"result":{"action":"accept","content":{"name":"forbidden"}}}`, question.ID)
	if m, line := c.hear("2"); !m.Result.IsError || !strings.Contains(line, "denied: what the client answered") {
		t.Errorf("%s", line)
	}
}

func TestOlderVersionsKnowNoTasks(t *testing.T) {
	t.Parallel()
	w := newWorkplace(t)
	close(w.let)
	c := host(t, w.Server, "user:ada")
	if m := c.old("h", "initialize", `{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"h","version":"1"}}`); m.Result.Capabilities.Tasks != nil {
		t.Errorf("capabilities: %+v", m.Result.Capabilities)
	}
	if m := c.old("1", "tools/call", `{"name":"work","arguments":{},"task":{}}`); m.Result.StructuredContent.Text != "worked" {
		t.Errorf("the wish is ignored: %+v", m)
	}
	if m := c.old("2", "tasks/list", `{}`); m.Error == nil || m.Error.Code != -32601 {
		t.Errorf("tasks/list: %+v", m)
	}
}

func TestTasksAreListenedTo(t *testing.T) {
	t.Parallel()
	p := newWorkplace(t)
	w := serve(t, func(o *both) { o.Options = p.options })
	made := read(t, w.post(knowingly("1", "tools/call", `"name":"work",`), stateless("tools/call", "work")...).body)
	id := made.Result.TaskID
	listen := `"notifications":{"taskIds":["018f0000-0000-7000-8000-000000000000","` + id + `"]},`
	stream := w.stream(http.MethodPost, knowingly("2", "subscriptions/listen", listen), stateless("subscriptions/listen", "")...)
	if m := read(t, stream.message()); m.Method != "notifications/subscriptions/acknowledged" || !slices.Equal(m.Params.Notifications.TaskIDs, []string{id}) {
		t.Fatalf("acknowledged: %+v", m)
	}
	if m := read(t, stream.message()); m.Method != "notifications/tasks" || m.Params.Status != "working" || string(m.Params.Meta["io.modelcontextprotocol/subscriptionId"]) != `"2"` {
		t.Fatalf("at first: %+v", m)
	}
	close(p.let)
	if m := read(t, stream.message()); m.Params.Status != "completed" || m.Params.Result == nil || m.Params.Result.StructuredContent.Text != "worked" {
		t.Fatalf("at last: %+v", m)
	}
	w.stop()
	if m := stream.message(); !strings.Contains(m, `"id":"2","result"`) {
		t.Errorf("at the end: %s", m)
	}
}

// Over HTTP a client that hangs up, and one that has the id of another's task, change nothing.
func TestTasksOverHTTP(t *testing.T) {
	t.Parallel()
	p := newWorkplace(t)
	w := serve(t, func(o *both) {
		o.Options = p.options
		o.web.Authenticate = func(r *http.Request) (governance.Caller, error) {
			return governance.Caller{Principal: r.Header.Get("Authorization")}, nil
		}
	})
	as := func(who, method, name string) []string { return append(stateless(method, name), "Authorization: "+who) }
	made := read(t, w.post(knowingly("1", "tools/call", `"name":"work",`), as("ada", "tools/call", "work")...).body)
	id := made.Result.TaskID
	w.plain.CloseIdleConnections()
	params := fmt.Sprintf(`"taskId":%q,"inputResponses":{},`, id)
	for _, method := range []string{"tasks/get", "tasks/update", "tasks/cancel"} {
		a := w.post(knowingly("2", method, params), as("eve", method, id)...)
		if m := read(t, a.body); a.status != http.StatusBadRequest || m.Error == nil || m.Error.Code != -32602 {
			t.Errorf("%s by another: %d %s", method, a.status, a.body)
		}
	}
	if a := w.post(knowingly("3", "tasks/get", params), as("ada", "tasks/get", "018f0000-0000-7000-8000-000000000000")...); read(t, a.body).Error.Code != -32020 {
		t.Errorf("header and message disagree: %s", a.body)
	}
	if m := read(t, w.post(knowingly("4", "tasks/get", params), as("ada", "tasks/get", id)...).body); m.Result.Status != "working" {
		t.Errorf("it works on: %+v", m)
	}
	w.post(knowingly("5", "tasks/cancel", params), as("ada", "tasks/cancel", id)...)
	if m := read(t, w.post(knowingly("6", "tasks/get", params), as("ada", "tasks/get", id)...).body); m.Result.Status != "cancelled" {
		t.Errorf("it was cancelled: %+v", m)
	}
}

func TestAFreezeEndsTasks(t *testing.T) {
	t.Parallel()
	w := newWorkplace(t)
	c := host(t, w.Server, "user:ada")
	id := c.new("1", "tools/call", `"name":"work",`).Result.TaskID
	w.door.Freeze()
	if m := c.over(id); m.Result.Status != "cancelled" || !strings.Contains(m.Result.StatusMessage, "an operator stopped all calls") {
		t.Errorf("%+v", m.Result)
	}
}

// Every step is decided and recorded: the call, whose outcome stands before the task is over, each question about it, and
// the handing out of its answer, under the name of the tool.
func TestTasksAreRecorded(t *testing.T) {
	t.Parallel()
	w := newWorkplace(t)
	c := host(t, w.Server, "user:ada")
	id := c.new("1", "tools/call", `"name":"work",`).Result.TaskID
	other := c.new("2", "tools/call", `"name":"work",`).Result.TaskID
	c.new("3", "tasks/cancel", fmt.Sprintf(`"taskId":%q,`, other))
	c.new("4", "tasks/get", `"taskId":"nonsense",`)
	close(w.let)
	c.over(id)
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	var lines []string
	var calls []string // outcomes of the tool, and the last handing out
	for i := range w.book.entries {
		e := &w.book.entries[i]
		if e.Kind == audit.KindOutcome {
			lines = append(lines, e.Target.String()+" "+e.Name+" "+e.Status.String())
		}
		if e.Kind == audit.KindOutcome && e.Target == governance.KindTool && e.Status == governance.StatusOK {
			calls = append(calls, "ended")
		}
		if e.Kind == audit.KindOutcome && strings.Contains(e.Result.Preview, "worked") && e.Target == governance.KindTask {
			calls = append(calls, "handed out")
		}
	}
	for _, want := range []string{"tool work ok", "tool work cancelled", "task work ok", "task nonsense denied"} {
		if !slices.Contains(lines, want) {
			t.Errorf("no entry says %q: %q", want, lines)
		}
	}
	if !slices.Equal(calls, []string{"ended", "handed out"}) {
		t.Errorf("the order is %q", calls)
	}
}
