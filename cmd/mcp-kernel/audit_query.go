package main

import (
	"encoding"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/audit/mirror"
)

// A question is what a query asks, as its flags spell it.
type question struct {
	principal, agent, call, execution, name, target string
	kinds, effects, statuses, events                list
	since, until                                    string
	oldest                                          bool
	limit                                           int
	cursor                                          string
}

func (a *app) auditQuery() *cobra.Command {
	var q question
	cmd := &cobra.Command{
		Use:   "query",
		Short: "Search the journal",
		Long: `Query prints the entries that all filters select, the newest first. A filter that may be repeated selects what any of its
values selects. When there are more, the last line is the cursor of the next page.`,
		Example: `  mcp-kernel audit query --event TOOL_CALL_BLOCKED --event POLICY_VIOLATION --since 24h
  mcp-kernel audit query --name file_write --kind outcome --limit 5 -o json`,
		Args: arguments(0, 0, "no arguments: filters are flags"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.query(cmd, &q) },
	}
	flags := cmd.Flags()
	flags.StringVar(&q.principal, "principal", "", "who is authenticated, as in user:ada")
	flags.StringVar(&q.agent, "agent", "", "the proven agent below it")
	flags.StringVar(&q.call, "call", "", "`id` of a call")
	flags.StringVar(&q.execution, "execution", "", "`handle` of an explicit execution")
	flags.StringVar(&q.name, "name", "", "of the tool, resource or prompt, exactly")
	flags.StringVar(&q.target, "target", "", "tool, resource, prompt, completion, subscription or task")
	flags.Var(&q.kinds, "kind", "decision, outcome, usage or control; may be repeated")
	flags.Var(&q.effects, "effect", "allow, deny or ask; may be repeated")
	flags.Var(&q.statuses, "status", "ok, tool_error, denied, bad_arguments, timeout, cancelled, panic, withheld or input_required; may be repeated")
	flags.Var(&q.events, "event", "TOOL_CALL_BLOCKED, POLICY_VIOLATION, POLICY_CHECK, DRIFT_DETECTED or CHECKPOINT_CREATED; may be repeated")
	flags.StringVar(&q.since, "since", "", "`time` from which on, as in 2026-11-22T15:04:05Z, or how long ago, as in 24h")
	flags.StringVar(&q.until, "until", "", "`time` before which, or how long ago")
	flags.BoolVar(&q.oldest, "oldest", false, "the oldest first")
	flags.IntVar(&q.limit, "limit", 50, "entries at most, 1 to 1000")
	flags.StringVar(&q.cursor, "cursor", "", "where the page before ended")
	ofReplica(cmd, true)
	return cmd
}

// An answerPage is what `audit query --output json` prints.
type answerPage struct {
	Entries []entryLine `json:"entries"`
	Next    string      `json:"next,omitempty"` // cursor of the next page
}

func (a *app) query(cmd *cobra.Command, q *question) error {
	filter, err := q.filter(cmd, time.Now())
	if err != nil {
		return err
	}
	sources, err := a.sources(cmd)
	if err != nil {
		return err
	}
	if len(sources) > 1 && q.cursor != "" {
		return misused(cmd, "--cursor: is of one journal: name its replica")
	}
	answer := answerPage{Entries: []entryLine{}}
	for _, from := range sources {
		page, err := a.ask(cmd, from, filter, q)
		if err != nil {
			return err
		}
		answer.add(page, from.of, len(sources) > 1)
	}
	answer.merge(q)
	return a.print(answer, func(t *table) { answer.rows(t, len(sources) > 1) })
}

// ask asks one journal.
func (a *app) ask(cmd *cobra.Command, from source, filter audit.Filter, q *question) (audit.Page, error) {
	if from.of.ID == "" {
		if _, err := a.reader(cmd); err != nil { // says what to do where there is none yet
			return audit.Page{}, err
		}
	}
	r, err := audit.OpenReader(from.dir)
	if err != nil {
		return audit.Page{}, err
	}
	return r.Query(cmd.Context(), filter, q.cursor, q.limit)
}

