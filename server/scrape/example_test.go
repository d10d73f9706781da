package scrape_test

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
	"github.com/mcp-kernel/mcp-kernel/server/scrape"
)

func Example() {
	set, err := metric.New([]metric.Desc{{Name: "calls_total", Kind: metric.Counter, Help: "Calls."}})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := scrape.Listen(context.Background(), scrape.Options{
		Address: "127.0.0.1:0",
		Write:   func(_ context.Context, w io.Writer, as metric.Format) error { return set.Write(w, as) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Close() }()
	set.Family("calls_total").With().Add(3, metric.Exemplar{})
	response, err := http.Get("http://" + s.Addr().String() + scrape.Path) //nolint:noctx // an example
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	fmt.Print(string(text))
	// Output:
	// # HELP calls_total Calls.
	// # TYPE calls_total counter
	// calls_total 3
}
