package scrape_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
	"github.com/mcp-kernel/mcp-kernel/server/scrape"
)

// serve serves metrics that say in which format they were asked for.
func serve(t *testing.T, o scrape.Options) string {
	t.Helper()
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Write == nil {
		o.Write = func(_ context.Context, w io.Writer, as metric.Format) error {
			_, err := io.WriteString(w, as.ContentType())
			return err
		}
	}
	s, err := scrape.Listen(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + s.Addr().String()
}

// ask sends a request and returns the status, the headers and the body.
func ask(t *testing.T, method, url string, change func(*http.Request)) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "identity")
	if change != nil {
		change(request)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(body)
}

func TestFormatIsNegotiated(t *testing.T) {
	t.Parallel()
	url := serve(t, scrape.Options{}) + scrape.Path
	for _, c := range []struct {
		name, accept string
		want         metric.Format
	}{
		{"nothing said", "", metric.Text},
		{"anything", "*/*", metric.Text},
		{"Prometheus 3", "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", metric.OpenMetrics},
		{"protobuf first", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3", metric.OpenMetrics},
		{"an older version alone", "application/openmetrics-text;version=0.0.1", metric.Text},
		{"not wanted", "application/openmetrics-text;q=0,text/plain", metric.Text},
		{"plain text preferred", "text/plain,application/openmetrics-text;q=0.5", metric.Text},
		{"no number", "application/openmetrics-text;q=x", metric.Text},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, header, body := ask(t, http.MethodGet, url, func(r *http.Request) { r.Header.Set("Accept", c.accept) })
			if code != http.StatusOK || body != c.want.ContentType() || header.Get("Content-Type") != body {
				t.Errorf("%d, %s, %s", code, header.Get("Content-Type"), body)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	open, closed := serve(t, scrape.Options{}), serve(t, scrape.Options{Token: "secret"})
	bearer := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	for _, c := range []struct {
		name, method, url string
		change            func(*http.Request)
		want              int
	}{
		{"another path", "GET", open + "/", nil, 404},
		{"another method", "POST", open + "/metrics", nil, 405},
		{"the headers alone", "HEAD", open + "/metrics", nil, 200},
		{"a page that was let resolve to here", "GET", open + "/metrics", func(r *http.Request) { r.Host = "evil.example:9464" }, 403},
		{"a name of this machine", "GET", open + "/metrics", func(r *http.Request) { r.Host = "localhost:9464" }, 200},
		{"an address of this machine", "GET", open + "/metrics", func(r *http.Request) { r.Host = "[::1]:9464" }, 200},
		{"no token", "GET", closed + "/metrics", nil, 401},
		{"a wrong token", "GET", closed + "/metrics", bearer("Bearer secre"), 401},
		{"another scheme", "GET", closed + "/metrics", bearer("Basic secret"), 401},
		{"the token alone", "GET", closed + "/metrics", bearer("secret"), 401},
		{"two tokens", "GET", closed + "/metrics", func(r *http.Request) { r.Header["Authorization"] = []string{"Bearer secret", "Bearer secret"} }, 401},
		{"the token", "GET", closed + "/metrics", bearer("bearer secret"), 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if code, _, body := ask(t, c.method, c.url, c.change); code != c.want {
				t.Errorf("%d %s, want %d", code, body, c.want)
			}
		})
	}
}

func TestAnswersAreCompressed(t *testing.T) {
	t.Parallel()
	url := serve(t, scrape.Options{}) + scrape.Path
	_, header, body := ask(t, http.MethodGet, url, func(r *http.Request) { r.Header.Set("Accept-Encoding", "br, gzip;q=0.5") })
	unpacked, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil || string(text) != metric.Text.ContentType() || header.Get("Content-Encoding") != "gzip" {
		t.Errorf("%s, %v, %v", text, err, header)
	}
	if _, header, _ = ask(t, http.MethodGet, url, func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip;q=0") }); header.Get("Content-Encoding") != "" {
		t.Errorf("compressed for who does not want it: %v", header)
	}
}

func TestFaultIsNoHalfAnswer(t *testing.T) {
	t.Parallel()
	faults := make(chan error, 1)
	url := serve(t, scrape.Options{
		OnFault: func(err error) { faults <- err },
		Write: func(_ context.Context, w io.Writer, _ metric.Format) error {
			_, _ = io.WriteString(w, "half of it")
			return errors.New("the secret reason")
		},
	})
	code, _, body := ask(t, http.MethodGet, url+scrape.Path, nil)
	if code != http.StatusInternalServerError || strings.Contains(body, "half") || strings.Contains(body, "secret") {
		t.Errorf("%d %s", code, body)
	}
	if err := <-faults; !strings.Contains(err.Error(), "the secret reason") {
		t.Errorf("the log has %v", err)
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	write := func(context.Context, io.Writer, metric.Format) error { return nil }
	if _, err := scrape.Listen(t.Context(), scrape.Options{Address: "0.0.0.0:0", Write: write}); !errors.Is(err, scrape.ErrNotLoopback) {
		t.Errorf("an address that others reach: %v", err)
	}
	if _, err := scrape.Listen(t.Context(), scrape.Options{}); err == nil {
		t.Error("nothing to serve, nowhere")
	}
	url := serve(t, scrape.Options{Address: "0.0.0.0:0", Public: true})
	if _, err := scrape.Listen(t.Context(), scrape.Options{Address: strings.TrimPrefix(url, "http://"), Public: true, Write: write}); err == nil {
		t.Error("an address was taken twice")
	}
	if code, _, _ := ask(t, http.MethodGet, url+scrape.Path, func(r *http.Request) { r.Host = "replica-3.example" }); code != http.StatusOK {
		t.Errorf("%d: behind a name that it does not know it is served all the same", code)
	}
}

// TestCloseDoesNotWait: a client that reads nothing does not keep the server from ending.
func TestCloseDoesNotWait(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	s, err := scrape.Listen(t.Context(), scrape.Options{Address: "127.0.0.1:0", Write: func(ctx context.Context, _ io.Writer, _ metric.Format) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		client := http.Client{Timeout: time.Minute}
		if response, err := client.Get("http://" + s.Addr().String() + scrape.Path); err == nil { //nolint:noctx // it is cut off
			_ = response.Body.Close()
		}
	}()
	<-began
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	<-ended
}
