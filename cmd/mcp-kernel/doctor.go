package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/internal/upstreams"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/oauth"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/process"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// What a check came to.
const (
	healthGood = "good"
	healthOdd  = "odd" // it works, and is worth a look
	healthBad  = "bad"
)

// A diagnosis is what `doctor --output json` prints of one check.
type diagnosis struct {
	Check  string `json:"check"`
	Health string `json:"health"` // good, odd or bad
	Found  string `json:"found"`
	Mend   string `json:"mend,omitempty"` // what to do about it
}

func (a *app) doctor() *cobra.Command {
	var start bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find what is wrong, and say how to mend it",
		Long: `Doctor looks at everything that mcp-kernel needs: configuration, policies, data directory, key, state, journal, clock, the
other servers that it governs, and the hosts that it was installed in. It changes nothing but what every start does. Exit code 1 says that something is bad; what is
odd works and is worth a look.`,
		Example: `  mcp-kernel doctor
  mcp-kernel doctor --start -o json | jq '.[] | select(.health != "good")'`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := &doctor{ctx: cmd.Context(), start: start}
			c, err := a.configuration(cmd)
			d.configuration(&c, err)
			if err == nil {
				d.examine(c)
			}
			if err := a.print(d.found, d.table); err != nil {
				return err
			}
			if d.bad {
				return errFound
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&start, "start", false, "start each other server, too")
	governed(cmd)
	return cmd
}

// A doctor collects what it finds.
type doctor struct {
	ctx   context.Context //nolint:containedctx // of one command
	start bool
	found []diagnosis
	bad   bool
}

func (d *doctor) note(check, health, mend, format string, args ...any) {
	d.bad = d.bad || health == healthBad
	d.found = append(d.found, diagnosis{check, health, fmt.Sprintf(format, args...), mend})
}

// table prints what was found, what is to be done below it.
func (d *doctor) table(t *table) {
	for i := range d.found {
		f := &d.found[i]
		t.row(f.Health, f.Check, oneLine(f.Found, 400))
		if f.Mend != "" {
			t.row("", "", "→ "+f.Mend)
		}
	}
}

func (d *doctor) configuration(c *config.Config, err error) {
	switch {
	case err != nil:
		d.note("configuration", healthBad, "configs/mcp-kernel.yaml in the sources shows every key with its default", "%v", err)
	case c.File == "":
		d.note("configuration", healthGood, "", "there is no file, so the defaults hold")
	default:
		d.note("configuration", healthGood, "", "%s", c.File)
	}
}

// examine looks at everything that the configuration names, most basic things first.
func (d *doctor) examine(c config.Config) {
	d.directory(c.DataDir)
	if _, err := standard.LoadPolicies(d.ctx, c); err != nil {
		d.note("policies", healthBad, "mcp-kernel policy validate shows each fault with its line", "%v", err)
		return
	}
	servers, err := upstreams.Load(c.UpstreamsFile())
	if err != nil {
		d.note("other servers", healthBad, "mend the file, or write it anew with mcp-kernel upstream add", "%v", err)
		return
	}
	k, err := standard.Open(d.ctx, standard.Options{Config: c, Self: operator().Principal})
	if err != nil {
		d.note("kernel", healthBad, "the message says what is missing", "%v", err)
		return
	}
	defer func() {
		if err := k.Close(context.WithoutCancel(d.ctx)); err != nil {
			d.note("kernel", healthBad, "", "%v", err)
		}
	}()
	d.note("policies", healthGood, "", "%s in force, of %d that are loaded", strings.Join(k.Policies.Active(), ", "), len(k.Policies.Names()))
	d.journal(c, k)
	d.state(k)
	d.tokens(c.DataDir)
	d.authentication(c)
	d.collector(k)
	d.servers(servers, k)
	d.hosts(c)
}

// directory looks at the data directory before anything is opened in it.
func (d *doctor) directory(dir string) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.note("data directory", healthGood, "", "%s is not there yet, and is made when it is needed", dir)
	case err != nil:
		d.note("data directory", healthBad, "name another with --data-dir, or make it accessible", "%v", err)
	case !info.IsDir():
		d.note("data directory", healthBad, "name another with --data-dir", "%s is no directory", dir)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		d.note("data directory", healthOdd, "chmod 700 "+dir, "%s can be looked into by others than you", dir)
	default:
		d.note("data directory", healthGood, "", "%s", dir)
	}
}

