package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// knowing is the _meta of a client of the 2026 era that knows tasks and can be asked.
const knowing = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}}`

// A taskAnswer is what a server says of a task.
type taskAnswer struct {
	Result struct {
		TaskID, Status, StatusMessage string
		InputRequests                 map[string]any
		Result                        struct{ Content []struct{ Text string } }
	}
	Error struct {
		Code    int
		Message string
	}
}

// knowingly sends a request of the 2026 era and returns its answer.
func (c *child) knowingly(method, params string) taskAnswer {
	c.t.Helper()
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s,%s}}`, method, params, knowing))
	return decoded[taskAnswer](c.t, c.next())
}

func (c *child) begins(tool, args string) string {
	c.t.Helper()
	a := c.knowingly("tools/call", fmt.Sprintf(`"name":%q,"arguments":%s`, tool, args))
	if a.Result.TaskID == "" {
		c.t.Fatalf("%s became no task: %+v\n%s", tool, a, c.log)
	}
	return a.Result.TaskID
}

// settles polls until a task has a status.
func (c *child) settles(id, status string) taskAnswer {
	c.t.Helper()
	var a taskAnswer
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if a = c.knowingly("tasks/get", fmt.Sprintf(`"taskId":%q`, id)); a.Result.Status == status {
			return a
		}
	}
	c.t.Fatalf("the task did not become %s: %+v\n%s", status, a, c.log)
	return a
}

// TestTasksOutliveTheirProcess has two servers share a data directory and kills the one that runs the tasks: what clients
// were told holds, at the other and at one that is started afterwards.
func TestTasksOutliveTheirProcess(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	serve := func() *child { return launch(t, fixtured(t), "serve", "--stdio", "--config", config) }
	runs, other := serve(), serve()
	long := runs.begins("slow_compute", `{"seconds":600}`)
	unwanted := runs.begins("slow_compute", `{"seconds":600}`)
	asks := runs.begins("confirm_delete", `{"filename":"a"}`)
	mute := runs.begins("confirm_delete", `{"filename":"b"}`)
	short := runs.begins("slow_compute", `{"seconds":0,"label":"it"}`)
	runs.settles(short, "completed")

	other.settles(long, "working")
	if a := other.knowingly("tasks/cancel", fmt.Sprintf(`"taskId":%q`, unwanted)); a.Error.Code != 0 {
		t.Errorf("cancel through the other server: %+v", a)
	}
	other.settles(asks, "input_required")
	other.knowingly("tasks/update", fmt.Sprintf(`"taskId":%q,"inputResponses":{"confirm":{"action":"accept","content":{"confirm":true}}}`, asks))
	runs.settles(asks, "completed")
	runs.settles(unwanted, "cancelled")
	runs.settles(mute, "input_required")

	if err := runs.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-runs.done
	for _, c := range []*child{other, serve()} {
		for _, lost := range []string{long, mute} {
			if a := c.settles(lost, "failed"); !strings.Contains(a.Result.StatusMessage, "the kernel that ran it has ended") || a.Result.InputRequests != nil {
				t.Errorf("what ran when its process died: %+v", a)
			}
		}
		if a := c.settles(short, "completed"); len(a.Result.Result.Content) == 0 || a.Result.Result.Content[0].Text != "Computed it for 0 seconds." {
			t.Errorf("what was over stays: %+v", a)
		}
		c.settles(asks, "completed")
		c.settles(unwanted, "cancelled")
		c.close()
	}
	ok(t, "audit", "verify", "--config", config)
	page := decoded[answerPage](t, ok(t, "audit", "query", "--name", "slow_compute", "--target", "task", "--kind", "outcome", "--config", config, "-o", "json"))
	if len(page.Entries) == 0 {
		t.Error("the journal knows nothing of what was asked about tasks")
	}
}

// TestTheEndOfAServerEndsItsTasks ends a server as its host does: what waits for the client is over at once, and says why.
func TestTheEndOfAServerEndsItsTasks(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	write(t, config, read(t, config)+"server: {drain: 500ms}\n")
	first := launch(t, fixtured(t), "serve", "--stdio", "--config", config)
	long, asks := first.begins("slow_compute", `{"seconds":600}`), first.begins("confirm_delete", `{"filename":"a"}`)
	first.settles(asks, "input_required")
	first.close()
	second := launch(t, fixtured(t), "serve", "--stdio", "--config", config)
	for _, id := range []string{long, asks} {
		if a := second.settles(id, "failed"); a.Result.StatusMessage != "the kernel is shutting down" {
			t.Errorf("%+v", a)
		}
	}
	second.close()
}
