package controlplane

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"path"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

func baseName(name string) string { return path.Base(name) }

// exposeCode shows what the code engine says of its input.
func exposeCode(err error) error {
	for _, known := range []error{code.ErrTooLarge, code.ErrUnknownLanguage} {
		if errors.Is(err, known) {
			return tools.Fail(Invalid, err.Error(), nil)
		}
	}
	return err
}

func (m *Module) resources() []tools.Resource {
	return []tools.Resource{
		tools.NewResource(tools.ResourceSpec{
			URI: "audit://log", Name: "audit-log", Title: "Your audit log", MIMEType: "application/json", Audience: tools.ForAgents,
			Description: "The latest entries of the journal about your own calls.",
		}, m.readLog).WithWatch(m.watchLog),
		tools.NewResource(tools.ResourceSpec{
			URI: "policy://active", Name: "policy-active", Title: "Policies in force", MIMEType: "application/json", Audience: tools.ForAgents,
			Description: "What the policies in force come to, field by field, each with the policy that gave it. Patterns are named, not shown.",
		}, m.readActive).WithWatch(m.watchPolicies),
		tools.NewResource(tools.ResourceSpec{
			Template: "policy://{name}", Name: "policy", Title: "One policy", MIMEType: "application/json", Audience: tools.ForAgents,
			Description: "What would hold if the policy were added to those in force. Name it in kernel_execute's context to be narrowed by it.",
		}, m.readPolicy).WithWatch(m.watchPolicies).WithComplete(func(_ context.Context, _ *tools.Request, ask tools.Completion) ([]string, error) {
			return completing(m.opts.Policies.Names(), ask.Value), nil
		}),
		tools.NewResource(tools.ResourceSpec{
			Template: "vfs://{+path}", Name: "vfs", Title: "Your memory", Audience: tools.ForAgents,
			Description: "An entry of your memory, such as vfs:///mem/working/plan.md.",
		}, m.readEntry).WithWatch(m.watchEntry).WithList(m.listEntries).WithComplete(m.completeEntry),
	}
}

func document(uri string, value any) ([]tools.ResourceContents, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return nil, err
	}
	return []tools.ResourceContents{{URI: uri, MIMEType: "application/json", Text: string(text)}}, nil
}

func (m *Module) readLog(ctx context.Context, r *tools.Request, uri string) ([]tools.ResourceContents, error) {
	const latest = 50
	found, err := m.records(ctx, r.Caller(), Query{Limit: latest})
	if err != nil {
		return nil, expose(err)
	}
	return document(uri, found)
}

// watchLog tells of new entries about the caller's own calls, at most once a second: reading them makes entries too.
func (m *Module) watchLog(ctx context.Context, r *tools.Request, _ string, changed func()) (func() error, error) {
	newest := func() (uint64, error) {
		found, err := m.records(ctx, r.Caller(), Query{Limit: 1})
		if err != nil || len(found.Entries) == 0 {
			return 0, err
		}
		return found.Entries[0].Seq, nil
	}
	last, err := newest()
	if err != nil {
		return nil, err
	}
	return func() error {
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-ticker.C:
			}
			at, err := newest()
			switch {
			case ctx.Err() != nil:
				return nil
			case err != nil:
				return err
			case at != last:
				last = at
				changed()
			}
		}
	}, nil
}

func (m *Module) readActive(_ context.Context, r *tools.Request, uri string) ([]tools.ResourceContents, error) {
	effective, err := m.effective(r.Caller(), nil)
	if err != nil {
		return nil, err
	}
	return document(uri, effective)
}

func (m *Module) readPolicy(_ context.Context, r *tools.Request, uri string) ([]tools.ResourceContents, error) {
	name := r.Var("name")
	if _, ok := m.opts.Policies.Policy(name); !ok {
		return nil, tools.NotFound(uri)
	}
	effective, err := m.effective(r.Caller(), []string{name})
	if err != nil {
		return nil, err
	}
	return document(uri, effective)
}

func (m *Module) readEntry(ctx context.Context, r *tools.Request, uri string) ([]tools.ResourceContents, error) {
	e, err := m.vfs.Read(ctx, r.Caller().Identity(), r.Var("path"))
	switch {
	case isKind(err, NotFound):
		return nil, tools.NotFound(uri)
	case err != nil:
		return nil, expose(err)
	case e.Encoding == "base64":
		blob, err := base64.StdEncoding.DecodeString(e.Content)
		return []tools.ResourceContents{{URI: uri, MIMEType: "application/octet-stream", Blob: blob}}, err
	default:
		return []tools.ResourceContents{{URI: uri, MIMEType: mimeOf(e.Path), Text: e.Content}}, nil
	}
}

func mimeOf(name string) string {
	switch path.Ext(name) {
	case ".json":
		return "application/json"
	case ".md":
		return "text/markdown"
	default:
		return "text/plain"
	}
}

func (m *Module) watchEntry(ctx context.Context, r *tools.Request, _ string, changed func()) (func() error, error) {
	run, err := m.vfs.Watch(ctx, r.Caller().Identity(), r.Var("path"), changed)
	return run, expose(err)
}

func (m *Module) listEntries(ctx context.Context, r *tools.Request) ([]tools.ResourceSpec, error) {
	entries, _, err := m.vfs.List(ctx, r.Caller().Identity(), "/", "", maxListed)
	specs := make([]tools.ResourceSpec, len(entries))
	for i, e := range entries {
		specs[i] = tools.ResourceSpec{URI: "vfs://" + e.Path, Name: e.Path, MIMEType: mimeOf(e.Path), Size: int64(e.Size)}
	}
	return specs, expose(err)
}

func (m *Module) completeEntry(ctx context.Context, r *tools.Request, ask tools.Completion) ([]string, error) {
	below := ask.Value[:strings.LastIndex(ask.Value, "/")+1]
	entries, _, err := m.vfs.List(ctx, r.Caller().Identity(), or(below, "/"), "", maxListed)
	paths := make([]string, len(entries))
	for i, e := range entries {
		paths[i] = e.Path
	}
	return completing(paths, ask.Value), expose(err)
}
