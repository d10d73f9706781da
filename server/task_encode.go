package server

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/server/tasks"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// taskPoll is how often a client is advised to ask for a task.
const taskPoll = time.Second

// metaRelated is the _meta key by which messages of the 2025 era say which task they belong to.
const metaRelated = "io.modelcontextprotocol/related-task"

func related(id string) json.RawMessage {
	return append(appendString([]byte(`{"taskId":`), id), '}')
}

// created is the result of a call that has become a task.
func (s *Server) created(r *request, t *tasks.Task) []byte {
	answer := tools.Result{CallID: t.Call}
	if r.meta.modern {
		b := appendStatus([]byte{'{'}, t, true)
		b = s.appendMeta(append(b, `,"_meta":`...), true, &answer)
		return append(b, `,"resultType":"task"}`...)
	}
	b := append(appendStatus([]byte(`{"task":{`), t, false), '}')
	return s.closeResult(b, false, &answer, false)
}

// appendTask appends what a task is at and, in the 2026 era, what it asks or what has come of it.
func (s *Server) appendTask(b []byte, r *request, t *tasks.Task, answer *tools.Result) []byte {
	b = appendStatus(b, t, r.meta.modern)
	if !r.meta.modern {
		return b
	}
	switch t.Status {
	case tasks.InputRequired:
		b = appendQuestions(append(b, ','), t.Questions)
	case tasks.Completed:
		b = append(append(b, `,"result":`...), s.taskAnswer(r, t, answer)...)
	case tasks.Failed:
		e := protocolError(governance.KindTool, r, t.Refusal)
		b = appendErrorObject(append(b, `,"error":`...), e)
	default:
	}
	return b
}

// taskAnswer is the result that the call itself would have had.
func (s *Server) taskAnswer(r *request, t *tasks.Task, answer *tools.Result) []byte {
	own := *answer
	own.CallID, own.Pending = t.Call, nil
	return s.encode(r, governance.KindTool, own)
}

// appendStatus appends the members that say what a task is at, in the words of an era.
func appendStatus(b []byte, t *tasks.Task, modern bool) []byte {
	status, ttl, poll := string(t.Status), `,"ttlMs":`, `,"pollIntervalMs":`
	if !modern {
		status, ttl, poll = legacyStatus(t), `,"ttl":`, `,"pollInterval":`
	}
	b = appendString(append(b, `"taskId":`...), t.ID)
	b = appendField(b, "status", status)
	b = appendField(b, "statusMessage", t.Message)
	b = appendField(b, "createdAt", t.Created.UTC().Format(time.RFC3339Nano))
	b = appendField(b, "lastUpdatedAt", t.Updated.UTC().Format(time.RFC3339Nano))
	b = strconv.AppendInt(append(b, ttl...), t.TTL.Milliseconds(), 10)
	return strconv.AppendInt(append(b, poll...), taskPoll.Milliseconds(), 10)
}

// legacyStatus is the status in the 2025 era, where a task whose answer says what went wrong has failed.
func legacyStatus(t *tasks.Task) string {
	if t.IsError {
		return string(tasks.Failed)
	}
	return string(t.Status)
}

// appendQuestions appends inputRequests.
func appendQuestions(b []byte, questions []tasks.Question) []byte {
	b = append(b, `"inputRequests":{`...)
	for i, q := range questions {
		b = append(appendString(appendComma(b, i), q.Key), `:{"method":`...)
		b = append(appendString(b, q.Method), `,"params":`...)
		b = append(append(b, q.Params...), '}')
	}
	return append(b, '}')
}
