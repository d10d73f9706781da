package approval_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// A model is what a desk ought to know of one call's request, written down as simply as can be.
type model struct {
	id      string // empty when there is none
	said    map[string]bool
	used    bool
	expires time.Time
}

// A machine drives a desk and the model side by side.
type machine struct {
	t      *rapid.T
	o      *office
	needs  []governance.Requirement
	quorum int
	calls  map[string]*model // by arguments
	serial int
	store  *memstate.Store
}

func (m *machine) call() (*governance.Call, *model) {
	args := rapid.SampledFrom([]string{`{"a":1}`, `{"a":2}`, `{"a":3}`}).Draw(m.t, "arguments")
	if m.calls[args] == nil {
		m.calls[args] = &model{}
	}
	m.serial++
	known := m.calls[args]
	if known.id != "" && !m.o.clock().Before(known.expires) {
		*known = model{}
	}
	return deletes(fmt.Sprint("c", m.serial), "user:ada", args), known
}

// status is how the model stands.
func (m *machine) status(k *model) approval.Status {
	agreed := 0
	for _, yes := range k.said {
		if !yes {
			return approval.Refused
		}
		agreed++
	}
	if agreed >= m.quorum {
		return approval.Granted
	}
	return approval.Waiting
}

func (m *machine) Open(*rapid.T) {
	c, known := m.call()
	r, err := m.o.Open(m.t.Context(), c, m.needs)
	if err != nil {
		m.t.Fatal(err)
	}
	if known.id == "" || known.used {
		if r.ID == known.id || r.Status != approval.Waiting {
			m.t.Fatalf("a new request is %+v", r)
		}
		*known = model{id: r.ID, said: map[string]bool{}, expires: m.o.clock().Add(time.Minute)}
	}
	if r.ID != known.id || r.Status != m.status(known) || !r.Expires.Equal(known.expires) {
		m.t.Fatalf("got %+v, want %+v", r, known)
	}
}

func (m *machine) Answer(*rapid.T) {
	_, known := m.call()
	if known.id == "" {
		return
	}
	by := rapid.SampledFrom([]string{"user:a", "user:b", "user:c"}).Draw(m.t, "by")
	yes := rapid.IntRange(0, 3).Draw(m.t, "yes") > 0
	r, err := m.o.Find(m.t.Context(), known.id)
	if err != nil {
		m.t.Fatalf("%s is lost: %v", known.id, err)
	}
	r, err = m.o.Answer(m.t.Context(), r, cli(by, yes))
	if known.used {
		if err == nil {
			m.t.Fatal("what was used was answered")
		}
		return
	}
	if err != nil {
		m.t.Fatal(err)
	}
	before := m.status(known)
	known.said[by] = yes
	if m.status(known) == approval.Granted && before != approval.Granted {
		known.expires = m.o.clock().Add(time.Minute)
	}
	if r.Status != m.status(known) || !r.Expires.Equal(known.expires) {
		m.t.Fatalf("got %+v, want %+v", r, known)
	}
}

func (m *machine) Redeem(*rapid.T) {
	c, known := m.call()
	g, err := m.o.Redeem(m.t.Context(), c, m.needs)
	if err != nil {
		m.t.Fatal(err)
	}
	want := known.id != "" && !known.used && m.status(known) == approval.Granted
	if (g != nil) != want || g != nil && g.ID != known.id {
		m.t.Fatalf("got %+v, want %+v", g, known)
	}
	known.used = known.used || g != nil
}

func (m *machine) Wait(*rapid.T) {
	m.o.wait(time.Duration(rapid.IntRange(1, 40).Draw(m.t, "seconds")) * time.Second)
}

func (m *machine) Sweep(*rapid.T) {
	if err := m.o.Sweep(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
}

// Restart opens another desk over the same store.
func (m *machine) Restart(*rapid.T) {
	next := open(m.t, m.store)
	next.now, next.ids = m.o.now, m.o.ids
	m.o = next
}

// Check sees that nothing is listed that has expired, and nothing twice.
func (m *machine) Check(*rapid.T) {
	all, err := m.o.List(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	var ids []string
	for i := range all {
		ids = append(ids, all[i].ID)
		if !m.o.clock().Before(all[i].Expires) {
			m.t.Fatalf("%s has expired", all[i].ID)
		}
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != len(all) {
		m.t.Fatalf("listed twice: %v", ids)
	}
}

// TestMachine compares the desk with the model over random histories: each agreement lets one call run, only when as many
// people as must have agreed and none has refused, in time, across restarts.
func TestMachine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{t: rt, quorum: rapid.IntRange(1, 3).Draw(rt, "quorum"), calls: map[string]*model{}}
		m.needs = needs(int64(m.quorum), operators(), governance.ChannelCLI)
		m.needs[0].Expires = time.Minute
		clock := func() time.Time { return m.o.clock() }
		m.store = memstate.New(memstate.Options{Now: clock})
		m.o = open(rt, m.store)
		rt.Repeat(map[string]func(*rapid.T){
			"open": m.Open, "answer": m.Answer, "redeem": m.Redeem, "wait": m.Wait, "sweep": m.Sweep, "restart": m.Restart, "": m.Check,
		})
	})
}
