package tools

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// maxDefaultTools is how many tools the default profile may show: each costs a model tokens and attention.
const maxDefaultTools = 12

// A Catalog is the surfaces of all modules: an immutable snapshot, safe for concurrent use. A change is a new Catalog.
type Catalog struct {
	tools     map[string]*Tool
	resources map[string]*Resource // single ones, by URI
	templates map[string]*Resource // families, by template
	families  []*Resource          // the most literal first
	prompts   map[string]*Prompt
	all       Listing
	digest    string
}

// NewCatalog makes a catalog of the modules' surfaces, or returns every fault of every module, joined.
func NewCatalog(modules ...Module) (*Catalog, error) {
	b := builder{
		catalog: &Catalog{
			tools: map[string]*Tool{}, resources: map[string]*Resource{}, templates: map[string]*Resource{},
			prompts: map[string]*Prompt{},
		},
		owners: map[string]string{},
	}
	for _, m := range modules {
		b.module(m)
	}
	b.profiles()
	if err := errors.Join(b.faults...); err != nil {
		return nil, err
	}
	b.catalog.seal()
	return b.catalog, nil
}

// seal sorts everything and computes the digest.
func (c *Catalog) seal() {
	for _, name := range sortedKeys(c.tools) {
		c.all.Tools = append(c.all.Tools, c.tools[name].spec)
	}
	for _, uri := range sortedKeys(c.resources) {
		c.all.Resources = append(c.all.Resources, c.resources[uri].spec)
	}
	for _, text := range sortedKeys(c.templates) {
		c.all.Templates = append(c.all.Templates, c.templates[text].spec)
		c.families = append(c.families, c.templates[text])
	}
	slices.SortStableFunc(c.families, func(a, b *Resource) int {
		return cmp.Or(b.pattern.literals()-a.pattern.literals(), strings.Compare(a.spec.Template, b.spec.Template))
	})
	for _, name := range sortedKeys(c.prompts) {
		c.all.Prompts = append(c.all.Prompts, c.prompts[name].spec)
	}
	text, err := json.Marshal(c.all)
	if err != nil {
		text = []byte(err.Error()) // cannot happen: every schema in it was checked to be JSON
	}
	sum := sha256.Sum256(text)
	c.digest = "sha256:" + hex.EncodeToString(sum[:])
}

// Digest returns "sha256:" and the hexadecimal digest of everything the catalog publishes. It is the same for the same
// surfaces in any order.
func (c *Catalog) Digest() string { return c.digest }

// Tools returns the specs of the tools of a profile, sorted by name. The slice is the caller's own, what its elements
// refer to is shared.
func (c *Catalog) Tools(profile string) []Spec {
	return only(c.all.Tools, func(s *Spec) bool { return s.in(profile) })
}

// Resources returns the specs of the single resources, sorted by URI. The slice is the caller's own.
func (c *Catalog) Resources() []ResourceSpec { return slices.Clone(c.all.Resources) }

// Templates returns the specs of the families of resources, sorted by template. The slice is the caller's own.
func (c *Catalog) Templates() []ResourceSpec { return slices.Clone(c.all.Templates) }

// Prompts returns the specs of the prompts, sorted by name. The slice is the caller's own.
func (c *Catalog) Prompts() []PromptSpec { return slices.Clone(c.all.Prompts) }

// Spec returns what a tool says of itself, and whether there is one of that name.
func (c *Catalog) Spec(tool string) (Spec, bool) {
	t, ok := c.tools[tool]
	if !ok {
		return Spec{}, false
	}
	return t.spec, true
}

// Has reports whether there is a tool, a prompt or a resource of that name, for whatever audience.
func (c *Catalog) Has(kind governance.Kind, name string) bool {
	switch kind {
	case governance.KindTool:
		return c.tools[name] != nil
	case governance.KindPrompt:
		return c.prompts[name] != nil
	case governance.KindResource:
		r, _ := c.resource(name)
		return r != nil
	default:
		return false
	}
}

// resource finds the resource that a URI names: the single one, else the family with the most literal template that
// matches.
func (c *Catalog) resource(uri string) (*Resource, map[string]string) {
	if r := c.resources[uri]; r != nil {
		return r, nil
	}
	for _, r := range c.families {
		if vars, ok := r.pattern.match(uri); ok {
			return r, vars
		}
	}
	return nil, nil
}

// in reports whether the tool belongs to the profile.
func (s *Spec) in(profile string) bool {
	return profile == ProfileFull || slices.Contains(s.Profiles, profile)
}
