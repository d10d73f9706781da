package process

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// prepare makes what the program is started with.
func (p *Process) prepare() error {
	profile := p.spec.Sandbox
	if p.spec.OwnTemp {
		folder, err := os.MkdirTemp("", "mcp-kernel-")
		if err != nil {
			return err
		}
		p.temp = folder
		p.cmd.Env = withTemp(p.cmd.Env, folder)
		if profile != nil && !profile.Open {
			own := *profile
			own.Write = append(slices.Clone(own.Write), folder)
			profile = &own
		}
	}
	p.tree.prepare(p.cmd)
	if profile != nil {
		launcher, err := sandbox.Prepare(p.cmd, profile)
		if err != nil {
			return err
		}
		p.launcher = launcher
	}
	if err := p.pipe(); err != nil {
		if p.launcher != nil {
			p.launcher.Close()
		}
		return err
	}
	return nil
}

// withTemp is an environment that names a folder for temporary files.
func withTemp(env []string, folder string) []string {
	names := []string{"TMPDIR", "TMP", "TEMP"}
	out := make([]string, 0, len(env)+len(names))
	for _, pair := range env {
		if name, _, _ := strings.Cut(pair, "="); !slices.Contains(names, fold(name)) {
			out = append(out, pair)
		}
	}
	for _, name := range names {
		out = append(out, name+"="+folder)
	}
	return out
}

// clean removes the folder for temporary files.
func (p *Process) clean() error {
	if p.temp == "" {
		return nil
	}
	return os.RemoveAll(p.temp)
}

// confined waits until the launcher has become the program.
func (p *Process) confined(ctx context.Context) error {
	if p.launcher == nil {
		return nil
	}
	defer context.AfterFunc(ctx, p.launcher.Close)()
	report, err := p.launcher.Report()
	p.report = &report
	return err
}

// Sandbox returns what became of the sandbox; nil if there was to be none.
func (p *Process) Sandbox() *sandbox.Report { return p.report }
