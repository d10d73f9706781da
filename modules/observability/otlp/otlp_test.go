package otlp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/otlp"
	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
)

// A collector counts what it is sent. What a real one makes of it, internal/collected shows.
type collector struct {
	status atomic.Int32
	answer []byte
	mu     sync.Mutex
	bodies map[string][][]byte
	auth   string
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.auth = r.Header.Get("Authorization")
	if status := int(c.status.Load()); status != 0 {
		w.WriteHeader(status)
		return
	}
	c.bodies[r.URL.Path] = append(c.bodies[r.URL.Path], body)
	_, _ = w.Write(c.answer)
}

func (c *collector) got(path string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.bodies[path])
}

// An ear hears of faults.
type ear struct {
	mu    sync.Mutex
	heard []string
}

func (e *ear) tell(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, err.Error())
}

func (e *ear) all() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.heard, "\n")
}

func open(t *testing.T, c *collector, change func(*otlp.Options)) (*otlp.Exporter, *ear) {
	t.Helper()
	c.bodies = map[string][][]byte{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	var e ear
	o := otlp.Options{
		Endpoint: server.URL, Headers: map[string]string{"Authorization": "Bearer hush"}, Every: time.Millisecond, Scope: "test", Version: "1",
		Resource: []trace.Attr{trace.Text("service.name", "test")}, OnFault: e.tell,
	}
	if change != nil {
		change(&o)
	}
	x, err := otlp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return x, &e
}

func spans(n int) []trace.Data {
	all := make([]trace.Data, n)
	for i := range all {
		all[i] = trace.Data{Trace: trace.ID{1}, ID: trace.SpanID{byte(i), 1}, Name: "s", Kind: trace.Server, Begin: time.Unix(1, 0), End: time.Unix(2, 0)}
	}
	return all
}

// closed ends an exporter, in no more time than it is given.
func closed(t *testing.T, x *otlp.Exporter, within time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return x.Close(ctx)
}

func TestEndSendsWhatThereIs(t *testing.T) {
	t.Parallel()
	var c collector
	x, _ := open(t, &c, func(o *otlp.Options) { o.Every = time.Hour })
	x.Spans(spans(1300))
	x.Log(otlp.Record{At: time.Unix(1, 0), Body: "b"})
	if err := closed(t, x, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if n := x.Counts(); n != (otlp.Counts{Sent: 1301}) || c.got("/v1/traces") != 3 || c.got("/v1/logs") != 1 || c.auth != "Bearer hush" {
		t.Errorf("%+v, %d and %d requests", n, c.got("/v1/traces"), c.got("/v1/logs"))
	}
	x.Spans(spans(2)) // after the end
	if n := x.Counts(); n.Dropped != 2 {
		t.Errorf("%+v", n)
	}
	if err := x.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatThereIsNoRoomForIsCounted(t *testing.T) {
	t.Parallel()
	var c collector
	c.status.Store(http.StatusServiceUnavailable)
	x, e := open(t, &c, func(o *otlp.Options) { o.Queue = 10 })
	x.Spans(spans(15))
	err := closed(t, x, 10*time.Second)
	if n := x.Counts(); n.Dropped != 5 || n.Waiting != 10 || err == nil || strings.Contains(err.Error()+e.all(), "hush") {
		t.Errorf("%+v, %v, %s", n, err, e.all())
	}
}

func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	var c collector
	c.status.Store(http.StatusBadRequest)
	x, _ := open(t, &c, nil)
	x.Spans(spans(3))
	if err := closed(t, x, 10*time.Second); err != nil || x.Counts() != (otlp.Counts{Dropped: 3}) {
		t.Errorf("%v %+v", err, x.Counts())
	}
}

func TestTakenInPart(t *testing.T) {
	t.Parallel()
	c := collector{answer: []byte{0x0a, 0x02, 0x08, 0x02}} // partial_success { rejected_spans: 2 }
	x, _ := open(t, &c, nil)
	x.Spans(spans(3))
	if err := closed(t, x, 10*time.Second); err != nil || x.Counts() != (otlp.Counts{Sent: 1, Dropped: 2}) {
		t.Errorf("%v %+v", err, x.Counts())
	}
}

// TestComesBack: what could not be sent is sent when the collector is there again.
func TestComesBack(t *testing.T) {
	t.Parallel()
	var c collector
	c.status.Store(http.StatusBadGateway)
	x, _ := open(t, &c, nil)
	x.Spans(spans(4))
	for x.Probe(t.Context()) == nil { // it is down, which takes no time to find out
		t.Fatal("the collector answers")
	}
	c.status.Store(0)
	if err := closed(t, x, 10*time.Second); err != nil || x.Counts() != (otlp.Counts{Sent: 4}) {
		t.Errorf("%v %+v", err, x.Counts())
	}
}

// TestSlowCollectorKeepsNobodyWaiting: handing over does not wait, and the end waits no longer than it is told.
func TestSlowCollectorKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	asked := make(chan struct{}, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		asked <- struct{}{}
		<-hold
	}))
	defer server.Close()
	defer close(hold)
	x, err := otlp.New(otlp.Options{Endpoint: server.URL, Every: time.Millisecond, Queue: 100})
	if err != nil {
		t.Fatal(err)
	}
	x.Spans(spans(1))
	<-asked
	for range 1000 {
		x.Spans(spans(1))
	}
	err = closed(t, x, 50*time.Millisecond)
	if n := x.Counts(); !errors.Is(err, context.DeadlineExceeded) || n.Dropped != 901 || n.Waiting != 100 {
		t.Errorf("%v %+v", err, n)
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	x, err := otlp.New(otlp.Options{Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	x.Spans(spans(1))
	if x.Probe(t.Context()) == nil {
		t.Error("somebody is there")
	}
	if err := closed(t, x, 10*time.Second); err == nil || strings.Contains(err.Error(), server.URL) {
		t.Errorf("%v", err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]otlp.Options{
		"nothing":  {},
		"a scheme": {Endpoint: "ftp://x"},
		"a user":   {Endpoint: "http://me:hush@x"},
		"a query":  {Endpoint: "http://x?token=hush"},
		"a header": {Endpoint: "http://x", Headers: map[string]string{"A": "hush\r\nB: c"}},
	} {
		if _, err := otlp.New(o); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
