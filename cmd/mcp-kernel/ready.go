package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// readyWithin is how long a server has to say whether it is ready.
const readyWithin = 3 * time.Second

func (a *app) ready() *cobra.Command {
	return &cobra.Command{
		Use:   "ready URL",
		Short: "Ask a server over HTTP whether it is ready",
		Long: `Ready asks /readyz of a server and prints what it says; it exits with 0 when the server is ready, and with 1 otherwise. It is for
supervisors in containers that have no other program to ask with.`,
		Example: `  mcp-kernel ready http://127.0.0.1:3333`,
		Args:    arguments(1, 1, "the URL of a server, like http://127.0.0.1:3333"),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := url.Parse(args[0])
			if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
				return misused(cmd, "%q: want a URL like http://127.0.0.1:3333", oneLine(args[0], 80))
			}
			at.Path = "/readyz"
			said, err := askReady(cmd.Context(), at.String())
			if err != nil && said == nil {
				return err
			}
			return errors.Join(a.print(said, func(t *table) { t.line("%s", said) }), err)
		},
	}
}

// askReady returns what a server says of itself, and an error when it is not ready.
func askReady(ctx context.Context, at string) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("not ready: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return nil, fmt.Errorf("not ready: %w", err)
	}
	if !json.Valid(text) {
		if text, err = json.Marshal(strings.TrimSpace(string(text))); err != nil {
			return nil, err
		}
	}
	if response.StatusCode != http.StatusOK {
		return text, fmt.Errorf("not ready: %s", response.Status)
	}
	return text, nil
}
