package atr

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
)

// An Override is what the operator says of a tool of another server, in the place of what that server says. What is pinned is
// what the server says. The zero value changes nothing.
type Override struct {
	Title       string
	Description string
	ReadOnly    *bool // nil is what holds without it
	Destructive *bool
	Idempotent  *bool
	OpenWorld   *bool
	Tags        []string // to be found by
	Cost        string   // free, low, medium or high; empty is not said
	Deprecated  string   // why it should not be used any more; empty is that it may
	Use         string   // the published name of the tool to use instead
	Timeout     time.Duration
	Cache       time.Duration // that an answer is given again to who got it; 0 is never
}

// Bounds of an Override.
const (
	maxText = 4096 // bytes of a title, a description or a reason
	maxTags = 16
)

// check returns every fault of an override.
func (o *Override) check() error {
	var faults []error
	if o.Cost != "" && !slices.Contains([]string{"free", "low", "medium", "high"}, o.Cost) {
		faults = append(faults, fmt.Errorf("cost: %q is none of free, low, medium, high", o.Cost))
	}
	if o.Use != "" && o.Deprecated == "" {
		faults = append(faults, errors.New("use: is for what is deprecated, which says why"))
	}
	if o.Use != "" && legal(o.Use, maxTool) != o.Use {
		faults = append(faults, fmt.Errorf("use: %q is not how a tool is called here", o.Use))
	}
	if o.ReadOnly != nil && *o.ReadOnly && o.Destructive != nil && *o.Destructive {
		faults = append(faults, errors.New("read_only and destructive: it is one of them at most"))
	}
	if len(o.Title) > maxText || len(o.Description) > maxText || len(o.Deprecated) > maxText {
		faults = append(faults, fmt.Errorf("a text has more than %d bytes", maxText))
	}
	if len(o.Tags) > maxTags {
		faults = append(faults, fmt.Errorf("tags: at most %d", maxTags))
	}
	for _, tag := range o.Tags {
		if word(tag) == "" {
			faults = append(faults, fmt.Errorf("tags: %q is not a word", tag))
		}
	}
	if err := o.checkCache(); err != nil {
		faults = append(faults, err)
	}
	if o.Timeout < 0 {
		faults = append(faults, errors.New("timeout: must not be negative"))
	}
	return errors.Join(faults...)
}

// override is what the operator says of the offer.
func (o *offer) override() Override {
	if o.record.Kind != pin.Tool {
		return Override{}
	}
	return o.server.Tools[o.own]
}

// farewell is what is said of a tool that should not be used any more; empty for one that may be.
func (o *Override) farewell() string {
	if o.Deprecated == "" {
		return ""
	}
	text := "Deprecated: " + o.Deprecated
	if o.Use != "" {
		text += " (use " + o.Use + " instead)"
	}
	return text
}

// described is a description with what is said of a tool that should not be used any more.
func (o *Override) described(text string) string {
	if o.Description != "" {
		text = o.Description
	}
	if bye := o.farewell(); bye != "" {
		text = bye + "\n\n" + text
	}
	return text
}

// The keys of _meta under which a definition says what the operator has said of it.
const (
	metaTags       = "io.mcp-kernel/tags"
	metaCost       = "io.mcp-kernel/cost"
	metaDeprecated = "io.mcp-kernel/deprecated"
)

// amend writes into the members of a definition, and of its _meta, what the operator says; description is what it says now.
func (o *Override) amend(members, meta map[string]json.RawMessage, description string) {
	set := func(to map[string]json.RawMessage, key string, value any, there bool) {
		if text, err := json.Marshal(value); err == nil && there {
			to[key] = text
		}
	}
	set(members, "title", o.Title, o.Title != "")
	set(members, "description", description, o.Description != "" || o.Deprecated != "")
	set(meta, metaTags, o.Tags, len(o.Tags) > 0)
	set(meta, metaCost, o.Cost, o.Cost != "")
	set(meta, metaDeprecated, map[string]string{"reason": o.Deprecated, "use": o.Use}, o.Deprecated != "")
	var annotations map[string]json.RawMessage
	if json.Unmarshal(members["annotations"], &annotations) != nil || annotations == nil {
		annotations = map[string]json.RawMessage{}
	}
	hinted := false
	for key, hint := range map[string]*bool{
		"readOnlyHint": o.ReadOnly, "destructiveHint": o.Destructive, "idempotentHint": o.Idempotent, "openWorldHint": o.OpenWorld,
	} {
		set(annotations, key, hint, hint != nil)
		hinted = hinted || hint != nil
	}
	set(members, "annotations", annotations, hinted)
}

// maxWarned bounds the callers of which it is remembered that they were warned of a tool; nobody is warned after them.
const maxWarned = 4096

// warns reports whether a caller is to be warned of the offer, which is so once.
func (m *Module) warns(caller, tool string) bool {
	key := caller + "\n" + tool
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.warned[key] || len(m.warned) >= maxWarned {
		return false
	}
	if m.warned == nil {
		m.warned = map[string]bool{}
	}
	m.warned[key] = true
	return true
}

// withNote adds a text to the content of a result; one that has no content is returned as it is.
func withNote(result json.RawMessage, note string) json.RawMessage {
	var members map[string]json.RawMessage
	var content []json.RawMessage
	if json.Unmarshal(result, &members) != nil || json.Unmarshal(members["content"], &content) != nil {
		return result
	}
	block, err := json.Marshal(map[string]string{"type": "text", "text": note})
	if err != nil {
		return result
	}
	if members["content"], err = json.Marshal(append(content, block)); err != nil {
		return result
	}
	text, err := json.Marshal(members)
	if err != nil {
		return result
	}
	return text
}
