package governance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// touching is a policy under which read adds read:secret and open tools add untrusted:web.
func touching() governance.Policy {
	p := open("p")
	p.Labels = []governance.LabelRule{
		{Add: []string{"read:secret"}, Tools: []string{"read"}},
		{Add: []string{"untrusted:web"}, Hints: map[string]bool{"open_world": true, "read_only": true}},
		{Add: []string{"read:vault"}, Resources: []string{"vault://*"}},
	}
	return p
}

func closedWorld(c *governance.Call) { c.Hints.ClosedWorld = true }

func TestLabelsOfACall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		call *governance.Call
		want []string
	}{
		"by name":                 {call(closedWorld), []string{"read:secret"}},
		"by hints":                {call(of("web"), func(c *governance.Call) { c.Hints.ReadOnly = true }), []string{"untrusted:web"}},
		"by name and hints":       {call(func(c *governance.Call) { c.Hints.ReadOnly = true }), []string{"read:secret", "untrusted:web"}},
		"a resource":              {call(func(c *governance.Call) { c.Kind, c.Name = governance.KindResource, "vault://a" }), []string{"read:vault"}},
		"hints are of tools":      {call(func(c *governance.Call) { c.Kind, c.Name = governance.KindResource, "vfs://a" }), nil},
		"neither":                 {call(of("write"), closedWorld), nil},
		"a name that nothing has": {call(func(c *governance.Call) { c.Unknown = true }), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, _ := counted(t, touching())
			d := g.Decide(t.Context(), c.call)
			if !d.Allowed() {
				t.Fatalf("%+v", d)
			}
			if diff := cmp.Diff(c.want, d.Labels); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLabelsStay(t *testing.T) {
	t.Parallel()
	g, at := counted(t, touching(), func(o *governance.Options) { o.Executions = executions{} })
	quiet := func(change ...func(*governance.Call)) []string {
		return g.Decide(t.Context(), call(append([]func(*governance.Call){of("write"), closedWorld}, change...)...)).Labels
	}
	g.Decide(t.Context(), call(by("ann", "did:a"), closedWorld))
	secret := []string{"read:secret"}
	for name, got := range map[string][]string{
		"the agent":                     quiet(by("ann", "did:a")),
		"its principal, without a key":  quiet(by("ann", "")),
		"in an execution of its own":    quiet(by("ann", ""), func(c *governance.Call) { c.Execution = "h1" }),
		"with labels that somebody set": quiet(by("ann", "did:a"), func(c *governance.Call) { c.Labels = []string{"read:secret"} }),
	} {
		if !slices.Equal(got, secret) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for name, got := range map[string][]string{"another agent": quiet(by("ann", "did:b")), "somebody else": quiet(by("bob", ""))} {
		if len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	at.advance(time.Hour)
	if got := quiet(by("ann", "did:a")); !slices.Equal(got, secret) {
		t.Errorf("a window later: %v", got)
	}
	at.advance(time.Hour + time.Second)
	if got := quiet(by("ann", "did:a")); len(got) > 0 {
		t.Errorf("untouched for two windows: %v", got)
	}
}

func TestAPrincipalsLabelsAreItsAgents(t *testing.T) {
	t.Parallel()
	g, _ := counted(t, touching())
	g.Decide(t.Context(), call(by("ann", ""), closedWorld))
	d := g.Decide(t.Context(), call(by("ann", "did:new"), of("write"), closedWorld))
	if !slices.Equal(d.Labels, []string{"read:secret"}) {
		t.Errorf("proving a key cleared labels: %v", d.Labels)
	}
}

func TestLabelsOfAnExecution(t *testing.T) {
	t.Parallel()
	ends := noon().Add(30 * time.Hour)
	g, at := counted(t, touching(), func(o *governance.Options) {
		o.Executions = executions{governance.Execution{Handle: "h1", Expires: ends}}
	})
	inside := func(c *governance.Call) { c.Execution = "h1" }
	g.Decide(t.Context(), call(inside, closedWorld))
	at.advance(20 * time.Hour)
	if d := g.Decide(t.Context(), call(inside, of("write"), closedWorld)); !slices.Equal(d.Labels, []string{"read:secret"}) {
		t.Errorf("an execution forgot: %+v", d)
	}
	if d := g.Decide(t.Context(), call(of("write"), closedWorld)); len(d.Labels) > 0 {
		t.Errorf("the window is over outside of it: %+v", d)
	}
}

func TestLabelsThatCannotBeKeptDeny(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		labels governance.LabelStore
		stage  string
	}{
		"no store":          {nil, "what the execution has touched cannot be known"},
		"a store that errs": {failing{read: errors.New("secret dsn")}, "what the execution has touched cannot be known"},
		"one that is full":  {failing{write: errors.New("secret dsn")}, "what the execution touches cannot be remembered"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []governance.Mode{governance.Enforce, governance.AuditOnly} {
				p := touching()
				p.Mode = mode
				g, _ := counted(t, p, func(o *governance.Options) { o.Labels = c.labels })
				d := g.Decide(t.Context(), call())
				if d.Allowed() || d.Check != governance.CheckLabels || d.Reason != c.stage || d.Fault == nil {
					t.Errorf("%v: %+v", mode, d)
				}
			}
		})
	}
}

type failing struct{ read, write error }

func (f failing) Of(context.Context, governance.Caller, string) ([]string, error) { return nil, f.read }

func (f failing) Add(context.Context, governance.Caller, governance.Execution, ...string) ([]string, error) {
	return nil, f.write
}

func TestTouch(t *testing.T) {
	t.Parallel()
	g, _ := counted(t, touching())
	if _, err := g.Touch(t.Context(), call(), "not a label"); err == nil {
		t.Error("any text is a label")
	}
	got, err := g.Touch(t.Context(), call(), "found:pii")
	if err != nil || !slices.Equal(got, []string{"found:pii"}) {
		t.Fatalf("%v, %v", got, err)
	}
	if d := g.Decide(t.Context(), call(of("write"), closedWorld)); !slices.Equal(d.Labels, []string{"found:pii"}) {
		t.Errorf("%+v", d)
	}
}

// TestLabelsOnlyGrow does whatever an agent can do, and never sees a label less within a window.
func TestLabelsOnlyGrow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := &clock{now: noon()}
		store := memstate.New(memstate.Options{Now: at.read})
		defer func() { _ = store.Close() }()
		type place struct{ agent, execution string }
		touched := map[place]map[string]bool{}
		agents, handles := []string{"", "did:a", "did:b"}, []string{"", "x", "y"}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			labels, err := governance.NewLabels(store, time.Hour, at.read) // each step in another process
			if err != nil {
				t.Fatal(err)
			}
			at.advance(time.Duration(rapid.IntRange(0, 30).Draw(t, "seconds")) * time.Second)
			who := governance.Caller{Principal: "ann", Agent: rapid.SampledFrom(agents).Draw(t, "agent"), Label: fmt.Sprint(rapid.Int().Draw(t, "label"))}
			handle := rapid.SampledFrom(handles).Draw(t, "handle")
			if rapid.Bool().Draw(t, "touches") {
				label := "l:" + rapid.StringMatching(`[abc]`).Draw(t, "name")
				if _, err := labels.Add(t.Context(), who, governance.Execution{Handle: handle}, label); err != nil {
					t.Fatal(err)
				}
				for _, p := range []place{{who.Agent, handle}, {who.Agent, ""}} {
					if touched[p] == nil {
						touched[p] = map[string]bool{}
					}
					touched[p][label] = true
				}
			}
			known, err := labels.Of(t.Context(), who, handle)
			if err != nil {
				t.Fatal(err)
			}
			for p, all := range touched {
				if p.agent != "" && who.Agent != "" && p.agent != who.Agent || p.execution != "" && p.execution != handle {
					continue
				}
				for label := range all {
					if !slices.Contains(known, label) {
						t.Fatalf("%+v in %q has lost %s of %+v: %v", who, handle, label, p, known)
					}
				}
			}
		}
	})
}

