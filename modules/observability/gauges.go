package observability

import (
	"context"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/metric"
)

// Sources tell how things stand. They are asked whenever metrics are read, so they must be quick; one that is nil leaves
// out its metrics.
type Sources struct {
	Journal   func() Journal
	Running   func() int                             // calls that are running
	Approvals func(ctx context.Context) (int, error) // questions that nobody has answered
	Upstreams func() []Upstream                      // other servers
	StateOpen func() bool                            // whether state beyond a network is left in peace because it does not answer
}

// A Journal is how the journal stands.
type Journal struct {
	Last, Signed   uint64 // numbers of the newest entry and of the newest that a signed head covers
	Waiting, Slots int
	Missed         uint64 // entries that nobody could count any more
	Frozen         bool
}

// An Upstream is how another server is.
type Upstream struct {
	Name    string
	Up      bool
	Open    bool // it failed, and its time to be tried again has not come
	Starts  int
	Running int // calls
}

// HTTP is how many clients there are over HTTP, and how many calls of theirs there is no room for.
type HTTP struct {
	Sessions, Streams  int
	Waiting            int    // calls that wait for their turn
	Greedy, Full, Late uint64 // calls that were turned away: of who had most waiting, because too many waited, after a long wait
}

// patience bounds how long a source may keep a scrape waiting.
const patience = time.Second

// read asks all sources.
func (m *Module) read(ctx context.Context) {
	m.own(uptime).With().Set(m.o.Now().Sub(m.began).Seconds())
	m.readJournal()
	m.readUpstreams()
	m.own(running).Clear()
	if ask := m.o.Sources.Running; ask != nil {
		m.own(running).With().Set(float64(ask()))
	}
	m.readApprovals(ctx)
	m.own(stateOpen).Clear()
	if ask := m.o.Sources.StateOpen; ask != nil {
		m.own(stateOpen).With().Set(truth(ask()))
	}
	m.readHTTP()
}

func (m *Module) readHTTP() {
	for _, name := range []string{sessions, streams, queued, turnedAway} {
		m.own(name).Clear()
	}
	ask := m.web.Load()
	if ask == nil {
		return
	}
	web := (*ask)()
	m.own(sessions).With().Set(float64(web.Sessions))
	m.own(streams).With().Set(float64(web.Streams))
	m.own(queued).With().Set(float64(web.Waiting))
	m.own(turnedAway).With("greedy").Set(float64(web.Greedy))
	m.own(turnedAway).With("full").Set(float64(web.Full))
	m.own(turnedAway).With("late").Set(float64(web.Late))
}

func (m *Module) readJournal() {
	for _, name := range []string{lastEntry, signedEntry, waiting, slots, missed, frozen} {
		m.own(name).Clear()
	}
	if m.o.Sources.Journal == nil {
		return
	}
	j := m.o.Sources.Journal()
	m.own(lastEntry).With().Set(float64(j.Last))
	m.own(signedEntry).With().Set(float64(j.Signed))
	m.own(waiting).With().Set(float64(j.Waiting))
	m.own(slots).With().Set(float64(j.Slots))
	m.own(missed).With().Set(float64(j.Missed))
	m.own(frozen).With().Set(truth(j.Frozen))
}

func (m *Module) readApprovals(ctx context.Context) {
	m.own(approvals).Clear()
	if m.o.Sources.Approvals == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	open, err := m.o.Sources.Approvals(ctx)
	if err != nil {
		m.own(scrapeFaults).With().Add(1, metric.Exemplar{})
		return
	}
	m.own(approvals).With().Set(float64(open))
}

func (m *Module) readUpstreams() {
	families := []*metric.Family{m.own(upstreamUp), m.own(upstreamRuns), m.own(upstreamOpen), m.own(upstreamBusy)}
	for _, f := range families {
		f.Clear()
	}
	if m.o.Sources.Upstreams == nil {
		return
	}
	for _, u := range m.o.Sources.Upstreams() {
		for i, value := range []float64{truth(u.Up), float64(u.Starts), truth(u.Open), float64(u.Running)} {
			families[i].With(u.Name).Set(value)
		}
	}
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
