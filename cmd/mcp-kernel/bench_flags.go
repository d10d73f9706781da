package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// benchFlags are the flags that `bench` and `bench compare` share.
type benchFlags struct {
	url, readyURL, bearerFile string
	env, headers              []string
	pid                       int

	era            string
	calls, methods []string
	size           string
	connections    int
	pipeline       int
	rate           float64
	duration       time.Duration
	requests       int64
	warmup         string
	timeout        time.Duration
	seed           uint64
}

func (f *benchFlags) add(cmd *cobra.Command) {
	own, all := cmd.Flags(), cmd.PersistentFlags()
	own.StringVar(&f.url, "url", "", "`URL` of the server's endpoint of streamable HTTP")
	own.IntVar(&f.pid, "pid", 0, "`process` that serves the URL, to read its processor time and memory (Linux)")
	all.StringVar(&f.readyURL, "ready-url", "", "`regexp` that finds the URL in what the command prints: its first group")
	all.StringArrayVar(&f.env, "env", nil, "`KEY=VALUE` for the command; repeat it for several")
	all.StringArrayVar(&f.headers, "header", nil, "`NAME: VALUE` of an HTTP header; repeat it for several")
	all.StringVar(&f.bearerFile, "bearer-file", "", "`file` with the key that is sent as Authorization: Bearer")
	all.StringVar(&f.era, "era", "2025", "2025 (initialize, sessions) or 2026 (server/discover, stateless)")
	all.StringArrayVar(&f.calls, "call", nil, "`[WEIGHT*]TOOL[=JSON]`: a tool and its arguments; repeat it for a mix")
	all.StringArrayVar(&f.methods, "method", nil, "`[WEIGHT*]METHOD[=JSON]`: another request and its params; repeat it for a mix")
	all.StringVar(&f.size, "size", "", "`ARGUMENT=SIZE` makes this argument of every --call a text so long, as in text=64KiB")
	all.IntVar(&f.connections, "concurrency", 1, "connections; over stdio each has a process of its own")
	all.IntVar(&f.pipeline, "pipeline", 1, "requests in flight on a connection over stdio; HTTP carries one")
	all.Float64Var(&f.rate, "rate", 0, "requests a second over all connections, at even intervals (default as fast as answers come)")
	all.DurationVar(&f.duration, "duration", 10*time.Second, "how long is measured")
	all.Int64Var(&f.requests, "requests", 0, "how many requests are measured, for however long it takes unless --duration is given too")
	all.StringVar(&f.warmup, "warmup", "1s", "a `duration`, or a number of requests, before measuring; 0 is none")
	all.DurationVar(&f.timeout, "timeout", 30*time.Second, "for an answer, and for the server to start")
	all.Uint64Var(&f.seed, "seed", 1, "of the mix: the same seed sends the same sequence")
}

// load is what the flags say is to be sent.
func (f *benchFlags) load(cmd *cobra.Command) (bench.Load, error) {
	l := bench.Load{
		Era: bench.Era(f.era), Connections: f.connections, Pipeline: f.pipeline, Rate: f.rate, Timeout: f.timeout, Seed: f.seed,
		Measure: bench.Span{Requests: f.requests, Duration: f.duration},
	}
	if f.requests > 0 && !cmd.Flags().Changed("duration") {
		l.Measure.Duration = 0
	}
	var warmErr, callErr error
	if l.Warmup, warmErr = parseSpan(f.warmup); warmErr != nil {
		warmErr = fmt.Errorf("--warmup %q: want a duration as in 2s, or a number of requests", f.warmup)
	}
	l.Calls, callErr = f.mix()
	err := errors.Join(warmErr, callErr)
	for _, n := range []struct {
		flag  string
		wrong bool
	}{
		{"concurrency", f.connections < 1},
		{"pipeline", f.pipeline < 1},
		{"rate", f.rate < 0 || math.IsNaN(f.rate) || math.IsInf(f.rate, 0)},
		{"timeout", f.timeout <= 0},
		{"duration", f.duration <= 0},
		{"requests", f.requests < 0},
		{"pid", f.pid < 0},
	} {
		if n.wrong {
			err = errors.Join(err, fmt.Errorf("--%s: want more than 0", n.flag))
		}
	}
	if l.Era != bench.Era2025 && l.Era != bench.Era2026 {
		err = errors.Join(err, fmt.Errorf("--era %q: want 2025 or 2026", f.era))
	}
	if err != nil {
		return l, misused(cmd, "%v", err)
	}
	return l, nil
}

// mix is what --call, --method and --size say.
func (f *benchFlags) mix() ([]bench.Call, error) {
	calls := make([]bench.Call, 0, len(f.calls)+len(f.methods))
	var faults []error
	for _, text := range f.calls {
		weight, name, value, err := parseCall(text)
		calls = append(calls, bench.Call{Tool: name, Arguments: value, Weight: weight})
		faults = append(faults, wrap(err, "--call %q", text))
	}
	if f.size != "" && errors.Join(faults...) == nil {
		faults = append(faults, wrap(pad(calls, f.size), "--size %q", f.size))
	}
	for _, text := range f.methods {
		weight, name, value, err := parseCall(text)
		calls = append(calls, bench.Call{Method: name, Params: value, Weight: weight})
		faults = append(faults, wrap(err, "--method %q", text))
	}
	if len(calls) == 0 {
		calls = []bench.Call{{Method: "tools/list"}}
	}
	return calls, errors.Join(faults...)
}