func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	store := memstate.New(memstate.Options{Now: noon})
	defer func() { _ = store.Close() }()
	labels, err := governance.NewLabels(store, time.Hour, noon)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		who := governance.Caller{Principal: "ann", Agent: fmt.Sprint("did:", i)}
		if _, err := labels.Add(t.Context(), who, governance.Execution{}, "read:secret"); err != nil {
			t.Fatal(err)
		}
	}
	for _, agent := range []string{"did:0", "did:299", "did:never"} { // too many are kept for all
		known, err := labels.Of(t.Context(), governance.Caller{Principal: "ann", Agent: agent}, "")
		if err != nil || !slices.Equal(known, []string{"read:secret"}) {
			t.Errorf("%s: %v, %v", agent, known, err)
		}
	}
	entries, err := store.List(t.Context(), "labels", "", 10)
	if err != nil || len(entries) != 1 || len(entries[0].Value) > 32<<10 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
}

func TestLabelsOfManyWriters(t *testing.T) {
	t.Parallel()
	store := memstate.New(memstate.Options{Now: noon})
	defer func() { _ = store.Close() }()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			labels, err := governance.NewLabels(store, time.Hour, noon)
			if err == nil {
				_, err = labels.Add(context.Background(), governance.Caller{Principal: "ann"}, governance.Execution{}, fmt.Sprint("l:", i))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	labels, err := governance.NewLabels(store, time.Hour, noon)
	if err != nil {
		t.Fatal(err)
	}
	if known, err := labels.Of(t.Context(), governance.Caller{Principal: "ann"}, ""); err != nil || len(known) != 8 {
		t.Errorf("%v, %v", known, err)
	}
}
