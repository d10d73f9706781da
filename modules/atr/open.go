package atr

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/process"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/rpc"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/upstream"
)

// An Opener starts servers that are programs, and dials the others. The zero value is ready, but for addresses.
type Opener struct {
	// Ours are files and folders that no sandbox may let a server change: what is configured, keys, the journal.
	Ours []string
	// Keys is the folder of those that no sandbox may let a server read.
	Keys string
	// Resolve returns what a reference to a secret stands for; what is no reference is returned as it is. Nil takes
	// everything as it is written.
	Resolve func(ctx context.Context, text string) (string, error)
	// Dial returns the transport to an address. Nil says that there is none.
	Dial func(ctx context.Context, s *Server, principal string, headers map[string]string) (rpc.Transport, error)
}

// Open is Options.Open.
func (o Opener) Open(ctx context.Context, s *Server, principal string, log func(line string)) (upstream.Link, error) {
	if s.URL != "" {
		headers, err := o.resolved(ctx, s.Headers)
		if err != nil {
			return upstream.Link{}, err
		}
		if o.Dial == nil {
			return upstream.Link{}, errors.New("servers with a url cannot be reached by this kernel")
		}
		transport, err := o.Dial(ctx, s, principal, headers)
		return upstream.Link{Transport: transport}, err
	}
	env, err := o.resolved(ctx, s.Env)
	if err != nil {
		return upstream.Link{}, err
	}
	given := process.CleanEnv(os.Environ(), s.Pass, env)
	profile, err := o.profile(s, given)
	if err != nil {
		return upstream.Link{}, err
	}
	p, err := process.Start(ctx, process.Spec{
		Command: s.Command, Args: s.Args, Dir: s.Dir, Env: given, OnLine: log, Sandbox: profile, OwnTemp: s.Sandbox != nil,
	})
	if err != nil {
		return upstream.Link{}, err
	}
	return upstream.Link{Transport: rpc.NewStdio(p.Stdout, p.Stdin, s.Bytes), Behind: p, Tell: p.LastWords, Sandbox: p.Sandbox()}, nil
}

// resolved returns values without their references.
func (o Opener) resolved(ctx context.Context, values map[string]string) (map[string]string, error) {
	if o.Resolve == nil || len(values) == 0 {
		return values, nil
	}
	all := make(map[string]string, len(values))
	for name, text := range values {
		value, err := o.Resolve(ctx, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[name] = value
	}
	return all, nil
}
