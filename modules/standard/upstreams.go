package standard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/internal/locals"
	"github.com/mcp-kernel/mcp-kernel/internal/upstreams"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/dial"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
	"github.com/mcp-kernel/mcp-kernel/modules/controlplane"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// loadServers reads which other servers are governed.
func (k *Kernel) loadServers(context.Context, Options) (err error) {
	if slices.Contains(k.config.Modules.Disabled, atr.Name) {
		return nil
	}
	if k.others, err = upstreams.Load(k.config.UpstreamsFile()); err != nil {
		return err
	}
	own, err := locals.Load(k.config.ToolsFile())
	if err != nil || own.Empty() {
		return err
	}
	tools, err := own.Make(locals.Options{Resolve: resolve, Line: func(line string) {
		if k.opts.OnLine != nil {
			k.opts.OnLine(locals.Server, line)
		}
	}})
	if err != nil {
		return err
	}
	k.parts = append(k.parts, tools)
	k.others = append(k.others, tools.Servers()...)
	return nil
}

// upstreams makes the module that governs other servers, where there are any.
func (k *Kernel) upstreams(*controlplane.Executions) (tools.Module, error) {
	if len(k.others) == 0 {
		return nil, nil //nolint:nilnil // there is nothing to govern
	}
	client, err := json.Marshal(map[string]string{"name": "mcp-kernel", "version": k.opts.Version})
	if err != nil {
		return nil, err
	}
	logins, err := oauth.NewKeeper(oauth.Options{
		State: state.Prefixed("oauth", k.State), Resolve: resolve, Self: k.opts.Self, Now: k.Now,
		Key: func() ([]byte, error) { return oauth.OpenKey(filepath.Join(k.config.DataDir, TokensKey)) },
	})
	if err != nil {
		return nil, err
	}
	reach := reach{logins}
	k.atr, err = atr.New(atr.Options{
		Servers: k.others, State: k.State, Client: client, Changed: k.republish, Line: k.opts.OnLine, Now: k.Now,
		Open: atr.Opener{Ours: k.ours(), Keys: k.ours()[0], Resolve: resolve, Dial: reach.dial}.Open, Self: k.opts.Self, Source: reach.source, Resolve: resolve, Cold: !k.opts.Servers, Threshold: k.config.Upstreams.SearchThreshold, Record: k.agreed,
		Fault: func(server string, err error) { k.fault("", fmt.Errorf("server %s: %w", server, err)) },
	})
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", k.config.UpstreamsFile(), k.config.ToolsFile(), err)
	}
	return k.atr, nil
}

// ours are the files by which this kernel is governed, the data directory first, with the keys in it.
func (k *Kernel) ours() []string {
	all := append([]string{k.config.DataDir, k.config.UpstreamsFile(), k.config.ToolsFile(), k.config.File}, k.config.Governance.PolicyFiles...)
	all = slices.DeleteFunc(all, func(path string) bool { return path == "" })
	for i, path := range all {
		if whole, err := filepath.Abs(path); err == nil {
			all[i] = whole
		}
	}
	return all
}

// agreed writes down that somebody has agreed to what a server defines.
func (k *Kernel) agreed(ctx context.Context, by, digest, what string) error {
	if k.Journal == nil {
		return errUnrecorded
	}
	return k.Journal.Append(ctx, &audit.Entry{Kind: audit.KindControl, Control: &audit.Control{
		Action: audit.ActionNote, By: by, Subject: digest, Reason: strings.ToValidUTF8(what[:min(len(what), maxNote)], ""),
	}})
}

// maxNote bounds what the journal says of an agreement, in bytes.
const maxNote = 1000

// resolve returns what a reference to a secret stands for.
func resolve(_ context.Context, text string) (string, error) { return secret.Resolver{}.Resolve(text) }

// reach reaches servers at addresses. Without logins there is no token for any.
type reach struct{ logins *oauth.Keeper }

// client reaches what a server may lead to.
func (reach) client(s *atr.Server) *http.Client {
	var o dial.Options
	if s.Private {
		o.Permit = dial.Private()
	}
	return dial.Client(o)
}

// source gives the tokens for a server.
func (r reach) source(s *atr.Server, principal string) (*oauth.Source, error) {
	c, ok := s.Tokens()
	if !ok || r.logins == nil {
		return nil, nil //nolint:nilnil // it has none
	}
	return r.logins.Source(oauth.Account{Server: s.Name, Principal: principal, URL: s.URL}, c, r.client(s)), nil
}

