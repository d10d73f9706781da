package standard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/policy"
	"github.com/mcp-kernel/mcp-kernel/governance/policy/watch"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A Reload is what came of reading the policies again.
type Reload struct {
	Old, New                  string   // digests of what the active policies mean
	Added, Changed, Removed   []string // names of loaded policies, sorted; none of them, and nothing has changed
	Tools, Resources, Prompts bool     // which listings show something else
}

// Any reports whether any policy is another than before.
func (r *Reload) Any() bool { return r.differ() > 0 }

// differ is how many of the loaded policies are others than before.
func (r *Reload) differ() int { return len(r.Added) + len(r.Changed) + len(r.Removed) }

// String says what has changed, as in "changed default; added night".
func (r *Reload) String() string {
	var words []string
	for _, group := range []struct {
		word  string
		names []string
	}{{"changed", r.Changed}, {"added", r.Added}, {"removed", r.Removed}} {
		if len(group.names) > 0 {
			words = append(words, group.word+" "+strings.Join(group.names, ", "))
		}
	}
	if len(words) == 0 {
		return "nothing has changed"
	}
	return strings.Join(words, "; ")
}

// Reload reads the policies again and puts them in force, all at once: every call is decided by those before or by those
// after. They are validated first, also against the catalog, and recorded; when either fails, what held goes on to hold.
// The error is then every fault of every file, joined.
func (k *Kernel) Reload(ctx context.Context) (Reload, error) {
	k.reloading.Lock()
	defer k.reloading.Unlock()
	r, err := k.reload(ctx)
	k.unread.note(ctx, err)
	return r, err
}

func (k *Kernel) reload(ctx context.Context) (Reload, error) {
	after, err := LoadPolicies(ctx, k.config)
	if err != nil {
		return Reload{}, err
	}
	return k.replace(ctx, after)
}

// replace puts policies that were loaded in force. The caller holds reloading.
func (k *Kernel) replace(ctx context.Context, after *governance.Set) (Reload, error) {
	before := k.Policies.Set()
	if err := k.bindRules(after); err != nil {
		return Reload{}, err
	}
	r, err := k.changes(before, after)
	if err != nil {
		return Reload{}, err
	}
	if !r.Any() {
		k.Policies.set.Store(after) // bound to what there is to call now
		return r, nil
	}
	note := audit.Control{Action: audit.ActionPolicies, By: r.Old, Subject: r.New, Count: int64(r.differ()), Reason: r.String()}
	if err := k.Journal.Append(ctx, &audit.Entry{Kind: audit.KindControl, Control: &note}); err != nil {
		return Reload{}, fmt.Errorf("policies cannot be recorded, so they are not in force: %w", err)
	}
	k.Policies.replace(after)
	return r, nil
}

// changes says what is different between two sets of policies.
func (k *Kernel) changes(before, after *governance.Set) (Reload, error) {
	was, err := before.Select(&governance.Call{})
	if err != nil {
		return Reload{}, err
	}
	is, err := after.Select(&governance.Call{})
	if err != nil {
		return Reload{}, err
	}
	r := Reload{Old: was.Digest(), New: is.Digest()}
	for _, name := range after.Names() {
		now, _ := after.Policy(name)
		old, known := before.Policy(name)
		switch {
		case !known:
			r.Added = append(r.Added, name)
		case !bytes.Equal(policy.Encode(now), policy.Encode(old)):
			r.Changed = append(r.Changed, name)
		}
	}
	for _, name := range before.Names() {
		if _, kept := after.Policy(name); !kept {
			r.Removed = append(r.Removed, name)
		}
	}
	r.Tools, r.Resources, r.Prompts = shows(k.catalog(), was, is)
	return r, k.Policies.roles.changes(&r, k.catalog(), before, after)
}

