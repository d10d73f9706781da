package controlplane

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/state"
)

// Bounds of what kernel_execute keeps under a state_ref.
const (
	maxSteps    = 50  // of its history
	maxRestore  = 100 // checkpoints kept of it
	swapRetries = 8   // when several calls change it at once
)

// A Step is one action in the history of a state.
type Step struct {
	Action  string    `json:"action"`
	Call    string    `json:"call_id" doc:"id by which the journal knows it"`
	At      time.Time `json:"at"`
	Success bool      `json:"success"`
}

// A Memory is what kernel_execute keeps under a state_ref: what was done, and what the files and entries that were
// touched looked like.
type Memory struct {
	Steps   []Step            `json:"history"`
	Touched map[string]string `json:"touched,omitempty" doc:"digest or etag of each path that was written or read, empty for deleted ones"`
}

// Memories keeps the states of a VFS's identities, with checkpoints from which an operator can restore them.
type Memories struct {
	files *VFS
	log   state.Log
}

// NewMemories returns the states in a VFS, with their checkpoints in a log. The caller owns both.
func NewMemories(files *VFS, log state.Log) *Memories { return &Memories{files: files, log: log} }

func memoryPath(ref string) (string, error) {
	if ref == "" || len(ref) > 128 || strings.ContainsAny(ref, "/\x00") || ref == "." || ref == ".." {
		return "", faultf(Invalid, "state_ref must be a word of at most 128 bytes without /")
	}
	return cleanPath("/state/" + ref + ".json")
}

// Load returns the state under a ref and its etag; an empty state where there is none.
func (m *Memories) Load(ctx context.Context, identity, ref string) (Memory, string, error) {
	name, err := memoryPath(ref)
	if err != nil {
		return Memory{}, "", err
	}
	entry, err := m.files.Read(ctx, identity, name)
	if isKind(err, NotFound) {
		return Memory{}, noETag, nil
	}
	if err != nil {
		return Memory{}, "", err
	}
	var memory Memory
	return memory, entry.ETag, json.Unmarshal([]byte(entry.Content), &memory)
}

// Add adds a step to the state under a ref and keeps a checkpoint of what it has become.
func (m *Memories) Add(ctx context.Context, identity, ref string, step Step, touched map[string]string) (Memory, string, error) {
	for range swapRetries {
		memory, before, err := m.Load(ctx, identity, ref)
		if err != nil {
			return Memory{}, "", err
		}
		memory.add(step, touched)
		after, err := m.store(ctx, identity, ref, memory, before, step)
		if isKind(err, Conflict) {
			continue
		}
		return memory, after, err
	}
	return Memory{}, "", faultf(Conflict, "state %s is changed by too many calls at once: try again", ref)
}

func (m *Memory) add(step Step, touched map[string]string) {
	m.Steps = append(m.Steps, step)
	if over := len(m.Steps) - maxSteps; over > 0 {
		m.Steps = m.Steps[over:]
	}
	for name, digest := range touched {
		if m.Touched == nil {
			m.Touched = map[string]string{}
		}
		if _, known := m.Touched[name]; known || len(m.Touched) < maxListed {
			m.Touched[name] = digest
		}
	}
}

// A Checkpoint is a state as it was after a call.
type Checkpoint struct {
	Number uint64    `json:"number" doc:"name it to restore"`
	Ref    string    `json:"state_ref"`
	Call   string    `json:"call_id"`
	At     time.Time `json:"at"`
	Steps  int       `json:"steps"`
	Memory *Memory   `json:"memory,omitempty"`
}

func checkpoints(identity, ref string) string { return "checkpoint-" + treeOf(identity) + "/" + ref }

func (m *Memories) store(ctx context.Context, identity, ref string, memory Memory, ifETag string, step Step) (string, error) {
	name, err := memoryPath(ref)
	if err != nil {
		return "", err
	}
	content, err := json.Marshal(memory)
	if err != nil {
		return "", err
	}
	entry, err := m.files.put(ctx, identity, name, content, ifETag, 0)
	if err != nil {
		return "", err
	}
	kept, err := json.Marshal(Checkpoint{Ref: ref, Call: step.Call, At: step.At, Steps: len(memory.Steps), Memory: &memory})
	if err != nil {
		return "", err
	}
	stream := checkpoints(identity, ref)
	last, err := m.log.Append(ctx, stream, state.Tail, kept)
	if err == nil && last > maxRestore {
		err = m.log.Trim(ctx, stream, last-maxRestore)
	}
	return entry.ETag, err
}

// Checkpoints lists what can be restored of a state, the newest first.
func (m *Memories) Checkpoints(ctx context.Context, identity, ref string) ([]Checkpoint, error) {
	found := []Checkpoint{}
	for record, err := range m.log.Read(ctx, checkpoints(identity, ref), 1) {
		if err != nil {
			return nil, err
		}
		var c Checkpoint
		if err := json.Unmarshal(record.Value, &c); err != nil {
			return nil, err
		}
		c.Number, c.Memory = uint64(record.Seq), nil
		found = append([]Checkpoint{c}, found...)
	}
	return found, nil
}

// Restore brings a state back to a checkpoint. It restores what is remembered and nothing else: counters, labels and
// approvals are the journal's and never go back.
func (m *Memories) Restore(ctx context.Context, identity, ref string, number uint64, call string) (Checkpoint, error) {
	for record, err := range m.log.Read(ctx, checkpoints(identity, ref), state.Seq(number)) {
		if err != nil {
			return Checkpoint{}, err
		}
		if uint64(record.Seq) != number {
			break
		}
		var c Checkpoint
		if err := json.Unmarshal(record.Value, &c); err != nil {
			return Checkpoint{}, err
		}
		c.Number = number
		step := Step{Action: "checkpoint_restore", Call: call, At: m.files.now().UTC(), Success: true}
		_, err := m.store(ctx, identity, ref, *c.Memory, "", step)
		c.Memory = nil
		return c, err
	}
	return Checkpoint{}, faultf(NotFound, "there is no checkpoint %d of state %s", number, ref)
}