// dial returns the transport to a server.
func (r reach) dial(_ context.Context, s *atr.Server, principal string, headers map[string]string) (rpc.Transport, error) {
	o := rpc.HTTPOptions{
		URL: s.URL, Client: r.client(s), Headers: headers, MaxMessage: s.Bytes, MaxStreams: rpc.DefaultMaxStreams + s.Parallel,
	}
	source, err := r.source(s, principal)
	if err != nil {
		return nil, err
	}
	if source != nil {
		o.Tokens = source
	}
	t, err := rpc.NewHTTP(o)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Servers is the module that governs other servers, nil where there are none.
func (k *Kernel) Servers() *atr.Module { return k.atr }

// pins are the checks of what other servers define, where there are any.
func (k *Kernel) pins() []governance.Check {
	if len(k.others) == 0 {
		return nil
	}
	return []governance.Check{pinned{k}}
}

// pinned is the check of what other servers define, by the module that governs them, which is made after the gate.
type pinned struct{ k *Kernel }

// Name implements governance.Check.
func (pinned) Name() string { return atr.CheckPin }

// Check implements governance.Check.
func (p pinned) Check(ctx context.Context, c *governance.Call, s *governance.Snapshot) (governance.Decision, error) {
	if p.k.atr == nil {
		return governance.Decision{}, errors.New("other servers are not known yet")
	}
	return p.k.atr.Pins().Check(ctx, c, s)
}

// catalog is what can be called now.
func (k *Kernel) catalog() *tools.Catalog {
	if k.Dispatcher == nil {
		return k.Catalog
	}
	return k.Dispatcher.Catalog()
}

// republish puts what can be called now in the place of what could be before. Where that cannot be, as where a policy has
// a rule about something that is gone, what could be called goes on to be.
func (k *Kernel) republish() {
	k.reloading.Lock()
	defer k.reloading.Unlock()
	if k.Dispatcher == nil {
		return // the catalog that is being made has it
	}
	catalog, err := tools.NewCatalog(k.static...)
	if err != nil {
		k.fault("", fmt.Errorf("what other servers offer: %w", err))
		return
	}
	if catalog.Digest() == k.Dispatcher.Catalog().Digest() {
		return
	}
	if set := k.Policies.Set(); set.HasRules() {
		schema, err := RuleSchema(catalog)
		if err == nil {
			err = set.Bind(schema)
		}
		if err != nil {
			k.fault("", fmt.Errorf("what other servers offer does not go with the rules of policies: %w", err))
			return
		}
	}
	k.Dispatcher.Replace(catalog)
	if k.opts.OnCatalog != nil {
		k.opts.OnCatalog()
	}
}

// unlearned adds to what is wrong with rules of which other servers it is not known what they offer.
func (k *Kernel) unlearned(ctx context.Context, err error) error {
	if k.atr == nil {
		return err
	}
	reports := k.atr.Reports(ctx)
	for i := range reports {
		if !reports[i].Known {
			err = fmt.Errorf("%w\nwhat server %s offers is not known yet: mcp-kernel upstream test %s", err, reports[i].Name, reports[i].Name)
		}
	}
	return err
}

// remembered are modules each of which is asked for its surface once, but for the one whose surface changes, which comes
// last and yields to them.
func (k *Kernel) remembered(modules []tools.Module) []tools.Module {
	var all, resources []tools.Module
	for _, m := range modules {
		if _, changes := m.(*atr.Module); changes {
			continue
		}
		own := still{m.Name(), m.Surface()}
		all = append(all, own)
		resources = append(resources, still{own.name, tools.Surface{Resources: own.surface.Resources}})
	}
	if k.atr != nil {
		all = append(all, &yielding{Module: k.atr, before: resources, fault: k.fault, told: map[string]bool{}})
	}
	return all
}

// still is a module whose surface does not change.
type still struct {
	name    string
	surface tools.Surface
}

func (s still) Name() string           { return s.name }
func (s still) Surface() tools.Surface { return s.surface }

// yielding is the module of other servers without the resources that have the URIs of others. Tools and prompts have their
// server's name before their own, which none of ours has.
type yielding struct {
	*atr.Module

	before []tools.Module
	fault  func(call string, err error)
	told   map[string]bool
}

// Surface implements tools.Module. It is called by one goroutine at a time.
func (y *yielding) Surface() tools.Surface {
	s := y.Module.Surface()
	s.Resources = slices.DeleteFunc(s.Resources, func(r tools.Resource) bool {
		_, err := tools.NewCatalog(append(slices.Clip(y.before), still{y.Name(), tools.Surface{Resources: []tools.Resource{r}}})...)
		if err == nil {
			return false
		}
		if uri := r.Spec().URI + r.Spec().Template; !y.told[uri] && len(y.told) < maxTold {
			y.told[uri] = true
			y.fault("", fmt.Errorf("a resource is not published: %w", err))
		}
		return true
	})
	return s
}

// maxTold bounds the resources of which it is remembered that they were told of.
const maxTold = 1000
