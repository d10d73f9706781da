package wasi

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/local"
)

// What bounds an Engine.
const (
	DefaultRuns  = 8        // calls at once; further ones wait
	DefaultCodes = 8        // modules that stay compiled
	maxModule    = 64 << 20 // bytes of a module
)

// errClosed says that the engine is closed.
var errClosed = errors.New("the engine is closed")

// Options are what an Engine is made of. The zero value is ready.
type Options struct {
	// Resolve returns what a reference to a secret stands for. Nil takes everything as it is written.
	Resolve func(ctx context.Context, text string) (string, error)
	// Files knows digests of files. Nil is one of its own.
	Files *local.Files
	// Line takes what modules write to standard error. May be nil.
	Line func(line string)

	Runs  int // 0 is DefaultRuns
	Codes int // 0 is DefaultCodes

	Now    func() time.Time // the clock that modules see; nil is time.Now
	Random io.Reader        // where their random bytes are from; nil is crypto/rand
}

// An Engine compiles modules when they are first called, and keeps those that were called last. It is safe for concurrent
// use.
type Engine struct {
	o     Options
	slots chan struct{}
	work  sync.WaitGroup // compilations

	mu     sync.Mutex
	closed bool
	clock  int64 // counts uses
	codes  map[key]*code
}

// A key is what code depends on.
type key struct {
	digest string
	pages  uint32
}

// A code is a module that is compiled, or is being.
type code struct {
	ready   chan struct{} // closed when it is compiled, or is not going to be
	err     error
	runtime wazero.Runtime
	module  wazero.CompiledModule

	users int   // calls; under the engine's lock
	used  int64 // when it was used last, by its clock
}

// NewEngine returns an Engine that has compiled nothing yet.
func NewEngine(o Options) *Engine {
	if o.Files == nil {
		o.Files = &local.Files{}
	}
	if o.Line == nil {
		o.Line = func(string) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	setDefault(&o.Runs, DefaultRuns)
	setDefault(&o.Codes, DefaultCodes)
	return &Engine{o: o, slots: make(chan struct{}, o.Runs), codes: map[key]*code{}}
}

// Close frees everything, after the calls that run. It is called once.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	codes := e.codes
	e.codes = map[key]*code{}
	e.mu.Unlock()
	for range e.o.Runs {
		e.slots <- struct{}{} // nobody runs any more
	}
	e.work.Wait()
	faults := make([]error, 0, len(codes))
	for _, c := range codes {
		faults = append(faults, c.free())
	}
	return errors.Join(faults...)
}

// Compiled returns how many modules are compiled, or are being.
func (e *Engine) Compiled() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.codes)
}

// take returns the code of a module for a call, which give ends. Who comes first has it compiled, and everybody waits.
func (e *Engine) take(ctx context.Context, path string, k key) (*code, error) {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil, errClosed
	}
	c, known := e.codes[k]
	if !known {
		c = &code{ready: make(chan struct{})}
		e.codes[k] = c
		e.work.Go(func() {
			defer close(c.ready)
			c.err = c.compile(path, k)
		})
	}
	c.users++
	e.clock++
	c.used = e.clock
	e.mu.Unlock()
	select {
	case <-c.ready:
	case <-ctx.Done():
		e.give(k, c)
		return nil, context.Cause(ctx)
	}
	if c.err != nil {
		err := c.err
		e.give(k, c)
		return nil, err
	}
	return c, nil
}

// give ends a use of code. What failed is forgotten, and so is what was used longest ago where there is too much.
func (e *Engine) give(k key, c *code) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c.users--
	select {
	case <-c.ready:
		if c.err != nil && e.codes[k] == c {
			delete(e.codes, k)
		}
	default:
	}
	for len(e.codes) > e.o.Codes {
		oldest, found := e.oldest()
		if !found {
			return
		}
		_ = e.codes[oldest].free() // nobody uses it
		delete(e.codes, oldest)
	}
}

// oldest is what was used longest ago of what nobody uses.
func (e *Engine) oldest() (oldest key, found bool) {
	for k, c := range e.codes {
		select {
		case <-c.ready:
		default:
			continue
		}
		if c.users == 0 && (!found || c.used < e.codes[oldest].used) {
			oldest, found = k, true
		}
	}
	return oldest, found
}

// free gives back the memory of code.
func (c *code) free() error {
	if c.runtime == nil {
		return nil
	}
	return c.runtime.Close(context.Background())
}

// compile makes code of the very module that the digest is of.
func (c *code) compile(path string, k key) error {
	text, err := read(path)
	if err != nil {
		return fmt.Errorf("%w: %w", local.ErrBroken, err)
	}
	sum := sha256.Sum256(text)
	if "sha256:"+hex.EncodeToString(sum[:]) != k.digest {
		return fmt.Errorf("%w: %s has changed meanwhile", local.ErrBroken, path)
	}
	// It outlives the call that wants it first, and is done by as many as can.
	ctx := experimental.WithCompilationWorkers(context.Background(), runtime.GOMAXPROCS(0))
	c.runtime = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithMemoryLimitPages(k.pages).WithCloseOnContextDone(true).WithDebugInfoEnabled(false))
	if _, err = wasi_snapshot_preview1.Instantiate(ctx, c.runtime); err == nil {
		c.module, err = c.runtime.CompileModule(ctx, text)
	}
	if err == nil {
		err = fit(c.module)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", local.ErrBroken, path, errors.Join(err, c.free()))
	}
	return nil
}

// fit reports why a module is no program.
func fit(m wazero.CompiledModule) error {
	if m.ExportedFunctions()["_start"] == nil {
		return errors.New("exports no _start: it is no program for WASI")
	}
	for _, f := range m.ImportedFunctions() {
		if from, name, _ := f.Import(); from != wasi_snapshot_preview1.ModuleName {
			return fmt.Errorf("imports %.60q of %.60q, and there is nothing but WASI preview 1", name, from)
		}
	}
	if all := m.ImportedMemories(); len(all) > 0 {
		return errors.New("imports a memory")
	}
	return nil
}

// read reads a module.
func read(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the operator says which
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxModule+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxModule:
		return nil, fmt.Errorf("%s has more than %d bytes", path, maxModule)
	case !bytes.HasPrefix(text, []byte("\x00asm\x01\x00\x00\x00")):
		return nil, fmt.Errorf("%s is no module of WebAssembly", path)
	}
	return text, nil
}
