package standard

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// ErrNoRole is returned for who has none of the roles, where those are refused.
var ErrNoRole = errors.New("none of the roles")

// Roles say which policies govern whom, besides the active ones. The nil Roles are none, and everybody has all rights that the
// active policies leave. They are immutable and safe for concurrent use.
type Roles struct {
	roles []config.Role
	serve bool // those who have none
}

// RolesOf returns the roles of a valid configuration, or nil where it has none.
func RolesOf(c config.Config) *Roles {
	auth := &c.Server.HTTP.Auth
	if len(auth.Roles) == 0 {
		return nil
	}
	return &Roles{roles: auth.Roles, serve: auth.Otherwise == "serve"}
}

// noRole is what governance.Caller.Roles has for who has none and is served, so that no roles at all are those of who did not
// come over HTTP.
const noRole = "-"

// Of returns the roles of a principal, for governance.Caller, with the scopes and groups that its token has; ErrNoRole for who
// has none and is refused.
func (r *Roles) Of(principal string, scopes, groups []string) (string, error) {
	if r == nil {
		return "", nil
	}
	var names []string
	for i := range r.roles {
		if role := &r.roles[i]; isFor(role, principal, groups) && !slices.ContainsFunc(role.Scopes, func(s string) bool { return !slices.Contains(scopes, s) }) {
			names = append(names, role.Name)
		}
	}
	switch {
	case len(names) > 0:
		return strings.Join(names, ","), nil
	case r.serve:
		return noRole, nil
	default:
		return "", ErrNoRole
	}
}

// Lacking returns the scopes with which a token would have the first role that its principal can get by them; nil where there
// is none.
func (r *Roles) Lacking(principal string) []string {
	if r == nil {
		return nil
	}
	for i := range r.roles {
		if role := &r.roles[i]; len(role.Scopes) > 0 && len(role.Groups) == 0 && isFor(role, principal, nil) {
			return role.Scopes
		}
	}
	return nil
}

// isFor reports whether the conditions of a role hold that are not about scopes.
func isFor(role *config.Role, principal string, groups []string) bool {
	if len(role.Principals) > 0 && !slices.ContainsFunc(role.Principals, func(pattern string) bool { return fitsPattern(pattern, principal) }) {
		return false
	}
	return len(role.Groups) == 0 || slices.ContainsFunc(role.Groups, func(g string) bool { return slices.Contains(groups, g) })
}

// fitsPattern reports whether a text is what a pattern says, in which one * stands for any text.
func fitsPattern(pattern, text string) bool {
	before, after, many := strings.Cut(pattern, "*")
	if !many {
		return pattern == text
	}
	return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}

// Scopes returns every scope that opens something, sorted.
func (r *Roles) Scopes() []string {
	if r == nil {
		return nil
	}
	var all []string
	for i := range r.roles {
		all = append(all, r.roles[i].Scopes...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// choose returns what governs a call whose caller has roles. Of several the first governs that allows what is called: who has
// two roles may do what either allows, each under its own limits. A role that is no longer there denies.
func (r *Roles) choose(set *governance.Set, c *governance.Call) (*governance.Snapshot, error) {
	if c.Caller.Roles == noRole && r != nil && r.serve {
		return set.Select(c)
	}
	var first *governance.Snapshot
	for name := range strings.SplitSeq(c.Caller.Roles, ",") {
		role := r.named(name)
		if role == nil {
			return nil, fmt.Errorf("unknown role %q", name)
		}
		snapshot, err := set.SelectWith(c, role.Policies)
		if err != nil {
			return nil, fmt.Errorf("role %s: %w", name, err)
		}
		if _, ok := snapshot.Allowed(c.Kind, c.Name); ok {
			return snapshot, nil
		}
		if first == nil {
			first = snapshot
		}
	}
	return first, nil
}

func (r *Roles) named(name string) *config.Role {
	if r == nil {
		return nil
	}
	i := slices.IndexFunc(r.roles, func(role config.Role) bool { return role.Name == name })
	if i < 0 {
		return nil
	}
	return &r.roles[i]
}

// changes notes which listings are others for those who have a role.
func (r *Roles) changes(to *Reload, catalog *tools.Catalog, before, after *governance.Set) error {
	if r == nil {
		return nil
	}
	for i := range r.roles {
		was, err := before.SelectWith(&governance.Call{}, r.roles[i].Policies)
		if err != nil {
			return err
		}
		is, err := after.SelectWith(&governance.Call{}, r.roles[i].Policies)
		if err != nil {
			return err
		}
		inTools, inResources, inPrompts := shows(catalog, was, is)
		to.Tools, to.Resources, to.Prompts = to.Tools || inTools, to.Resources || inResources, to.Prompts || inPrompts
	}
	return nil
}

// Missing returns the scopes that a token would need so that its holder may use what has a name, by the first role that allows
// it; nil where it is allowed already, or no scope would help. Roles for groups are left out: nobody gets into one by asking.
func (p *Policies) Missing(caller governance.Caller, kind governance.Kind, name string) []string {
	if p.roles == nil || caller.Roles == "" {
		return nil
	}
	set, c := p.Set(), &governance.Call{Kind: kind, Name: name, Caller: caller}
	now, err := p.roles.choose(set, c)
	if err != nil {
		return nil
	}
	if _, ok := now.Allowed(kind, name); ok {
		return nil
	}
	for i := range p.roles.roles {
		role := &p.roles.roles[i]
		if len(role.Scopes) == 0 || len(role.Groups) > 0 || !isFor(role, caller.Principal, nil) {
			continue
		}
		with, err := set.SelectWith(c, role.Policies)
		if err != nil {
			continue
		}
		if _, ok := with.Allowed(kind, name); ok {
			return role.Scopes
		}
	}
	return nil
}

// knownRoles reports every policy of a role that is not loaded.
func knownRoles(set *governance.Set, roles []config.Role) error {
	var faults []error
	for i := range roles {
		for _, name := range roles[i].Policies {
			if _, ok := set.Policy(name); !ok {
				faults = append(faults, fmt.Errorf("server.http.auth.roles: role %s: %w %q: there are %s",
					roles[i].Name, governance.ErrUnknownPolicy, name, strings.Join(set.Names(), ", ")))
			}
		}
	}
	return errors.Join(faults...)
}
