package standard

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/otlp"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
)

// flushFor bounds how long the end waits until what was observed last is with the collector.
const flushFor = 2 * time.Second

// A telemetry sends to a collector what there is to see. A nil one sends nothing.
type telemetry struct {
	out    *otlp.Exporter
	tracer *trace.Tracer // nil where no calls are followed
	timing *timing       // nil where no metrics are sent
	logs   bool
	recent recent
	fault  func(error)
	known  func(kind, name string) bool // whether there is something of that name to be called
}

// openTelemetry makes what sends to a collector, if there is one.
func (k *Kernel) openTelemetry(context.Context, Options) error {
	c := k.config.Observability.OTLP
	if c.Endpoint == "" {
		return nil
	}
	t := &telemetry{logs: c.Logs, fault: func(err error) { k.fault("", err) }, known: k.publishes}
	o, err := k.sending(c)
	if err != nil {
		return err
	}
	if c.Metrics {
		if t.timing, err = newTiming(); err != nil {
			return err
		}
		o.Metrics = k.measured(t.timing)
	}
	if t.out, err = otlp.New(o); err != nil {
		return fmt.Errorf("observability.otlp: %w", err)
	}
	k.own(t)
	if c.Traces {
		t.tracer, err = trace.New(trace.Options{Ratio: c.Sample, Inbound: c.Inbound, Export: t.out.Spans})
	}
	k.telemetry = t
	return err
}

// Telemetry returns what has become of what was to be sent to a collector, and whether there is one.
func (k *Kernel) Telemetry() (otlp.Counts, bool) {
	if k.telemetry == nil {
		return otlp.Counts{}, false
	}
	return k.telemetry.out.Counts(), true
}

// ProbeTelemetry asks the collector whether it takes what is sent. It may be called where there is one.
func (k *Kernel) ProbeTelemetry(ctx context.Context) error { return k.telemetry.out.Probe(ctx) }

// Close sends what there is, for a short while, and ends. What could not be sent is told and no reason to end otherwise than well.
func (t *telemetry) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), flushFor)
	defer cancel()
	if err := t.out.Close(ctx); err != nil {
		t.fault(fmt.Errorf("OTLP: %w", err))
	}
	return nil
}

// sending are the options of what sends.
func (k *Kernel) sending(c config.OTLP) (otlp.Options, error) {
	client, err := collectorClient(c.CAFile)
	faults := []error{err}
	headers := map[string]string{}
	for _, h := range c.Headers {
		value := h.Value
		if secret.Is(value) {
			if value, err = (secret.Resolver{}).Resolve(value); err != nil {
				faults = append(faults, fmt.Errorf("header %s: %w", h.Name, err))
			}
		}
		headers[h.Name] = value
	}
	o := otlp.Options{
		Endpoint: c.Endpoint, Headers: headers, HTTP: client, Timeout: c.Timeout, Metering: c.Every, Scope: Origin, Version: k.opts.Version,
		Resource: k.resource(c.Service), OnFault: func(err error) { k.fault("", err) }, Now: k.Now,
	}
	if err := errors.Join(faults...); err != nil {
		return o, fmt.Errorf("observability.otlp: %w", err)
	}
	return o, nil
}

// resource says who sends. The instance is the process as the journal's entries name it.
func (k *Kernel) resource(service string) []trace.Attr {
	all := []trace.Attr{
		trace.Text("service.name", service), trace.Text("service.instance.id", k.Journal.ProcessID()),
		trace.Number("process.pid", int64(os.Getpid())),
	}
	if k.opts.Version != "" {
		all = append(all, trace.Text("service.version", k.opts.Version))
	}
	if host, err := os.Hostname(); err == nil && host != "" {
		all = append(all, trace.Text("host.name", host))
	}
	return all
}

// collectorClient follows no redirects: headers would go along.
func collectorClient(caFile string) (*http.Client, error) {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 2, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if caFile == "" {
		return client, nil
	}
	pem, err := os.ReadFile(caFile) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file: %s holds no certificate", caFile)
	}
	transport.TLSClientConfig.RootCAs = pool
	return client, nil
}
