package otlp

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
)

// What holds where Options say nothing.
const (
	DefaultTimeout  = 10 * time.Second
	DefaultEvery    = 5 * time.Second
	DefaultMetering = time.Minute
	DefaultQueue    = 8192
)

// maxBatch is how many spans or records go in one request.
const maxBatch = 512

// Options are what an Exporter is made of. Endpoint is required.
type Options struct {
	Endpoint string            // URL of the collector; /v1/traces, /v1/metrics and /v1/logs are added to it
	Headers  map[string]string // sent with each request; they may be secrets, and are never told
	HTTP     *http.Client      // nil is one that follows no redirect
	Timeout  time.Duration     // of one request; 0 is DefaultTimeout
	Every    time.Duration     // after which what there is is sent, at the latest; 0 is DefaultEvery
	Queue    int               // spans that wait, and as many records; 0 is DefaultQueue

	Metrics  func() []Metric // read every Metering; nil has none
	Metering time.Duration   // 0 is DefaultMetering

	Resource []trace.Attr // who sends
	Scope    string       // the name of the program
	Version  string       // of the program
	OnFault  func(error)  // told once a minute, at most, of what goes wrong; must not wait. May be nil
	Now      func() time.Time
}

// withDefaults returns the options with every default filled in, and all that is wrong with them.
func (o Options) withDefaults() (Options, error) {
	var faults []error
	at, err := url.Parse(o.Endpoint)
	switch {
	case err != nil:
		faults = append(faults, errors.New("endpoint: is no URL")) // which the parser would repeat, with what secrets are in it
	case at.Scheme != "http" && at.Scheme != "https" || at.Host == "":
		faults = append(faults, errors.New("endpoint: begins with http:// or https:// and a host"))
	case at.User != nil || at.RawQuery != "" || at.Fragment != "":
		faults = append(faults, errors.New("endpoint: has no user, query or fragment: secrets belong into headers"))
	}
	o.Endpoint = strings.TrimRight(o.Endpoint, "/")
	for name, value := range o.Headers {
		if name == "" || strings.ContainsAny(name, " \t\r\n:") || strings.ContainsAny(value, "\r\n\x00") {
			faults = append(faults, fmt.Errorf("header %q cannot be sent", name))
		}
	}
	if o.Timeout < 0 || o.Every < 0 || o.Queue < 0 || o.Metering < 0 {
		faults = append(faults, errors.New("a time or a bound is negative"))
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if o.OnFault == nil {
		o.OnFault = func(error) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	fill(&o.Timeout, DefaultTimeout)
	fill(&o.Every, DefaultEvery)
	fill(&o.Metering, DefaultMetering)
	fill(&o.Queue, DefaultQueue)
	return o, errors.Join(faults...)
}

func fill[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
