package collected_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
)

// Received is what a collector has taken.
type received struct {
	traces  consumertest.TracesSink
	metrics consumertest.MetricsSink
	logs    consumertest.LogsSink
}

// collect starts the receiver of a collector, and returns where it listens.
func collect(t *testing.T, r *received) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	factory := otlpreceiver.NewFactory()
	c := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	c.Protocols.HTTP.GetOrInsertDefault().ServerConfig.NetAddr.Endpoint = address
	settings := receivertest.NewNopSettings(factory.Type())
	traces, err := factory.CreateTraces(t.Context(), settings, c, &r.traces)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := factory.CreateMetrics(t.Context(), settings, c, &r.metrics)
	if err != nil {
		t.Fatal(err)
	}
	logs, err := factory.CreateLogs(t.Context(), settings, c, &r.logs)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []component.Component{traces, metrics, logs} {
		if err := part.Start(t.Context(), componenttest.NewNopHost()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := part.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	return "http://" + address
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// configuration writes that of a kernel in a directory of its own.
func configuration(t *testing.T, endpoint, sample, more string) string {
	t.Helper()
	dir := t.TempDir()
	policy := write(t, dir, "policies.yaml", "- name: all\n  allowed_tools: ['*']\n")
	return write(t, dir, "mcp-kernel.yaml", "data_dir: "+filepath.Join(dir, "data")+
		"\ngovernance: {policies: [all], policy_files: ["+policy+"]}\n"+
		"observability: {otlp: {endpoint: '"+endpoint+"', sample: "+sample+more+"}}\n")
}

// talk has a kernel answer requests over stdio, one after the other, and end. It returns the answers by their ids.
func talk(t *testing.T, binary, config string, requests ...string) map[int]map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, binary, "serve", "--stdio", "--config", config)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	answers := map[int]map[string]any{}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for _, q := range requests {
		if _, err := io.WriteString(in, q+"\n"); err != nil {
			t.Fatal(err)
		}
		for strings.Contains(q, `"id"`) && lines.Scan() {
			var a map[string]any
			if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
				t.Fatal(err)
			}
			if id, ok := a["id"].(float64); ok && a["method"] == nil {
				answers[int(id)] = a
				break
			}
		}
	}
	_ = in.Close()
	if err := c.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	return answers
}

const (
	hello  = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	ready  = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	parent = "4bf92f3577b34da6a3ce929d0e0e4736"
)

// A found span is one with its service.
type found struct {
	ptrace.Span
	service string
}

func (f found) attr(name string) string {
	v, ok := f.Attributes().Get(name)
	if !ok {
		return ""
	}
	return v.AsString()
}

func (r *received) spans() (all []found) {
	for _, traces := range r.traces.AllTraces() {
		for _, resource := range traces.ResourceSpans().All() {
			service, _ := resource.Resource().Attributes().Get("service.name")
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					all = append(all, found{span, service.AsString()})
				}
			}
		}
	}
	return all
}

func only(t *testing.T, all []found, service, name string, kind ptrace.SpanKind) found {
	t.Helper()
	var chosen []found
	for _, f := range all {
		if f.service == service && f.Name() == name && f.Kind() == kind {
			chosen = append(chosen, f)
		}
	}
	if len(chosen) != 1 {
		var names []string
		for _, f := range all {
			names = append(names, f.service+" "+f.Name()+" "+f.Kind().String())
		}
		t.Fatalf("%d spans %s of %s, of these:\n%s", len(chosen), name, service, strings.Join(names, "\n"))
	}
	return chosen[0]
}

