package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// ErrBroken is wrapped by the error of Run when the kernel did not do what it promises.
var ErrBroken = errors.New("the kernel broke a promise")

// A Place is what a kernel is started with.
type Place struct {
	Config  string // path of its configuration file
	DataDir string // its data directory, which is empty
}

// A Session is a kernel that was started and serves stdio.
type Session struct {
	In   io.WriteCloser // what it reads; closing it ends the kernel
	Out  io.Reader      // what it writes
	Wait func() error   // returns when it has ended
}

// A Server is another server that is put behind the kernel: one for files, whose tools are named as those of the protocol's
// reference server for files are.
type Server struct {
	Name string
	// List returns the kernel's list of servers, with this one alone, which reaches no folder but work.
	List func(work string) ([]byte, error)
	// Agree agrees, as an operator, to the call that waits for that.
	Agree func(ctx context.Context, at Place) error
}

// Options are what a demo needs. All but Server are required.
type Options struct {
	Start func(ctx context.Context, at Place) (*Session, error) // starts the kernel that is shown
	Keys  func(dataDir string) (audit.Keys, error)              // the public keys that the journal is verified with
	Dir   string                                                // an empty directory, which the caller removes
	Out   io.Writer                                             // where the table goes
	// Server is another server that is shown behind the kernel; nil shows the kernel's own tools.
	Server *Server
}

func (o *Options) validate() error {
	if o.Start == nil || o.Keys == nil || o.Dir == "" || o.Out == nil {
		return errors.New("demo: options need Start, Keys, Dir and Out")
	}
	return nil
}

// patience bounds the whole demo: a kernel that hangs is a kernel that broke a promise.
const patience = time.Minute

// Run holds the conversation and prints what happened. Its error wraps ErrBroken and names every promise that was broken,
// or says why there was no conversation.
func Run(ctx context.Context, o Options) error {
	if err := o.validate(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := newStage(o.Dir, o.Server)
	if err != nil {
		return err
	}
	if err := s.perform(ctx, o); err != nil {
		return err
	}
	if err := s.readBack(ctx, o); err != nil {
		return err
	}
	if err := s.print(o.Out); err != nil {
		return err
	}
	return s.verdict()
}

// A stage is what the demo plays on, and what it has seen.
type stage struct {
	place   Place
	work    string // the directory that the kernel's file actions reach
	server  *Server
	acts    []act
	records map[string]*record // by call id, as the journal has them
	events  map[string]int     // announced, by name
	report  audit.Report
	broken  []error
}

// newStage lays out configuration, policy and files.
func newStage(dir string, server *Server) (*stage, error) {
	s := &stage{
		place: Place{Config: filepath.Join(dir, "mcp-kernel.yaml"), DataDir: filepath.Join(dir, "data")},
		work:  filepath.Join(dir, "work"), server: server,
	}
	policies := filepath.Join(dir, "policies.yaml")
	err := os.Mkdir(s.work, 0o700)
	files := map[string]string{
		policies:       policy,
		s.place.Config: fmt.Sprintf(configuration, s.place.DataDir, policies, s.work),
		s.file(ledger): "Invoice 17: amount due $100\n",
	}
	if server != nil {
		list, fault := server.List(s.work)
		err = errors.Join(err, fault)
		files[filepath.Join(dir, "upstreams.yaml")] = string(list)
		files[policies] = fmt.Sprintf(serverPolicy, server.Name, s.work)
		files[s.file(keys)] = "service: billing\ntoken: " + token + "\n"
		files[s.outside()] = "Nobody needs to read this.\n"
	}
	for name, text := range files {
		err = errors.Join(err, os.WriteFile(name, []byte(text), 0o600))
	}
	if err != nil {
		return nil, fmt.Errorf("demo: setting the stage: %w", err)
	}
	return s, nil
}

// configuration takes the data directory, the policy file and the root.
const configuration = `data_dir: %q
log: {level: warn}
governance:
  window: 1000000h # no window ends while the demo runs
  policy_files: [%q]
  policies: [demo]
files:
  roots:
    - {name: work, path: %q}
`

// maxCalls is how many calls the demo's policy allows.
const maxCalls = 16

// policy is what the kernel that is shown enforces.
const policy = `- name: demo
  description: Everything but deleting, no table is dropped, and no more than sixteen calls.
  allowed_tools: [kernel_execute, file_read, file_write, file_list, policy_check]
  allowed_resources: ["*"]
  allowed_prompts: ["*"]
  max_tool_calls_per_request: 16
  confidence_threshold: 0.8
  blocked_patterns:
    - {name: drop_table, type: regex, pattern: '\bdrop\s+table\b'}
`

// The files of the demo, inside its root.
const (
	note   = "note.txt"   // written by an allowed call
	ledger = "ledger.txt" // read twice, and changed in between
	script = "script.sql" // that a blocked call would have written
)

func (s *stage) file(name string) string { return filepath.Join(s.work, name) }

// expect notes a broken promise unless it was kept.
func (s *stage) expect(kept bool, format string, args ...any) {
	if !kept {
		s.broken = append(s.broken, fmt.Errorf(format, args...))
	}
}

// verdict is nil when every promise was kept.
func (s *stage) verdict() error {
	if len(s.broken) == 0 {
		return nil
	}
	return fmt.Errorf("%w:\n%w", ErrBroken, errors.Join(s.broken...))
}
