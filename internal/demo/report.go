package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

// print writes what happened, and why, as the client and the journal tell it.
func (s *stage) print(w io.Writer) error {
	var cells bytes.Buffer
	t := tabwriter.NewWriter(&cells, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "THE CLIENT ASKED\tAND GOT\tTHE JOURNAL SAYS\tWHY")
	for i := range s.acts {
		s.printAct(t, &s.acts[i])
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(cells.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
	fmt.Fprintf(w, "\nEvents in the journal:")
	for _, event := range fiveEvents() {
		if n := s.events[event.String()]; n > 0 {
			fmt.Fprintf(w, " %v %d", event, n)
		}
	}
	fmt.Fprintln(w)
	return s.printVerdict(w)
}

// printVerdict writes what verification found and what was promised and not kept.
func (s *stage) printVerdict(w io.Writer) error {
	_, err := fmt.Fprintln(w, s.verification())
	for _, broken := range s.broken {
		_, err = fmt.Fprintf(w, "BROKEN: %v\n", broken)
	}
	return err
}

// printAct writes one call and, below it, the calls that it made.
func (s *stage) printAct(t io.Writer, a *act) {
	title := a.title
	if a.made > 1 {
		title = fmt.Sprintf("%s, %d times", title, a.made)
	}
	got := gist(a.reply.Text)
	if a.reply.IsError {
		got = "refused: " + orAnswered(a.reply.Code)
	}
	printRecord(t, title, got, s.records[a.reply.Call])
	for _, r := range s.inner(a.reply.Call) {
		printRecord(t, "  └ "+r.name, "", r)
	}
	if a.held {
		fmt.Fprintf(t, "  on the disk\t%s\t\t\n", a.world)
	}
}

func printRecord(t io.Writer, title, got string, r *record) {
	if r == nil || r.decision == nil || r.outcome == nil {
		fmt.Fprintf(t, "%s\t%s\tmissing\t\n", title, got)
		return
	}
	fmt.Fprintf(t, "%s\t%s\t%s, %s\t%s\n",
		title, got, entry(r.decision), entry(r.outcome), why(r))
}

// entry is the number of an entry and what it announces; a question to a person announces nothing.
func entry(e *audit.Entry) string {
	if e.Event == governance.EventNone {
		return fmt.Sprintf("%d %v", e.Seq, e.Decision.Effect)
	}
	return fmt.Sprintf("%d %v", e.Seq, e.Event)
}

// why is the journal's reason.
func why(r *record) string {
	d := r.decision.Decision
	switch {
	case d.Effect != governance.Allow:
		return d.Reason
	case r.outcome.Event == governance.DriftDetected:
		return r.outcome.Decision.Reason
	case r.outcome.Failure != "":
		return "allowed, but " + r.outcome.Failure
	case len(r.outcome.Findings) > 0:
		return "allowed; found in the answer: " + strings.Join(slices.Sorted(maps.Keys(r.outcome.Findings)), ", ")
	default:
		return "allowed"
	}
}

// gist is what matters of an answer, in a cell: a file's content, else its path, else how the answer begins.
func gist(text string) string {
	type file struct {
		Content string
		Path    string
		Size    int64
	}
	var answer struct {
		file
		Data *file
	}
	if json.Unmarshal([]byte(text), &answer) != nil {
		return short(text)
	}
	found := answer.file
	if answer.Data != nil {
		found = *answer.Data
	}
	switch {
	case found.Content != "":
		return short(strconv.Quote(strings.TrimSpace(found.Content)))
	case found.Path != "":
		return short(fmt.Sprintf("%s, %d bytes", found.Path, found.Size))
	default:
		return short(text)
	}
}

// short is a text in a cell.
func short(text string) string {
	const most = 36
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}