// wrap says what an error is about, if it is one.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// parseCall reads [WEIGHT*]NAME[=JSON].
func parseCall(text string) (weight int, name string, value json.RawMessage, err error) {
	name, object, hasValue := strings.Cut(text, "=")
	if number, rest, weighs := strings.Cut(name, "*"); weighs {
		if weight, err = strconv.Atoi(number); err != nil || weight < 1 || weight > 1_000_000 {
			return 0, "", nil, errors.New("a weight is a number from 1 to 1000000")
		}
		name = rest
	}
	if name == "" {
		return 0, "", nil, errors.New("want [WEIGHT*]NAME[=JSON]")
	}
	if hasValue {
		if !isObject([]byte(object)) {
			return 0, "", nil, errors.New("what follows = must be a JSON object")
		}
		value = json.RawMessage(object)
	}
	return weight, name, value, nil
}

func isObject(text []byte) bool {
	var members map[string]json.RawMessage
	return json.Unmarshal(text, &members) == nil && members != nil
}

// pad makes an argument of every call a text of a size: what it was, and as many letters more as are missing.
func pad(calls []bench.Call, text string) error {
	name, size, _ := strings.Cut(text, "=")
	length, err := parseSize(size)
	switch {
	case name == "" || err != nil:
		return errors.New("want ARGUMENT=SIZE, as in text=64KiB, and no more than 16MiB")
	case len(calls) == 0:
		return errors.New("there is no --call whose argument it could be")
	}
	for i := range calls {
		members := map[string]json.RawMessage{}
		if calls[i].Arguments != nil {
			if err := json.Unmarshal(calls[i].Arguments, &members); err != nil {
				return err
			}
		}
		var value string
		if given, ok := members[name]; ok && json.Unmarshal(given, &value) != nil {
			return fmt.Errorf("%s: the argument %s is no text", calls[i].Tool, name)
		}
		value += strings.Repeat("x", max(0, length-len(value)))
		if members[name], err = json.Marshal(value); err != nil {
			return err
		}
		if calls[i].Arguments, err = json.Marshal(members); err != nil {
			return err
		}
	}
	return nil
}

// parseSize reads a number of bytes such as 64KiB or 1MB.
func parseSize(text string) (int, error) {
	unit := 1
	for suffix, size := range map[string]int{"KiB": 1 << 10, "MiB": 1 << 20, "kB": 1000, "KB": 1000, "MB": 1_000_000} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			text, unit = number, size
			break
		}
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, "B"))
	if err != nil || n < 1 || n > 16<<20/unit {
		return 0, errors.New("not a size")
	}
	return n * unit, nil
}

// parseSpan reads a duration, or a number of requests.
func parseSpan(text string) (bench.Span, error) {
	if n, err := strconv.ParseUint(text, 10, 40); err == nil {
		return bench.Span{Requests: int64(n)}, nil
	}
	d, err := time.ParseDuration(text)
	if err == nil && d < 0 {
		err = errors.New("less than nothing")
	}
	return bench.Span{Duration: d}, err
}

// target is the server that the flags and the arguments name.
func (f *benchFlags) target(cmd *cobra.Command, command []string) (bench.Target, error) {
	if len(command) == 0 && f.url == "" {
		return bench.Target{}, misused(cmd, "say what to load: mcp-kernel bench -- COMMAND, or mcp-kernel bench --url http://127.0.0.1:3333/mcp")
	}
	t := bench.Target{Command: command, URL: f.url, PID: f.pid}
	if err := f.complete(&t); err != nil {
		return t, misused(cmd, "%v", err)
	}
	return t, nil
}

// complete adds what the flags say of every server.
func (f *benchFlags) complete(t *bench.Target) error {
	t.Env = append(t.Env, f.env...)
	if f.readyURL != "" && t.ReadyURL == nil && len(t.Command) > 0 {
		expression, err := regexp.Compile(f.readyURL)
		if err != nil {
			return fmt.Errorf("--ready-url: %w", err)
		}
		t.ReadyURL = expression
	}
	for _, pair := range f.headers {
		name, value, ok := strings.Cut(pair, ":")
		if err := setHeader(t, name, strings.TrimSpace(value)); err != nil || !ok {
			return fmt.Errorf("--header %q: want NAME: VALUE", pair)
		}
	}
	return wrap(setBearer(t, f.bearerFile), "--bearer-file")
}

// setHeader adds a header that HTTP can carry.
func setHeader(t *bench.Target, name, value string) error {
	if !regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$").MatchString(name) || strings.ContainsAny(value, "\r\n\x00") {
		return fmt.Errorf("header %q: not one that HTTP can carry", name)
	}
	if t.Header == nil {
		t.Header = http.Header{}
	}
	t.Header.Add(name, value)
	return nil
}

// setBearer reads the key that is shown to the server.
func setBearer(t *bench.Target, file string) error {
	if file == "" {
		return nil
	}
	key, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return err
	}
	return setHeader(t, "Authorization", "Bearer "+strings.TrimSpace(string(key)))
}
