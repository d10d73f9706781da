package demo_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/internal/demo"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
	"github.com/mcp-kernel/mcp-kernel/server"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// A sabotage changes what a kernel's dispatcher is made of.
type sabotage func(k *standard.Kernel, o *tools.DispatcherOptions) error

// inProcess starts kernels in this process, sabotaged, and does something once they have ended.
func inProcess(change sabotage, ended func(at demo.Place) error) func(context.Context, demo.Place) (*demo.Session, error) {
	return func(ctx context.Context, at demo.Place) (*demo.Session, error) {
		c, err := config.Load(at.Config, pflag.NewFlagSet("", pflag.ContinueOnError), nil)
		if err != nil {
			return nil, err
		}
		k, err := standard.Open(ctx, standard.Options{Config: c})
		if err != nil {
			return nil, err
		}
		o := tools.DispatcherOptions{
			Catalog: k.Catalog, Gate: k.Gate, Journal: tools.Recording(k.Journal), Events: k.Events, IDs: k.IDs, Now: k.Now,
		}
		if err := change(k, &o); err != nil {
			return nil, errors.Join(err, k.Close(ctx))
		}
		d, err := tools.NewDispatcher(o)
		if err != nil {
			return nil, errors.Join(err, k.Close(ctx))
		}
		return serve(ctx, k, d, func() error { return ended(at) })
	}
}

// serve serves a kernel on pipes.
func serve(ctx context.Context, k *standard.Kernel, d *tools.Dispatcher, ended func() error) (*demo.Session, error) {
	s, err := server.New(server.Options{Dispatcher: d, IDs: k.IDs, Now: k.Now})
	if err != nil {
		return nil, errors.Join(err, k.Close(ctx))
	}
	requests, in := io.Pipe()
	out, answers := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := s.ServeStdio(ctx, requests, answers, governance.Caller{Principal: "user:demo"})
		err = errors.Join(err, answers.Close(), d.Close(ctx), k.Close(ctx))
		done <- errors.Join(err, ended())
	}()
	return &demo.Session{In: in, Out: out, Wait: func() error { return <-done }}, nil
}

func publicKeys(dataDir string) (audit.Keys, error) {
	s, err := primitives.OpenSigner(filepath.Join(dataDir, "signing.key"), standard.Origin, nil)
	if err != nil {
		return nil, err
	}
	return audit.KeysOf(s), nil
}

func honest(*standard.Kernel, *tools.DispatcherOptions) error { return nil }
func untouched(demo.Place) error                              { return nil }

// openGate lets everything pass.
type openGate struct{ tools.Gate }

func (g openGate) Decide(ctx context.Context, c *governance.Call) governance.Decision {
	d := g.Gate.Decide(ctx, c)
	d.Effect, d.Event, d.Stage, d.Check, d.Reason = governance.Allow, governance.PolicyCheck, "", "", ""
	return d
}

// A pen is a journal whose decisions somebody changes, or keeps back when edit returns false.
type pen struct {
	tools.Journal
	edit func(e *audit.Entry) bool
}

func (p pen) Begin(ctx context.Context) (tools.Slot, error) {
	s, err := p.Journal.Begin(ctx)
	return penSlot{s, p.edit}, err
}

type penSlot struct {
	tools.Slot
	edit func(e *audit.Entry) bool
}

func (s penSlot) Decision(ctx context.Context, e *audit.Entry) error {
	if !s.edit(e) {
		return nil
	}
	return s.Slot.Decision(ctx, e)
}

// flip changes one byte in the middle of the journal.
func flip(at demo.Place) error {
	names, err := filepath.Glob(filepath.Join(at.DataDir, "journal", "*.jsonl"))
	if err != nil || len(names) == 0 {
		return errors.Join(err, errors.New("no segment"))
	}
	text, err := os.ReadFile(names[0])
	if err != nil {
		return err
	}
	i := bytes.Index(text, []byte("file_delete")) // of the denied call
	if i < 0 {
		return errors.New("the denied call is not in the journal")
	}
	text[i] = 'F'
	return os.WriteFile(names[0], text, 0o600)
}

func TestRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change sabotage
		ended  func(demo.Place) error
		broken []string // what the error names; none means that every promise is kept
	}{
		{name: "honest", change: honest, ended: untouched},
		{
			name: "the gate allows everything", ended: untouched,
			change: func(k *standard.Kernel, o *tools.DispatcherOptions) error {
				o.Gate = openGate{k.Gate}
				return nil
			},
			broken: []string{
				"delete it: file_delete should be refused as denied", "note.txt is still there should be true",
				"write DROP TABLE: file_write should be refused", "TOOL_CALL_BLOCKED should be in the journal",
			},
		},
		{
			name: "the gate counts nothing, and the journal still does", ended: untouched,
			change: uncounted,
		},
		{
			name: "the limiter never refuses", ended: untouched,
			change: func(k *standard.Kernel, o *tools.DispatcherOptions) error {
				o.Journal = pen{o.Journal, func(e *audit.Entry) bool {
					e.Charges = nil
					return true
				}}
				return uncounted(k, o)
			},
			broken: []string{"list until refused: file_list should be refused as denied", "the limit of 16 calls should be met exactly"},
		},
		{
			name: "the journal drops what was denied", ended: untouched,
			change: func(_ *standard.Kernel, o *tools.DispatcherOptions) error {
				o.Journal = pen{o.Journal, func(e *audit.Entry) bool { return e.Decision.Effect == governance.Allow }}
				return nil
			},
			broken: []string{"delete it: the journal should hold the decision and the outcome"},
		},
		{
			name: "the journal says that what was denied was allowed", ended: untouched,
			change: func(_ *standard.Kernel, o *tools.DispatcherOptions) error {
				o.Journal = pen{o.Journal, func(e *audit.Entry) bool {
					e.Decision = audit.Decision{Effect: governance.Allow, Event: governance.PolicyCheck}
					e.Event = governance.PolicyCheck
					return true
				}}
				return nil
			},
			broken: []string{"delete it: the decision should be TOOL_CALL_BLOCKED, and is POLICY_CHECK"},
		},
		{
			name: "the journal is edited afterwards", change: honest, ended: flip,
			broken: []string{"the journal should verify"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := demo.Run(t.Context(), demo.Options{
				Start: inProcess(c.change, c.ended), Keys: publicKeys, Dir: t.TempDir(), Out: &out,
			})
			check(t, err, c.broken, out.String())
		})
	}
}

// uncounted gives the kernel a gate like its own whose limiter never refuses.
func uncounted(k *standard.Kernel, o *tools.DispatcherOptions) error {
	baselines, err := governance.NewBaselines(governance.BaselineOptions{})
	if err != nil {
		return err
	}
	o.Gate, err = governance.New(governance.Options{
		Select: k.Policies.Select, Limiter: countless{}, Standing: k.Journal, Baselines: baselines,
	})
	return err
}

// countless counts nothing and refuses nothing.
type countless struct{}

func (countless) Take(_ context.Context, _ string, claims ...state.Claim) ([]state.Taken, error) {
	taken := make([]state.Taken, len(claims))
	for i := range taken {
		taken[i].OK = true
	}
	return taken, nil
}

func check(t *testing.T, err error, broken []string, out string) {
	t.Helper()
	if len(broken) == 0 {
		if err != nil || strings.Contains(out, "BROKEN") || !strings.Contains(out, "Journal: verified") {
			t.Errorf("an honest kernel should pass: %v\n%s", err, out)
		}
		return
	}
	if !errors.Is(err, demo.ErrBroken) {
		t.Fatalf("want ErrBroken, got %v\n%s", err, out)
	}
	for _, promise := range broken {
		if !strings.Contains(err.Error(), promise) {
			t.Errorf("the error does not name %q:\n%v", promise, err)
		}
	}
}

func TestRunSaysWhyItCannotStart(t *testing.T) {
	t.Parallel()
	failure := errors.New("no such program")
	err := demo.Run(t.Context(), demo.Options{
		Start: func(context.Context, demo.Place) (*demo.Session, error) { return nil, failure },
		Keys:  publicKeys, Dir: t.TempDir(), Out: io.Discard,
	})
	if !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	if err := demo.Run(t.Context(), demo.Options{}); err == nil || errors.Is(err, demo.ErrBroken) {
		t.Errorf("empty options: got %v", err)
	}
}
