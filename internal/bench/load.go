package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// A Load is what is sent to a server. Tool and Arguments are required.
type Load struct {
	Command   []string // program and arguments of a stdio server
	Env       []string // of the server; nil is this process's
	Tool      string
	Arguments string // a JSON object
	Window    int    // requests in flight; 1 is serial
	Warmup    int    // requests before measuring
	Requests  int    // that are measured
}

// A Result is what came of a Load.
type Result struct {
	Requests  int
	Errors    int           // answers that are errors
	Elapsed   time.Duration // of the measured requests
	P50, P99  time.Duration // latency as the client sees it
	CPU       time.Duration // processor time of the server during the measured requests; 0 where it cannot be read
	Resident  int64         // bytes of the server's memory afterwards; 0 where it cannot be read
	FirstLine time.Duration // from starting the process to its first answer
}

// Rate is requests a second.
func (r Result) Rate() float64 { return float64(r.Requests) / r.Elapsed.Seconds() }

// CPUEach is the server's processor time for one request.
func (r Result) CPUEach() time.Duration { return r.CPU / time.Duration(max(1, r.Requests)) }

// initialize is the handshake of the 2025 era.
const initialize = `{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}` +
	"\n" + `{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n"

// Run starts the server, sends the load, and ends the server.
func Run(ctx context.Context, l Load) (Result, error) {
	s, err := start(ctx, l)
	if err != nil {
		return Result{}, err
	}
	result, err := s.measure(l)
	return result, errors.Join(err, s.end())
}

// A server is the process that is measured.
type server struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errs   *bytes.Buffer
	first  time.Duration
	serial int
}

func start(ctx context.Context, l Load) (*server, error) {
	s := &server{cmd: exec.CommandContext(ctx, l.Command[0], l.Command[1:]...), errs: &bytes.Buffer{}}
	s.cmd.Env, s.cmd.Stderr = l.Env, s.errs
	in, inErr := s.cmd.StdinPipe()
	out, outErr := s.cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		return nil, err
	}
	s.in, s.out = in, bufio.NewReaderSize(out, 1<<20)
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(s.in, initialize); err != nil {
		return nil, err
	}
	if _, err := s.line(); err != nil {
		return nil, errors.Join(fmt.Errorf("no answer to initialize: %w: %s", err, s.errs), s.end())
	}
	s.first = time.Since(began)
	return s, nil
}

func (s *server) line() ([]byte, error) {
	line, err := s.out.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, errors.New("an answer of more than 1 MiB")
	}
	return line, err
}

func (s *server) end() error {
	return errors.Join(s.in.Close(), s.cmd.Wait())
}

func (s *server) measure(l Load) (Result, error) {
	if _, err := s.send(l, l.Warmup); err != nil {
		return Result{}, err
	}
	cpu := cpuTime(s.cmd.Process.Pid)
	result, err := s.send(l, l.Requests)
	result.CPU = cpuTime(s.cmd.Process.Pid) - cpu
	result.Resident = resident(s.cmd.Process.Pid)
	result.FirstLine = s.first
	return result, err
}

// send sends n requests, a window of them in flight, and reads their answers.
func (s *server) send(l Load, n int) (Result, error) {
	result := Result{Requests: n}
	sent := make([]atomic.Int64, n) // nanoseconds since began
	took := make([]time.Duration, 0, n)
	window := make(chan struct{}, max(1, l.Window))
	failed := make(chan error, 1)
	base := s.serial
	s.serial += n
	began := time.Now()
	go func() { failed <- s.write(l, base, began, sent, window) }()
	for range n {
		line, err := s.line()
		if err != nil {
			return result, errors.Join(fmt.Errorf("reading answers: %w: %s", err, s.errs))
		}
		id, ok := answerID(line)
		if !ok || id < base || id >= base+n {
			return result, fmt.Errorf("unexpected line %.200s", line)
		}
		took = append(took, time.Since(began)-time.Duration(sent[id-base].Load()))
		if bytes.Contains(line, []byte(`"isError":true`)) || bytes.Contains(line, []byte(`"error":{`)) {
			result.Errors++
		}
		<-window
	}
	result.Elapsed = time.Since(began)
	slices.Sort(took)
	if n > 0 {
		result.P50, result.P99 = took[n/2], took[n*99/100]
	}
	return result, <-failed
}

func (s *server) write(l Load, base int, began time.Time, sent []atomic.Int64, window chan struct{}) error {
	head, tail := `{"jsonrpc":"2.0","id":`, `,"method":"tools/call","params":{"name":"`+l.Tool+`","arguments":`+l.Arguments+"}}\n"
	buf := make([]byte, 0, len(head)+len(tail)+20)
	for i := range sent {
		window <- struct{}{}
		buf = append(buf[:0], head...)
		buf = strconv.AppendInt(buf, int64(base+i), 10)
		buf = append(buf, tail...)
		sent[i].Store(int64(time.Since(began)))
		if _, err := s.in.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// answerID reads the id of an answer, which is a number of ours.
func answerID(line []byte) (int, bool) {
	_, digits, found := bytes.Cut(line, []byte(`"id":`))
	if !found {
		return 0, false
	}
	end := bytes.IndexAny(digits, ",}")
	if end < 0 {
		return 0, false
	}
	id, err := strconv.Atoi(string(digits[:end]))
	return id, err == nil
}
