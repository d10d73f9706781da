package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/process"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
)

// What ends a program before it ends itself.
var (
	errLate  = errors.New("it did not end in time")
	errFlood = errors.New("it wrote too much")
)

// Call runs the program. The arguments were checked against the schema of the tool's definition; they are checked again as
// far as it is a matter of safety. The error is an ErrArguments, an ErrBroken, or the end of ctx; that the program failed is
// an answer.
func (t *Tool) Call(ctx context.Context, args json.RawMessage) (local.Answer, error) {
	given, err := local.Arguments(t.parameters, t.s.Required, args)
	if err != nil {
		return local.Answer{}, err
	}
	argv, err := lineOf(t.argv, given, t.s.Dashed)
	if err != nil {
		return local.Answer{}, err
	}
	env, secrets, err := t.env(ctx)
	if err != nil {
		return local.Answer{}, err
	}
	path, err := t.find()
	if err != nil {
		return local.Answer{}, err
	}
	var input string
	if text, there := given[t.s.Stdin]; there {
		input = textOf(text)
	}
	words := &tail{line: t.o.Line, secrets: secrets}
	r, err := t.run(ctx, process.Spec{Command: path, Args: argv[1:], Env: env, Dir: t.s.Dir, Grace: grace, OnLine: words.take}, input)
	if err != nil {
		return local.Answer{}, err
	}
	r.output, r.words = secret.Hide(r.output, secrets...), words.text()
	return t.answer(&r), nil
}

// env returns the program's environment, and what in it may be secret.
func (t *Tool) env(ctx context.Context) (env, secrets []string, err error) {
	ours := t.o.Environ()
	for _, pair := range ours {
		if name, text, _ := strings.Cut(pair, "="); slices.Contains(t.s.Pass, name) {
			secrets = append(secrets, text)
		}
	}
	given := make(map[string]string, len(t.s.Env))
	for name, text := range t.s.Env {
		value := text
		if t.o.Resolve != nil {
			if value, err = t.o.Resolve(ctx, text); err != nil {
				return nil, nil, fmt.Errorf("%w: %s: %w", local.ErrBroken, name, err)
			}
		}
		if given[name] = value; value != text {
			secrets = append(secrets, value)
		}
	}
	return process.CleanEnv(ours, t.s.Pass, given), secrets, nil
}

// A run is how a program ran.
type run struct {
	output string
	more   int64 // bytes of output that were left out
	words  string
	code   int
	cause  error // why it was stopped; nil where it ended itself
}

// run runs a program until it ends, or ctx does.
func (t *Tool) run(ctx context.Context, s process.Spec, input string) (run, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	timed, cancel := context.WithTimeoutCause(ctx, t.s.Timeout, errLate)
	defer cancel()
	p, err := process.Start(timed, s)
	if err != nil {
		if ctx.Err() != nil {
			return run{}, context.Cause(ctx)
		}
		return run{}, fmt.Errorf("%w: %w", local.ErrBroken, err)
	}
	var r run
	var work sync.WaitGroup
	work.Go(func() {
		_, _ = io.WriteString(p.Stdin, input) // it need not read
		_ = p.Stdin.Close()
	})
	read := make(chan struct{})
	work.Go(func() {
		defer close(read)
		if r.output, r.more = take(p.Stdout, t.s.Bytes); r.more >= flood {
			stop(errFlood)
		}
	})
	for _, end := range []<-chan struct{}{read, p.Done()} {
		select {
		case <-end:
		case <-timed.Done():
		}
	}
	if timed.Err() != nil {
		r.cause = context.Cause(timed)
	}
	err = p.Close()
	work.Wait()
	if r.cause != nil && !errors.Is(r.cause, errLate) && !errors.Is(r.cause, errFlood) {
		return run{}, r.cause
	}
	r.code = p.Exit()
	return r, err
}

// take reads a bounded output, and how much more there is, up to a bound.
func take(from io.Reader, most int) (text string, more int64) {
	var kept bytes.Buffer
	if _, err := io.CopyN(&kept, from, int64(most)); err == nil {
		more, _ = io.CopyN(io.Discard, from, flood) // that it ends is how it ends
	}
	return kept.String(), more
}

// answer is what a run means.
func (t *Tool) answer(r *run) local.Answer {
	o := local.Outcome{Output: r.output, More: r.more, Words: r.words, JSON: t.s.JSON}
	switch {
	case errors.Is(r.cause, errLate):
		o.Failure = fmt.Sprintf("The program did not end within %v and was stopped.", t.s.Timeout)
	case errors.Is(r.cause, errFlood):
		o.Failure = "The program wrote without end and was stopped."
	case r.code < 0:
		o.Failure = "The program was ended by a signal."
	case !slices.Contains(t.s.Success, r.code):
		o.Failure = fmt.Sprintf("The program failed with exit code %d.", r.code)
	}
	return o.Answer()
}

// Bounds of what is remembered of standard error.
const (
	maxWords = 20
	maxWord  = 1 << 10
)

// A tail remembers the last lines of standard error.
type tail struct {
	line    func(string)
	secrets []string

	mu   sync.Mutex
	last []string
}

func (t *tail) take(line string) {
	line = secret.Hide(line, t.secrets...)
	t.line(line)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last = append(t.last, local.Cut(line, maxWord, 0)); len(t.last) > maxWords {
		t.last = slices.Delete(t.last, 0, 1)
	}
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.last, "\n")
}
