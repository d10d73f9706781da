package pin_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

func noon() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }

func book() *pin.Book { return pin.NewBook(memstate.New(memstate.Options{}), noon) }

const reader = `{"name":"read","title":"Read","description":"Reads a file below the folder of notes.","inputSchema":{"type":"object","properties":{"path":{"type":"string"}}}}`

func tool(name, text string) pin.Definition {
	return pin.Definition{Kind: pin.Tool, Name: name, JSON: json.RawMessage(text)}
}

// standings are what a book says of definitions, on a line.
func standings(t *testing.T, b *pin.Book, trust pin.Trust, given ...pin.Definition) string {
	t.Helper()
	records, err := b.Judge(t.Context(), "files", trust, given)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range records {
		text := records[i].Name + " " + string(records[i].Standing)
		if records[i].Renamed != "" {
			text += " from " + records[i].Renamed
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func approve(t *testing.T, b *pin.Book, name string) {
	t.Helper()
	r, err := b.Get(t.Context(), "files", pin.Tool, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Approve(t.Context(), "files", pin.Tool, name, r.OfferedDigest, "ann"); err != nil {
		t.Fatal(err)
	}
}

// Whatever changes in a definition, and however it is hidden, blocks it until somebody agrees; how it is written does not.
func TestChanges(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ after, want string }{
		"nothing":         {reader, "read trusted"},
		"order and space": {`{ "inputSchema":{"properties":{"path":{"type":"string"}},"type":"object"},"description":"Reads a file below the folder of notes.","title":"Re\u0061d","name":"read"}`, "read trusted"},
		"description":     {strings.Replace(reader, "notes", "keys", 1), "read changed"},
		"title":           {strings.Replace(reader, `"Read"`, `"READ"`, 1), "read changed"},
		"an annotation":   {strings.Replace(reader, `{"name"`, `{"annotations":{"readOnlyHint":true},"name"`, 1), "read changed"},
		"a schema":        {strings.Replace(reader, `"string"`, `"string","default":"/etc/passwd"`, 1), "read changed"},
		"an unseen mark":  {strings.Replace(reader, "Reads", "Reads\u200b", 1), "read changed"},
		"an icon":         {strings.Replace(reader, `{"name"`, `{"icons":[{"src":"x"}],"name"`, 1), "read changed"},
		"meta":            {strings.Replace(reader, `{"name"`, `{"_meta":{"a":1},"name"`, 1), "read changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := book()
			if got := standings(t, b, pin.TrustFirst, tool("read", reader)); got != "read trusted" {
				t.Fatal(got)
			}
			if got := standings(t, b, pin.TrustNew, tool("read", tt.after)); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if got := standings(t, b, pin.TrustNew, tool("read", reader)); got != "read trusted" {
				t.Errorf("as it was: %s", got)
			}
			if tt.want == "read trusted" {
				return
			}
			_ = standings(t, b, pin.TrustNew, tool("read", tt.after))
			approve(t, b, "read")
			if got := standings(t, b, pin.TrustNothing, tool("read", tt.after)); got != "read trusted" {
				t.Errorf("agreed to: %s", got)
			}
			if got := standings(t, b, pin.TrustNew, tool("read", reader)); got != "read changed" {
				t.Errorf("the old one, then: %s", got)
			}
		})
	}
}

// What is trusted at first sight is what the operator says; a thing under a new name is never new.
func TestFirstSight(t *testing.T) {
	t.Parallel()
	renamed := strings.Replace(strings.Replace(reader, `"read"`, `"fetch"`, 1), `"Read"`, `"Fetch"`, 1)
	doubted := tool("odd", `{"name":"odd"}`)
	doubted.Doubt = "it hides something"
	for name, tt := range map[string]struct {
		trust pin.Trust
		first []pin.Definition
		then  []pin.Definition
		want  [2]string
	}{
		"nothing":            {pin.TrustNothing, []pin.Definition{tool("read", reader)}, []pin.Definition{tool("read", reader)}, [2]string{"read quarantined", "read quarantined"}},
		"doubted":            {pin.TrustNew, []pin.Definition{doubted}, []pin.Definition{tool("odd", `{"name":"odd"}`)}, [2]string{"odd quarantined", "odd quarantined"}},
		"first, then more":   {pin.TrustFirst, []pin.Definition{tool("read", reader)}, []pin.Definition{tool("read", reader), tool("b", `{"name":"b"}`)}, [2]string{"read trusted", "read trusted, b quarantined"}},
		"new, then more":     {pin.TrustNew, []pin.Definition{tool("read", reader)}, []pin.Definition{tool("b", `{"name":"b"}`)}, [2]string{"read trusted", "b trusted"}},
		"renamed":            {pin.TrustNew, []pin.Definition{tool("read", reader)}, []pin.Definition{tool("fetch", renamed)}, [2]string{"read trusted", "fetch changed from read"}},
		"a copy beside it":   {pin.TrustNew, []pin.Definition{tool("read", reader)}, []pin.Definition{tool("read", reader), tool("fetch", renamed)}, [2]string{"read trusted", "read trusted, fetch trusted"}},
		"of another kind":    {pin.TrustNew, []pin.Definition{tool("read", reader)}, []pin.Definition{{Kind: pin.Prompt, Name: "fetch", JSON: json.RawMessage(renamed)}}, [2]string{"read trusted", "fetch trusted"}},
		"small and renamed":  {pin.TrustNew, []pin.Definition{tool("a", `{"name":"a","inputSchema":{"type":"object"}}`)}, []pin.Definition{tool("b", `{"name":"b","inputSchema":{"type":"object"}}`)}, [2]string{"a trusted", "b trusted"}},
		"never trusted, new": {pin.TrustNothing, []pin.Definition{tool("read", reader)}, []pin.Definition{tool("read", renamed)}, [2]string{"read quarantined", "read quarantined"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := noon()
			b := pin.NewBook(memstate.New(memstate.Options{}), func() time.Time { return at })
			first := standings(t, b, tt.trust, tt.first...)
			at = at.Add(time.Minute)
			got := [2]string{first, standings(t, b, tt.trust, tt.then...)}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// Who agrees, agrees to what was looked at.
func TestApprove(t *testing.T) {
	t.Parallel()
	b := book()
	_ = standings(t, b, pin.TrustNothing, tool("read", reader))
	first, err := b.Get(t.Context(), "files", pin.Tool, "read")
	if err != nil {
		t.Fatal(err)
	}
	want := pin.Record{
		Server: "files", Kind: pin.Tool, Name: "read", Standing: pin.Quarantined, Seen: noon(), Why: "it was not seen before",
		Offered: first.Offered, OfferedDigest: first.OfferedDigest,
	}
	if diff := cmp.Diff(want, first, cmp.AllowUnexported(pin.Record{}), cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "version" }, cmp.Ignore())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_ = standings(t, b, pin.TrustNothing, tool("read", strings.Replace(reader, "notes", "keys", 1)))
	if err := b.Approve(t.Context(), "files", pin.Tool, "read", first.OfferedDigest, "ann"); !errors.Is(err, pin.ErrStale) {
		t.Errorf("what is not there any more: %v", err)
	}
	if err := b.Approve(t.Context(), "files", pin.Tool, "nothing", "x", "ann"); !errors.Is(err, state.ErrNotFound) {
		t.Error(err)
	}
	approve(t, b, "read")
	r, err := b.Get(t.Context(), "files", pin.Tool, "read")
	if err != nil || r.By != "ann" || !r.Since.Equal(noon()) || r.Offered != nil || r.Standing != pin.Trusted {
		t.Errorf("%+v, %v", r, err)
	}
	if err := b.Approve(t.Context(), "files", pin.Tool, "read", r.Digest, "bob"); err != nil {
		t.Errorf("twice: %v", err)
	}
	if err := b.Forget(t.Context(), "files", pin.Tool, "read"); err != nil {
		t.Error(err)
	}
	if all, err := b.List(t.Context(), "files"); err != nil || len(all) > 0 {
		t.Errorf("%v, %v", all, err)
	}
}

// What cannot be looked at is not trusted, changed or not, and cannot be agreed to; the rest is judged all the same.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no JSON": `{`, "a key twice": `{"a":1,"a":2}`, "a number without end": `{"a":1e999}`,
		"large": `{"a":"` + strings.Repeat("x", pin.MaxDefinition) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := book()
			for _, step := range []struct {
				want  string
				given []pin.Definition
			}{
				{"read trusted, new quarantined", []pin.Definition{tool("read", `{"a":1}`), tool("new", text)}},
				{"read changed, other trusted", []pin.Definition{tool("read", text), tool("other", `{}`)}},
				{"read changed, new quarantined", []pin.Definition{tool("read", text), tool("new", text)}},
				{"read trusted", []pin.Definition{tool("read", `{"a":1}`)}},
			} {
				if got := standings(t, b, pin.TrustNew, step.given...); got != step.want {
					t.Errorf("%s, want %s", got, step.want)
				}
			}
			if err := b.Approve(t.Context(), "files", pin.Tool, "new", "", "ann"); !errors.Is(err, pin.ErrStale) {
				t.Error(err)
			}
		})
	}
}

// Servers are apart from each other, however they are named, and there is no end to their number of tools.
func TestMany(t *testing.T) {
	t.Parallel()
	b := book()
	var given []pin.Definition
	for i := range 2500 {
		given = append(given, tool(fmt.Sprint("t", i), `{}`))
	}
	for _, server := range []string{"a", "ab", "a-b"} {
		if _, err := b.Judge(t.Context(), server, pin.TrustNew, given); err != nil {
			t.Fatal(err)
		}
	}
	all, err := b.List(t.Context(), "a")
	if err != nil || len(all) != len(given) || all[0].Server != "a" || all[0].Name != "t0" {
		t.Errorf("%d, %v", len(all), err)
	}
}

// Several processes may see a server for the first time together.
func TestTogether(t *testing.T) {
	t.Parallel()
	b := book()
	var given []pin.Definition
	for i := range 50 {
		given = append(given, tool(fmt.Sprint("t", i), `{"n":`+fmt.Sprint(i)+`}`))
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 5 {
				if _, err := b.Judge(t.Context(), "files", pin.TrustNew, given); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestDiff(t *testing.T) {
	t.Parallel()
	after := strings.NewReplacer("notes", "keys\u200b", `"string"`, `"string","enum":["a",1.0]`, `"title":"Read",`, "").Replace(reader)
	var got []string
	for _, c := range pin.Diff(json.RawMessage(reader), json.RawMessage(after)) {
		got = append(got, c.String())
	}
	want := []string{
		`~ /description: "Reads a file below the folder of notes." → "Reads a file below the folder of keys\u200b."`,
		`+ /inputSchema/properties/path/enum: ["a",1.0]`,
		`- /title: "Read"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := pin.Diff(json.RawMessage(`{"a~/b":[1,{"c":2}]}`), json.RawMessage(`{"a~/b":[1.0,{"c":3},4]}`)); fmt.Sprint(got) != "[~ /a~0~1b/1/c: 2 → 3 + /a~0~1b/2: 4]" {
		t.Errorf("%v", got)
	}
}

// An agreement for a time ends, can be made anew, and becomes one for good; one for good does not end.
func TestAgreeUntil(t *testing.T) {
	t.Parallel()
	b := book()
	_ = standings(t, b, pin.TrustNothing, tool("read", reader))
	get := func() pin.Record {
		t.Helper()
		r, err := b.Get(t.Context(), "files", pin.Tool, "read")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := get()
	hour := noon().Add(time.Hour)
	for _, step := range []struct {
		until     time.Time
		at        time.Time
		stands    bool
		remaining time.Time
	}{
		{hour, noon(), true, hour},
		{hour, hour.Add(-1), true, hour},
		{hour, hour, false, hour},
		{hour.Add(time.Hour), hour, true, hour.Add(time.Hour)},
		{time.Time{}, hour.Add(1000 * time.Hour), true, time.Time{}},
		{hour, hour.Add(1000 * time.Hour), true, time.Time{}},
	} {
		err := b.Agree(t.Context(), &pin.Agreement{Server: "files", Kind: pin.Tool, Name: "read", Digest: first.OfferedDigest, By: "ann", Reason: "for now", Until: step.until})
		r := get()
		if err != nil || r.Stands(step.at) != step.stands || !r.Until.Equal(step.remaining) || r.Reason != "for now" {
			t.Errorf("%+v: %+v, %v", step, r, err)
		}
		if got := standings(t, b, pin.TrustNothing, tool("read", reader)); !strings.Contains(fmt.Sprint(got), "trusted") {
			t.Errorf("judged again: %v", got)
		}
	}
}

// A server that invents names without end does not fill the state.
func TestTooManyNames(t *testing.T) {
	t.Parallel()
	b := book()
	b.SetMost(100)
	for round := range 3 {
		given := make([]pin.Definition, 50)
		for i := range given {
			given[i] = tool(fmt.Sprintf("t%d_%d", round, i), reader)
		}
		records, err := b.Judge(t.Context(), "files", pin.TrustNew, given)
		if err != nil {
			t.Fatal(err)
		}
		if last := records[len(records)-1]; (round < 2) != (last.Why == "" || last.Renamed != "") || round == 2 && last.Standing != pin.Quarantined {
			t.Errorf("round %d: %+v", round, last)
		}
	}
	if all, err := b.List(t.Context(), "files"); err != nil || len(all) != 100 {
		t.Errorf("%d records, %v", len(all), err)
	}
}
