package tools

import (
	"fmt"
	"slices"
	"strings"
)

// profileNames are the profiles that the kernel knows.
func profileNames() []string { return []string{ProfileDefault, ProfileFiles, ProfileFull} }

// Lengths of names. A host prefixes a tool's with mcp__mcp-kernel__ and stops at 64.
const (
	maxToolName   = 47
	maxPromptName = 64
)

// isName reports whether a text is 1 to most letters, digits, _ and -.
func isName(s string, most int) bool {
	return s != "" && len(s) <= most && strings.IndexFunc(s, func(c rune) bool {
		return c != '_' && c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z')
	}) < 0
}

// A builder collects surfaces into a catalog, and what is wrong with them.
type builder struct {
	catalog *Catalog
	owners  map[string]string // by kind and name: the module that has it
	faults  []error
}

func (b *builder) fault(format string, args ...any) {
	b.faults = append(b.faults, fmt.Errorf(format, args...))
}

func (b *builder) module(m Module) {
	if m == nil {
		b.fault("a module is nil")
		return
	}
	s := m.Surface()
	for _, t := range s.Tools {
		b.tool(m.Name(), t)
	}
	for _, r := range s.Resources {
		b.resource(m.Name(), r)
	}
	for _, p := range s.Prompts {
		b.prompt(m.Name(), p)
	}
}

// owned takes a name for a module, and reports whether it was free.
func (b *builder) owned(module, what, name string) bool {
	key := what + " " + name
	if other, taken := b.owners[key]; taken {
		b.fault("module %s: %s %s: module %s has one of that name: rename one", module, what, quote(name), other)
		return false
	}
	b.owners[key] = module
	return true
}

// described checks what everything must say of itself.
func (b *builder) described(where, title, description string, audience Audience) {
	if title == "" {
		b.fault("%s: has no title", where)
	}
	if description == "" {
		b.fault("%s: has no description", where)
	}
	if audience != ForAgents && audience != ForOperators {
		b.fault("%s: does not say its audience: ForAgents or ForOperators", where)
	}
}

func (b *builder) tool(module string, t Tool) {
	s := t.spec
	where := fmt.Sprintf("module %s: tool %s", module, quote(s.Name))
	if !isName(s.Name, maxToolName) {
		b.fault("%s: a name is 1 to 47 letters, digits, _ and -", where)
	}
	b.described(where, s.Title, s.Description, s.Audience)
	b.hints(where, &s)
	for _, p := range s.Profiles {
		if !slices.Contains(profileNames(), p) {
			b.fault("%s: unknown profile %s%s", where, quote(p), suggest(p, profileNames()))
		}
	}
	if s.Timeout < 0 {
		b.fault("%s: its timeout is negative", where)
	}
	if s.Task > TaskMust || s.TaskLate && s.Task == TaskNever {
		b.fault("%s: Task is TaskNever, TaskMay or TaskMust, and TaskLate goes with the last two", where)
	}
	if t.bind == nil {
		b.fault("%s: was not made by Func or Raw", where)
	}
	for _, fault := range t.faults {
		b.fault("%s: %w", where, fault)
	}
	if b.owned(module, "tool", s.Name) {
		b.catalog.tools[s.Name] = &t
	}
}

func (b *builder) hints(where string, s *Spec) {
	for _, h := range []struct {
		name string
		hint Hint
	}{
		{"ReadOnly", s.ReadOnly}, {"Destructive", s.Destructive}, {"Idempotent", s.Idempotent}, {"OpenWorld", s.OpenWorld},
	} {
		if h.hint != Yes && h.hint != No {
			b.fault("%s: does not say %s: Yes or No", where, h.name)
		}
	}
	if s.ReadOnly == Yes && s.Destructive == Yes {
		b.fault("%s: is both read-only and destructive", where)
	}
}

// profiles checks what belongs together only when all tools are known.
func (b *builder) profiles() {
	n := 0
	for _, t := range b.catalog.tools {
		if slices.Contains(t.spec.Profiles, ProfileDefault) && len(t.spec.Definition) == 0 && !t.instead { // how many others have is not ours to say
			n++
		}
	}
	if n > maxDefaultTools {
		b.fault("profile %q has %d tools, at most %d fit what a model should read", ProfileDefault, n, maxDefaultTools)
	}
}

func (b *builder) resource(module string, r Resource) {
	s := r.spec
	where := fmt.Sprintf("module %s: resource %s", module, quote(s.URI+s.Template))
	b.described(where, s.Title, s.Description, s.Audience)
	if s.Size < 0 {
		b.fault("%s: its size is negative", where)
	}
	if r.answer == nil && len(r.faults) == 0 {
		b.fault("%s: was not made by NewResource", where)
	}
	for _, fault := range r.faults {
		b.fault("%s: %w", where, fault)
	}
	if s.Name == "" {
		b.fault("%s: has no name", where)
	} else {
		b.owned(module, "resource named", s.Name)
	}
	switch {
	case s.URI != "" && b.owned(module, "resource", s.URI):
		b.catalog.resources[s.URI] = &r
	case s.Template != "" && len(r.faults) == 0 && b.owned(module, "template", r.pattern.form()):
		b.catalog.templates[s.Template] = &r
	}
}

func (b *builder) prompt(module string, p Prompt) {
	s := p.spec
	where := fmt.Sprintf("module %s: prompt %s", module, quote(s.Name))
	if !isName(s.Name, maxPromptName) {
		b.fault("%s: a name is 1 to 64 letters, digits, _ and -", where)
	}
	b.described(where, s.Title, s.Description, s.Audience)
	if p.answer == nil && len(p.faults) == 0 {
		b.fault("%s: was not made by NewPrompt", where)
	}
	for _, fault := range p.faults {
		b.fault("%s: %w", where, fault)
	}
	seen := map[string]bool{}
	for _, a := range s.Arguments {
		if a.Name == "" || seen[a.Name] {
			b.fault("%s: argument %s has no name or is there twice", where, quote(a.Name))
		}
		if a.Description == "" && len(s.Definition) == 0 {
			b.fault("%s: argument %s has no description", where, quote(a.Name))
		}
		seen[a.Name] = true
	}
	for _, name := range sortedKeys(p.complete) {
		if !seen[name] || p.complete[name] == nil {
			b.fault("%s: completes %s, which is no argument, or with nothing", where, quote(name))
		}
	}
	if b.owned(module, "prompt", s.Name) {
		b.catalog.prompts[s.Name] = &p
	}
}
