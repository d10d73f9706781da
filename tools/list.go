package tools

import (
	"context"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// List returns what the caller may see of some kinds, or of all when none is named: what is for its audience and passes
// the allowlist stage of the gate for it. It runs nothing and charges nothing: resources that are members of a family are
// asked for with Members.
func (d *Dispatcher) List(ctx context.Context, caller governance.Caller, profile string, kinds ...governance.Kind) (Listing, error) {
	c := d.Catalog()
	wants := func(kind governance.Kind) bool { return len(kinds) == 0 || slices.Contains(kinds, kind) }
	sees := func(kind governance.Kind, name string, audience Audience) bool {
		return visible(audience, caller) && d.allowed(ctx, kind, name, caller)
	}
	var out Listing
	if wants(governance.KindTool) {
		out.Tools = only(c.all.Tools, func(s *Spec) bool { return s.in(profile) && sees(governance.KindTool, s.Name, s.Audience) })
	}
	if wants(governance.KindPrompt) {
		out.Prompts = only(c.all.Prompts, func(s *PromptSpec) bool { return sees(governance.KindPrompt, s.Name, s.Audience) })
	}
	if wants(governance.KindResource) {
		out.Resources = only(c.all.Resources, func(s *ResourceSpec) bool { return sees(governance.KindResource, s.URI, s.Audience) })
		out.Templates = only(c.all.Templates, func(s *ResourceSpec) bool { return sees(governance.KindResource, s.Template, s.Audience) })
	}
	return out, ctx.Err()
}

// only copies what is to be kept, and is nil when that is nothing.
func only[T any](all []T, keep func(*T) bool) []T {
	var kept []T
	for i := range all {
		if !keep(&all[i]) {
			continue
		}
		if kept == nil {
			kept = make([]T, 0, len(all)-i)
		}
		kept = append(kept, all[i])
	}
	return kept
}

// Members returns the resources of all families that the caller may see, sorted by URI. Each family is listed by a
// governed call of its own (of KindCompletion, named "resource:TEMPLATE"), because its handler runs. A family that is
// denied, or fails, lists no members.
func (d *Dispatcher) Members(ctx context.Context, caller governance.Caller) ([]ResourceSpec, error) {
	c := d.Catalog()
	var all []ResourceSpec
	for _, s := range c.all.Templates {
		if visible(s.Audience, caller) && d.allowed(ctx, governance.KindResource, s.Template, caller) {
			all = append(all, d.members(ctx, caller, c.templates[s.Template])...)
		}
	}
	slices.SortStableFunc(all, func(a, b ResourceSpec) int { return strings.Compare(a.URI, b.URI) })
	return slices.CompactFunc(all, func(a, b ResourceSpec) bool { return a.URI == b.URI }), ctx.Err()
}

// allowed asks the gate whether a name passes the allowlist stage.
func (d *Dispatcher) allowed(ctx context.Context, kind governance.Kind, name string, caller governance.Caller) bool {
	if !governed {
		return true
	}
	return d.opts.Gate.Shows(ctx, &governance.Call{Kind: kind, Name: name, Caller: caller, At: d.opts.Now()})
}

// members lists the resources of a family that the caller may see.
func (d *Dispatcher) members(ctx context.Context, caller governance.Caller, family *Resource) []ResourceSpec {
	if family.list == nil {
		return nil
	}
	var specs []ResourceSpec
	gc := governance.Call{
		ID: d.opts.IDs(), Kind: governance.KindCompletion, Name: "resource:" + family.spec.Template, Caller: caller, At: d.opts.Now(),
	}
	_, err := d.walk(ctx, gc, nil, &target{hints: readOnly(), bind: func(*call) (Handler, error) {
		return func(ctx context.Context, r *Request) (Result, error) {
			found, err := family.list(ctx, r)
			specs = found[:min(len(found), maxMembers)]
			return Result{Values: uris(specs)}, err
		}, nil
	}})
	if err != nil {
		return nil
	}
	specs = slices.DeleteFunc(slices.Clone(specs), func(s ResourceSpec) bool { return !d.member(ctx, caller, family, s) })
	for i := range specs {
		setDefault(&specs[i].Name, family.spec.Name)
		setDefault(&specs[i].MIMEType, family.spec.MIMEType)
		specs[i].Audience = family.spec.Audience
	}
	return specs
}

func uris(specs []ResourceSpec) []string {
	all := make([]string, len(specs))
	for i := range specs {
		all[i] = specs[i].URI
	}
	return all
}

// member reports whether a resource that a family lists is of the family, so that reading it leads to the same handler,
// and allowed for the caller.
func (d *Dispatcher) member(ctx context.Context, caller governance.Caller, family *Resource, s ResourceSpec) bool {
	if r, _ := d.Catalog().resource(s.URI); r != family {
		return false
	}
	return d.allowed(ctx, governance.KindResource, s.URI, caller)
}