// add adds the page of one journal. Of several only what they hold is kept, and not where to go on.
func (p *answerPage) add(page audit.Page, of mirror.Replica, several bool) {
	for i := range page.Entries {
		line := entryLineOf(&page.Entries[i])
		line.Replica = of.ID
		p.Entries = append(p.Entries, line)
	}
	if !several {
		p.Next = page.Next
	}
}

// merge brings the entries of several journals into the order of their times, as many as were asked for.
func (p *answerPage) merge(q *question) {
	slices.SortStableFunc(p.Entries, func(a, b entryLine) int {
		if a.Replica == b.Replica {
			return 0 // they are in order
		}
		if q.oldest {
			return a.At.Compare(b.At)
		}
		return b.At.Compare(a.At)
	})
	p.Entries = p.Entries[:min(len(p.Entries), q.limit)]
}

func (p *answerPage) rows(t *table, several bool) {
	heading := []string{"SEQ", "TIME", "KIND", "WHO", "WHAT", "EVENT", "DETAIL"}
	if several {
		heading = append([]string{"REPLICA"}, heading...)
	}
	t.row(heading...)
	for _, e := range p.Entries {
		cells := e.cells()
		if several {
			cells = append([]string{e.Replica}, cells...)
		}
		t.row(cells...)
	}
	if p.Next != "" {
		t.line("more: --cursor %s", p.Next)
	}
}

// reader opens the journal of the configured data directory for reading, or the copy of a replica's.
func (a *app) reader(cmd *cobra.Command) (*audit.Reader, error) {
	if which := cmd.Flags().Lookup("replica"); which != nil && which.Value.String() != "" {
		from, err := a.source(cmd)
		if err != nil {
			return nil, err
		}
		return audit.OpenReader(from.dir)
	}
	c, err := a.configuration(cmd)
	if err != nil {
		return nil, err
	}
	if _, err := signer(c); err != nil {
		return nil, err
	}
	return audit.OpenReader(c.DataDir)
}

// filter makes the journal's filter of the flags.
func (q *question) filter(cmd *cobra.Command, now time.Time) (audit.Filter, error) {
	f := audit.Filter{
		Principal: q.principal, Agent: q.agent, Call: q.call, Execution: q.execution, Name: q.name, Oldest: q.oldest,
	}
	var err error
	fill := func(flag string, fault error) {
		if fault != nil && err == nil {
			err = misused(cmd, "--%s: %v", flag, fault)
		}
	}
	if q.target != "" {
		fill("target", f.Target.UnmarshalText([]byte(q.target)))
	}
	f.Kinds = values[audit.Kind](q.kinds, func(e error) { fill("kind", e) })
	f.Effects = values[governance.Effect](lower(q.effects), func(e error) { fill("effect", e) })
	f.Statuses = values[governance.Status](lower(q.statuses), func(e error) { fill("status", e) })
	f.Events = values[governance.Event](upper(q.events), func(e error) { fill("event", e) })
	var fault error
	f.Since, fault = moment(q.since, now)
	fill("since", fault)
	f.Until, fault = moment(q.until, now)
	fill("until", fault)
	return f, err
}

func lower(words list) list { return strings.Fields(strings.ToLower(strings.Join(words, " "))) }
func upper(words list) list { return strings.Fields(strings.ToUpper(strings.Join(words, " "))) }

// values reads words that have a text form of their own.
func values[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](words list, fault func(error),
) []T {
	var all []T
	for _, word := range words {
		var value T
		if err := P(&value).UnmarshalText([]byte(word)); err != nil {
			fault(err)
			continue
		}
		all = append(all, value)
	}
	return all
}

// moment reads a point in time: itself, or how long ago it was.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	return at, err
}