// shows reports which listings of a catalog are others under another snapshot.
func shows(c *tools.Catalog, was, is *governance.Snapshot) (inTools, inResources, inPrompts bool) {
	differs := func(kind governance.Kind, name string) bool {
		_, before := was.Allowed(kind, name)
		_, after := is.Allowed(kind, name)
		return before != after
	}
	inTools = slices.ContainsFunc(c.Tools(tools.ProfileFull), func(s tools.Spec) bool { return differs(governance.KindTool, s.Name) })
	inResources = slices.ContainsFunc(c.Resources(), func(s tools.ResourceSpec) bool { return differs(governance.KindResource, s.URI) }) ||
		slices.ContainsFunc(c.Templates(), func(s tools.ResourceSpec) bool { return differs(governance.KindResource, s.Template) })
	inPrompts = slices.ContainsFunc(c.Prompts(), func(s tools.PromptSpec) bool { return differs(governance.KindPrompt, s.Name) })
	return inTools, inResources, inPrompts
}

// FollowOptions say who is told of what comes of following the policy files. Nil functions are not called.
type FollowOptions struct {
	Reloaded func(Reload) // other policies are in force
	Refused  func(error)  // what is written cannot be put in force, so what held holds; every fault of every file, joined
	Fault    func(error)  // the files cannot be watched, only looked at

	Watch watch.Options // how to watch; Paths, Changed and Fault are not read
}

// A Follower reloads the policies when their files change, or others are published. The nil Follower has none to follow.
type Follower struct {
	watcher *watch.Watcher // of files; nil where they are published
	commons *commons       // nil where they are files
}

// Follow reloads the policies whenever their files have changed and come to rest, until the Follower is closed, which must
// be before the kernel is. The built-in policies have no files; then the Follower is nil.
func (k *Kernel) Follow(o FollowOptions) (*Follower, error) {
	if k.published() {
		k.commons.tell(&o)
		return &Follower{commons: k.commons}, nil
	}
	if len(k.config.Governance.PolicyFiles) == 0 {
		return nil, nil //nolint:nilnil // there is nothing to follow, and nil does nothing
	}
	w := o.Watch
	w.Paths, w.Fault = k.followed, o.Fault
	w.Changed = o.tell(k)
	watcher, err := watch.Start(w)
	if err != nil {
		return nil, err
	}
	watcher.Poke() // they may have changed since they were loaded
	return &Follower{watcher: watcher}, nil
}

// followed are the files and directories that say what the policies are: those of the configuration, and those of rules.
func (k *Kernel) followed() []string {
	configured := k.config.Governance.PolicyFiles
	paths := slices.Clone(configured)
	for _, file := range configured {
		beside, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*.cedar"))
		if err == nil { // the pattern of a folder with brackets may be none
			paths = append(paths, beside...)
		}
	}
	set := k.Policies.Set()
	for _, name := range set.Names() {
		if p, ok := set.Policy(name); ok && p.Rules.File != p.Source.File {
			paths = append(paths, p.Rules.File)
		}
	}
	slices.Sort(paths)
	return slices.DeleteFunc(slices.Compact(paths), func(path string) bool { return path == "" })
}

// tell returns what reloads and says what came of it. The same faults are told once.
func (o FollowOptions) tell(k *Kernel) func(context.Context) {
	told := ""
	return func(ctx context.Context) {
		r, err := k.Reload(ctx)
		switch {
		case errors.Is(err, context.Canceled):
		case err == nil:
			told = ""
			if r.Any() && o.Reloaded != nil {
				o.Reloaded(r)
			}
		case err.Error() != told:
			told = err.Error()
			if o.Refused != nil {
				o.Refused(err)
			}
		}
	}
}

// Poke reads the policies again, whether or not a change was noticed.
func (f *Follower) Poke() {
	switch {
	case f == nil:
	case f.commons != nil:
		f.commons.hurry()
	default:
		f.watcher.Poke()
	}
}

// Close ends following, and waits for a reload that is under way.
func (f *Follower) Close() error {
	switch {
	case f == nil:
		return nil
	case f.commons != nil:
		f.commons.tell(nil)
		return nil
	}
	return f.watcher.Close()
}