// TestKernelIsSeen has a client call, through one kernel, a tool of another one, which is its upstream server, and looks at what a
// collector received of both.
func TestKernelIsSeen(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "mcp-kernel")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/mcp-kernel")
	build.Dir, build.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var r received
	endpoint := collect(t, &r)
	behind := configuration(t, endpoint, "0", ", service: behind, metrics: false")
	front := configuration(t, endpoint, "0", ", service: front, logs: true")
	run(t, binary, "upstream", "add", "again", "--config", front, "--", binary, "serve", "--stdio", "--config", behind)
	r.traces.Reset()
	r.logs.Reset()
	r.metrics.Reset()
	meta := `"_meta":{"traceparent":"00-` + parent + `-00f067aa0ba902b7-01","tracestate":"a=1","baggage":"k=v"}`
	answers := talk(t, binary, front, hello, ready,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"again__drift_compare","arguments":{"a":"HUSH","b":"HUSH"},`+meta+`}}`,
		`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"kernel_execute","arguments":{"action":"vfs_list","params":{"path":"/mem"}},`+meta+`}}`,
		`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"made_up_HUSH","arguments":{}}}`,
	)
	all := r.spans()
	t.Logf("%v", answers)
	outer := only(t, all, "front", "tools/call again__drift_compare", ptrace.SpanKindServer)
	out := only(t, all, "front", "tools/call drift_compare", ptrace.SpanKindClient)
	in := only(t, all, "behind", "tools/call drift_compare", ptrace.SpanKindServer)
	if outer.TraceID().String() != parent || outer.ParentSpanID().String() != "00f067aa0ba902b7" || outer.TraceState().AsRaw() != "a=1" {
		t.Errorf("the client's trace is %s, its span %s", outer.TraceID(), outer.ParentSpanID())
	}
	if out.ParentSpanID() != outer.SpanID() || in.ParentSpanID() != out.SpanID() || in.TraceID() != outer.TraceID() {
		t.Error("the other kernel's span is not below the request's, or that not below the call's")
	}
	id := strings.ReplaceAll(outer.attr("mcp_kernel.call.id"), "-", "")
	if len(id) != 32 || outer.SpanID().String() != id[16:] || outer.attr("mcp.method.name") != "tools/call" ||
		outer.attr("gen_ai.tool.name") != "again__drift_compare" || outer.attr("gen_ai.operation.name") != "execute_tool" ||
		outer.attr("mcp_kernel.decision.effect") != "allow" || out.attr("mcp_kernel.upstream") != "again" {
		t.Errorf("attributes %v, %v", outer.Attributes().AsRaw(), out.Attributes().AsRaw())
	}
	steps := map[string]bool{}
	for _, f := range all {
		if f.ParentSpanID() == outer.SpanID() && f.service == "front" {
			steps[f.Name()] = true
		}
	}
	for _, name := range []string{"journal.reserve", "decide", "journal.decision", "handler", "review", "journal.outcome"} {
		if !steps[name] {
			t.Errorf("no step %s among %v", name, steps)
		}
	}
	execute := only(t, all, "front", "tools/call kernel_execute", ptrace.SpanKindServer)
	inner := only(t, all, "front", "tools/call vfs_list", ptrace.SpanKindServer)
	if inner.ParentSpanID() != execute.SpanID() || inner.attr("mcp_kernel.call.parent_id") != execute.attr("mcp_kernel.call.id") {
		t.Error("the inner call is not below the outer one")
	}
	denied := only(t, all, "front", "tools/call", ptrace.SpanKindServer)
	if denied.Status().Code() != ptrace.StatusCodeError || denied.attr("mcp_kernel.decision.check") != "catalog" ||
		denied.TraceID().String() != strings.ReplaceAll(denied.attr("mcp_kernel.call.id"), "-", "") {
		t.Errorf("what was denied: %v", denied.Attributes().AsRaw())
	}
	r.rest(t)
}

// rest looks at metrics, log records, and what must be nowhere.
func (r *received) rest(t *testing.T) {
	t.Helper()
	names := map[string]bool{}
	for _, m := range r.metrics.AllMetrics() {
		for _, resource := range m.ResourceMetrics().All() {
			for _, scope := range resource.ScopeMetrics().All() {
				for _, metric := range scope.Metrics().All() {
					names[metric.Name()] = true
				}
			}
		}
	}
	for _, name := range []string{"mcp.server.operation.duration", "mcp_kernel_decisions_total", "mcp_kernel_kernel_info"} {
		if !names[name] {
			t.Errorf("no metric %s among %v", name, names)
		}
	}
	if n := r.logs.LogRecordCount(); n != 8 { // decision and outcome of four calls
		t.Errorf("%d log records", n)
	}
	var everything strings.Builder
	for _, l := range r.logs.AllLogs() {
		for _, resource := range l.ResourceLogs().All() {
			for _, scope := range resource.ScopeLogs().All() {
				for _, record := range scope.LogRecords().All() {
					text, _ := json.Marshal(record.Attributes().AsRaw())
					everything.Write(text)
				}
			}
		}
	}
	for _, f := range r.spans() {
		text, _ := json.Marshal(f.Attributes().AsRaw())
		everything.WriteString(f.Name() + string(text))
	}
	if strings.Contains(everything.String(), "HUSH") {
		t.Errorf("an argument or a made-up name was sent: %s", everything.String())
	}
}
