package wasi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental/sysfs"
	"github.com/tetratelabs/wazero/sys"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
)

// flood is how many bytes of output a module may write, answered or not.
const flood = 64 << 20

// What ends a call before the module does.
var (
	errLate  = errors.New("it did not end in time")
	errFlood = errors.New("it wrote too much")
)

// call runs a module in an instance of its own. Its time is that of the run, and does not count what is waited for before:
// for others, and for its compilation.
func (t *Tool) call(ctx context.Context, digest string, args json.RawMessage) (local.Answer, error) {
	given, err := local.Arguments(t.parameters, t.s.Required, args)
	if err != nil {
		return local.Answer{}, err
	}
	input, err := json.Marshal(given)
	if err != nil {
		return local.Answer{}, err
	}
	select {
	case t.e.slots <- struct{}{}:
		defer func() { <-t.e.slots }()
	case <-ctx.Done():
		return local.Answer{}, context.Cause(ctx)
	}
	k := key{digest, uint32(t.s.Memory / page)}
	c, err := t.e.take(ctx, t.s.Module, k)
	if err != nil {
		return local.Answer{}, err
	}
	defer t.e.give(k, c)
	return t.run(ctx, c, input)
}

// run runs an instance.
func (t *Tool) run(ctx context.Context, c *code, input []byte) (local.Answer, error) {
	config, secrets, err := t.environment(ctx)
	if err != nil {
		return local.Answer{}, err
	}
	files, closeFiles, err := t.mount()
	if err != nil {
		return local.Answer{}, err
	}
	defer closeFiles()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	timed, cancel := context.WithTimeoutCause(ctx, t.s.Timeout, errLate)
	defer cancel()
	out := &sink{most: t.s.Bytes, over: func() { stop(errFlood) }}
	words := &sink{most: maxWords, last: true, over: func() { stop(errFlood) }}
	config = config.WithStdin(bytes.NewReader(input)).WithStdout(out).WithStderr(words).WithFSConfig(files).
		WithNanosleep(func(ns int64) { sleep(timed, ns) })
	instance, err := c.runtime.InstantiateModule(timed, c.module, config)
	if instance != nil {
		_ = instance.Close(ctx) // it has ended
	}
	o := local.Outcome{
		Output: secret.Hide(out.text(), secrets...), More: out.more, Words: secret.Hide(strings.TrimSpace(words.text()), secrets...), JSON: t.s.JSON,
	}
	for line := range strings.Lines(o.Words) {
		t.e.o.Line(strings.TrimRight(line, "\r\n"))
	}
	cause := context.Cause(timed)
	switch {
	case errors.Is(cause, errLate):
		o.Failure = fmt.Sprintf("The module did not end within %v and was stopped.", t.s.Timeout)
	case errors.Is(cause, errFlood):
		o.Failure = "The module wrote without end and was stopped."
	case cause != nil:
		return local.Answer{}, cause
	default:
		o.Failure = failure(err)
	}
	return o.Answer(), nil
}

// failure says how an instance ended that did not end well.
func failure(err error) string {
	var exit *sys.ExitError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &exit) && exit.ExitCode() == 0:
		return ""
	case errors.As(err, &exit):
		return fmt.Sprintf("The module failed with exit code %d.", exit.ExitCode())
	default:
		why, _, _ := strings.Cut(err.Error(), "\n") // the stack is behind it
		return "The module broke off: " + local.Cut(why, 200, 0)
	}
}

// environment is what an instance has besides files and streams, and what of it is secret.
func (t *Tool) environment(ctx context.Context) (wazero.ModuleConfig, []string, error) {
	begun := t.e.o.Now() // a time of zero is a fault to some
	config := wazero.NewModuleConfig().WithName("").WithArgs(t.s.Name).WithRandSource(t.e.o.Random).
		WithWalltime(func() (int64, int32) {
			now := t.e.o.Now()
			return now.Unix(), int32(now.Nanosecond())
		}, sys.ClockResolution(time.Microsecond)).
		WithNanotime(func() int64 { return 1 + int64(t.e.o.Now().Sub(begun)) }, sys.ClockResolution(time.Microsecond))
	var secrets []string
	for name, text := range t.s.Env {
		value := text
		if t.e.o.Resolve != nil {
			var err error
			if value, err = t.e.o.Resolve(ctx, text); err != nil {
				return nil, nil, fmt.Errorf("%w: %s: %w", local.ErrBroken, name, err)
			}
		}
		if value != text {
			secrets = append(secrets, value)
		}
		config = config.WithEnv(name, value)
	}
	return config, secrets, nil
}

// sleep sleeps for an instance.
func sleep(ctx context.Context, ns int64) {
	if ns < 0 {
		ns = math.MaxInt64
	}
	timer := time.NewTimer(time.Duration(ns))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// mount opens the folders, for one call.
func (t *Tool) mount() (wazero.FSConfig, func(), error) {
	use := &usage{written: t.s.Written}
	var roots []*os.Root
	closing := func() {
		for _, r := range roots {
			_ = r.Close() // nothing was written by it
		}
	}
	config := wazero.NewFSConfig()
	for _, m := range t.s.Mounts {
		root, err := os.OpenRoot(m.Path)
		if err != nil {
			closing()
			return nil, nil, fmt.Errorf("%w: mount %s: %w", local.ErrBroken, m.At, err)
		}
		roots = append(roots, root)
		if with, ok := config.(sysfs.FSConfig); ok {
			config = with.WithSysFSMount(&folder{root: root, writable: m.Writable, use: use}, m.At)
		}
	}
	return config, closing, nil
}

// maxWords bounds what is remembered of standard error, in bytes.
const maxWords = 8 << 10

// A sink keeps the first bytes that are written to it, or the last.
type sink struct {
	most int
	last bool
	over func() // called when there are too many

	kept []byte
	more int64 // that are not kept
}

// Write implements io.Writer. It fails when there are too many bytes.
func (s *sink) Write(b []byte) (int, error) {
	kept := min(len(b), s.most-len(s.kept))
	if s.last {
		s.kept = append(s.kept, b...)
		kept = len(b) - max(0, len(s.kept)-s.most)
		s.kept = slices.Delete(s.kept, 0, max(0, len(s.kept)-s.most))
	} else {
		s.kept = append(s.kept, b[:kept]...)
	}
	if s.more += int64(len(b) - kept); s.more > flood {
		s.over()
		return 0, errFlood
	}
	return len(b), nil
}

func (s *sink) text() string { return string(s.kept) }
