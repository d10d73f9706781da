package observability

import (
	"bytes"
	"context"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// What operators may ask.
const (
	SnapshotTool = "metrics_snapshot"
	Resource     = "metrics://prometheus"
)

var (
	_ tools.Module   = (*Module)(nil)
	_ tools.Observer = (*Module)(nil)
)

// Name returns Name.
func (*Module) Name() string { return Name }

// Surface returns what operators may ask. Agents may not: the figures are those of all callers.
func (m *Module) Surface() tools.Surface {
	return tools.Surface{
		Tools: []tools.Tool{tools.Func(tools.Spec{
			Name: SnapshotTool, Title: "What has the kernel done?", Audience: tools.ForOperators,
			Description: "Counts this process's calls since it began: by tool, decision and what came of them, with the times within which 50, 95 and 99 % of them ended.",
			ReadOnly:    tools.Yes, Destructive: tools.No, Idempotent: tools.Yes, OpenWorld: tools.No,
		}, func(ctx context.Context, _ *tools.Request, _ struct{}) (Snapshot, error) { return m.Snapshot(ctx) })},
		Resources: []tools.Resource{tools.NewResource(tools.ResourceSpec{
			URI: Resource, Name: "metrics", Title: "Metrics for Prometheus", MIMEType: "text/plain", Audience: tools.ForOperators,
			Description: "What Prometheus would find, in its text format.",
		}, m.expose)},
	}
}

// expose implements tools.ReadFunc.
func (m *Module) expose(ctx context.Context, _ *tools.Request, uri string) ([]tools.ResourceContents, error) {
	var text bytes.Buffer
	if err := m.Write(ctx, &text, metric.Text); err != nil {
		return nil, err
	}
	return []tools.ResourceContents{{URI: uri, Text: text.String()}}, nil
}