// journal verifies the journal, and looks at its newest entry.
func (d *doctor) journal(c config.Config, k *standard.Kernel) {
	report, err := audit.Verify(d.ctx, c.DataDir, audit.VerifyOptions{Keys: audit.KeysOf(k.Signer), Now: k.Now})
	switch {
	case err != nil:
		d.note("journal", healthBad, "mcp-kernel audit verify says more", "%v", err)
	case report.Bad != nil:
		d.note("journal", healthBad, "mcp-kernel audit verify; keep a copy before anything else", "entry %d is not what was written: %s", report.Bad.Seq, report.Bad.Why)
	default:
		d.note("journal", healthGood, "", "%d entries, unchanged", report.Entries)
	}
	if ahead := k.Journal.Head().At.Sub(k.Now()); ahead > time.Minute {
		d.note("clock", healthOdd, "set the clock right; entries keep the newest time until then", "the newest entry is %s ahead of it", ahead.Round(time.Second))
	} else {
		d.note("clock", healthGood, "", "not behind the journal")
	}
	if frozen := k.Journal.Frozen(); frozen != nil {
		d.note("calls", healthOdd, "mcp-kernel resume", "all calls are stopped: %s", frozen.Reason)
	}
}

// state looks at the state as a call would, and /readyz does.
func (d *doctor) state(k *standard.Kernel) {
	for _, c := range k.Health(d.ctx) {
		switch {
		case c.Name != "state":
		case c.Status == standard.Up:
			d.note("state", healthGood, "", "answers")
		case c.Status == standard.Degraded:
			d.note("state", healthOdd, "what keeps something there fails; calls run", "%s", c.Reason)
		default:
			d.note("state", healthBad, "calls are denied until it answers: see state.url and the machine it names", "%s", c.Reason)
		}
	}
}

// collector sends to the collector of OpenTelemetry, if there is one, a request without content.
func (d *doctor) collector(k *standard.Kernel) {
	if _, sends := k.Telemetry(); !sends {
		return
	}
	if err := k.ProbeTelemetry(d.ctx); err != nil {
		d.note("collector", healthOdd, "calls run without it; see observability.otlp, and whether the collector takes OTLP over HTTP", "%v", err)
		return
	}
	d.note("collector", healthGood, "", "takes what is sent")
}

// tokens looks at the key that logins to other servers are kept with.
func (d *doctor) tokens(dir string) {
	if err := oauth.CheckKey(filepath.Join(dir, standard.TokensKey)); err != nil {
		d.note("logins", healthBad, "mend the file, or remove it and log in anew", "%v", err)
	}
}

// servers looks at the other servers.
func (d *doctor) servers(servers []atr.Server, k *standard.Kernel) {
	for i := range servers {
		s := &servers[i]
		check := "server " + s.Name
		if s.Command != "" {
			if _, err := process.Find(s.Command, s.Dir, process.CleanEnv(os.Environ(), s.Pass, s.Env)); err != nil {
				d.note(check, healthBad, "install it, or give the whole path in upstreams.yaml", "%v", err)
				continue
			}
		}
		d.server(check, s.Name, k.Servers())
	}
}

// sandbox says whether what a sandbox is to keep a server from can be kept from it here; r is what came of that when it was
// started, nil if it was not.
func (d *doctor) sandbox(check string, r *sandbox.Report) {
	if r == nil {
		could := sandbox.Foresee(&sandbox.Profile{})
		r = &could
	}
	if r.Whole() {
		d.note(check+", sandbox", healthGood, "", "holds, on %s", r.System)
		return
	}
	d.note(check+", sandbox", healthOdd, "a newer Linux enforces more; required: true in the server's sandbox refuses to start it instead", "on %s, %s", r.System, r)
}

// server looks at one other server, and starts it where that was asked for.
func (d *doctor) server(check, name string, m *atr.Module) {
	var report atr.Report
	for _, r := range m.Reports(d.ctx) {
		if r.Name == name {
			report = r
		}
	}
	if d.start {
		var err error
		if report, err = m.Learn(d.ctx, name); err != nil {
			mend := "mcp-kernel upstream test " + name
			if errors.Is(err, oauth.ErrLogin) {
				mend = "mcp-kernel upstream login " + name
			}
			d.note(check, healthBad, mend, "%v", reasonDown(err))
			return
		}
	}
	if report.Sandboxed {
		d.sandbox(check, report.Sandbox)
	}
	switch {
	case report.Login == atr.LoginNeeded:
		d.note(check, healthOdd, "mcp-kernel upstream login "+name, "it needs a login")
	case report.Login == atr.LoginPoor:
		d.note(check, healthOdd, "mcp-kernel upstream login "+name, "it has asked for more than the login is good for")
	case report.Waiting > 0:
		d.note(check, healthOdd, "mcp-kernel pins diff "+name, "%d definitions are not what was trusted, and are not used", report.Waiting)
	case !report.Known:
		d.note(check, healthGood, "", "never started yet")
	default:
		d.note(check, healthGood, "", "%d tools, %d resources, %d prompts", report.Tools, report.Resources, report.Prompts)
	}
}
