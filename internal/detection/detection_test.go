package detection_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/internal/detection"
)

// sets is where the records are.
const sets = "../../testdata/detection"

// TestFrozen holds the sets to their digests: an edit, by accident too, is not one.
func TestFrozen(t *testing.T) {
	t.Parallel()
	sums, err := os.ReadFile(filepath.Join(sets, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(sums))
	n := 0
	for ; lines.Scan(); n++ {
		want, name, _ := strings.Cut(lines.Text(), "  ")
		data, err := os.ReadFile(filepath.Join(sets, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := sha256.Sum256(data); hex.EncodeToString(got[:]) != want {
			t.Errorf("%s was changed: sets are frozen; a new version is a new folder", name)
		}
	}
	if n < 9 {
		t.Errorf("%d digests, want one of each of nine sets", n)
	}
}

func records(t *testing.T, name string) []detection.Record {
	t.Helper()
	f, err := os.Open(filepath.Join(sets, name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	all, err := detection.Records(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return all
}

// lines are records as they would stand in a file.
func lines(t *testing.T, text string) []detection.Record {
	t.Helper()
	all, err := detection.Records(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func engine(t *testing.T) *detect.Engine {
	t.Helper()
	e, err := detect.New(detect.Options{Detectors: detect.All})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		share     detection.Share
		want, per string
	}{
		{detection.Share{}, "none", "none"},
		{detection.Share{N: 0, Of: 100}, "0 of 100, 0.0 % (0.0 to 3.7)", "0 of 100, 0.0 (0.0 to 37.0)"},
		{detection.Share{N: 50, Of: 100}, "50 of 100, 50.0 % (40.4 to 59.6)", "50 of 100, 500.0 (403.8 to 596.2)"},
		{detection.Share{N: 100, Of: 100}, "100 of 100, 100.0 % (96.3 to 100.0)", "100 of 100, 1000.0 (963.0 to 1000.0)"},
	} {
		if got := c.share.String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
		if got := c.share.PerThousand(); got != c.per {
			t.Errorf("got %s, want %s", got, c.per)
		}
	}
}

func TestSharesLarge(t *testing.T) {
	t.Parallel()
	s := detection.Shares{"a": {N: 1, Of: 2}, "b": {N: 5, Of: 5}, "c": {N: 0, Of: 3}, "d": {N: 1, Of: 9}}
	names, rest, others := s.Large(5)
	if diff := cmp.Diff([]string{"d", "b"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a", "c"}, others); diff != "" || rest != (detection.Share{N: 1, Of: 5}) {
		t.Errorf("%v: %s", rest, diff)
	}
	if got, want := s.Missed(others), "a 1 of 2, c 3 of 3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := s.Hit(), "a 1 of 2, b 5 of 5, d 1 of 9"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	if _, err := detection.Records(strings.NewReader("{}\n{")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v", err)
	}
}

// TestDetected holds the counting to records of which everybody can see what is in them.
func TestDetected(t *testing.T) {
	t.Parallel()
	f, err := detection.Detected(engine(t), "pii", lines(t, `
{"id":"1","kind":"text","value":"write to jo.doe@fabrikam.com","expect":{"classes":["email"],"span_texts":["jo.doe@fabrikam.com"]}}
{"id":"2","kind":"text","value":"write to jo.doe@fabrikam.com or to her","expect":{"classes":["email"],"span_texts":["or to her"]}}
{"id":"3","kind":"text","value":"write to jo.doe@fabrikam.com","expect":{"classes":[],"note":"hard"}}
{"id":"4","kind":"call","value":{"n":1},"expect":{"classes":[],"note":"easy"}}`[1:]))
	if err != nil {
		t.Fatal(err)
	}
	want := detection.Figure{
		Found: detection.Share{N: 1, Of: 2}, Acted: detection.Share{Of: 2},
		FalseFound: detection.Share{N: 1, Of: 2}, FalselyActed: detection.Share{Of: 2},
		By: detection.Shares{"email": {N: 1, Of: 2}}, ActedBy: detection.Shares{"email": {Of: 2}},
		ByNote:    detection.Shares{"hard": {N: 1, Of: 1}, "easy": {Of: 1}},
		ByKind:    detection.Shares{"text": {N: 1, Of: 1}, "call": {Of: 1}},
		ActedKind: detection.Shares{"text": {Of: 1}, "call": {Of: 1}},
		Taken:     map[string]int{"email": 1},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
}

// TestRedacted holds the measure to what it must see: a text that stays, one that goes, and one of which a part would stay but
// that the record has elsewhere.
func TestRedacted(t *testing.T) {
	t.Parallel()
	got, err := detection.Redacted(engine(t), "pii", lines(t, `
{"id":"1","kind":"text","value":"write to jo.doe@fabrikam.com","expect":{"classes":["email"],"span_texts":["jo.doe@fabrikam.com"]}}
{"id":"2","kind":"text","value":"see fabrikam.com, write to jo.doe@fabrikam.com","expect":{"classes":["email"],"span_texts":["jo.doe@fabrikam.com"]}}
{"id":"3","kind":"text","value":"write to jo.doe@fabrikam.com in Oslo","expect":{"classes":["email"],"span_texts":["jo.doe@fabrikam.com in Oslo"]}}
{"id":"4","kind":"text","value":"nothing to be seen","expect":{"classes":["email"],"span_texts":["nothing"]}}`[1:]))
	if err != nil {
		t.Fatal(err)
	}
	want := detection.Redaction{
		Clean: detection.Share{N: 2, Of: 4}, OfFound: detection.Share{N: 2, Of: 3}, Partly: detection.Shares{"email": {N: 1, Of: 3}},
		ReadBack: detection.Share{N: 4, Of: 4},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestEvaded holds every record of the set to a technique, and the counting to what it must see.
func TestEvaded(t *testing.T) {
	t.Parallel()
	list, of, err := detection.Techniques()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records(t, "evasion") {
		if _, ok := of[r.ID]; !ok {
			t.Errorf("%s has no technique", r.ID)
		}
	}
	got, err := detection.Evaded(t.Context(), lines(t, `
{"id":"evasion-0012","kind":"call","tool":"bash","value":{"command":"RM -RF /srv/data"},"expect":{"classes":["a"],"hides":"rm -rf"}}
{"id":"evasion-0065","kind":"call","tool":"bash","value":{"command":"rm -r -f /srv/data"},"expect":{"classes":["a"],"hides":"rm -rf"}}
{"id":"evasion-0197","kind":"call","tool":"execute_sql","value":{"query":"SeLeCt\nname FROM customers"},"expect":{"classes":[],"note":"twin"}}`[1:]))
	if err != nil {
		t.Fatal(err)
	}
	want := make([]detection.Evasion, len(list))
	for i := range list {
		want[i].Technique = list[i]
	}
	one, none := detection.Share{N: 1, Of: 1}, detection.Share{Of: 1}
	letters, options := &want[of["evasion-0012"]], &want[of["evasion-0065"]]
	letters.Naive, letters.Hidden, letters.Twins = one, [...]detection.Share{one, one, one}, [...]detection.Share{none, none, none}
	options.Naive, options.Hidden = none, [...]detection.Share{none, none, one}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestCalibration computes the error by hand: four verdicts of 0.9 of which three are right, and one of 0.3 that is wrong.
func TestCalibration(t *testing.T) {
	t.Parallel()
	var i detection.Intents
	for n := range 5 {
		b := &i.Bins[4]
		if n == 4 {
			b = &i.Bins[1]
		}
		b.Add(n < 3, map[bool]float64{true: 0.9, false: 0.3}[n < 4])
		i.Right.Of++
	}
	if want := (4*0.15 + 1*0.3) / 5; math.Abs(i.Error()-want) > 1e-9 {
		t.Errorf("got %v, want %v", i.Error(), want)
	}
}

func TestIntended(t *testing.T) {
	t.Parallel()
	got, err := detection.Intended(new(intent.Classifier), lines(t, `
{"id":"1","kind":"call","tool":"bash","value":{"command":"rm -rf /srv/data"},"expect":{"intent":"destructive_data"}}
{"id":"2","kind":"call","tool":"read_file","value":{"path":"README.md"},"expect":{"intent":"data_write"}}`[1:]))
	if err != nil {
		t.Fatal(err)
	}
	one, none := detection.Share{N: 1, Of: 1}, detection.Share{Of: 1}
	if denied, err := detection.Denied(new(intent.Classifier), lines(t, `
{"id":"1","kind":"call","tool":"bash","value":{"command":"rm -rf /srv/data"}}
{"id":"2","kind":"result","tool":"bash","value":"rm -rf /srv/data"}
{"id":"3","kind":"call","tool":"read_file","value":{"path":"README.md"}}`[1:])); err != nil || denied != (detection.Share{N: 1, Of: 2}) {
		t.Errorf("%v, %v", denied, err)
	}
	if got.Dangerous != one || got.Denied != one || got.Falsely != none || got.By["data_write"] != none || got.For["data_write"]["data_read"] != 1 {
		t.Errorf("%+v", got)
	}
}

// TestReference tries each of the reference's lists on what it is for and on what it is known to miss.
func TestReference(t *testing.T) {
	t.Parallel()
	x := detection.NewReference()
	snippet := func(text string, unsafe bool) string {
		value, err := json.Marshal(map[string]string{"code": text, "language": "shell"})
		if err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(map[string]any{"id": text, "value": json.RawMessage(value), "expect": map[string]any{"classes": []string{}, "unsafe": unsafe}})
		if err != nil {
			t.Fatal(err)
		}
		return string(line) + "\n"
	}
	safety, err := x.Examined(lines(t, snippet("rm -rf /", true)+snippet("rm -r -f /srv", true)+snippet("find . -delete", true)+snippet("DROP TABLE x;", true)+snippet("model.eval()", false)+snippet("ls", false)))
	if err != nil {
		t.Fatal(err)
	}
	if safety.Unsafe["all"] != (detection.Share{N: 3, Of: 4}) || safety.Safe["all"] != (detection.Share{N: 1, Of: 2}) {
		t.Errorf("%+v", safety)
	}
	found, falsely, err := x.Detected("pii", lines(t, `
{"id":"1","value":{"a":"123-45-6789"},"expect":{"classes":["us_ssn"],"span_texts":["123-45-6789"]}}
{"id":"2","value":{"a":"someone@contoso.com"},"expect":{"classes":["email"],"span_texts":["someone@contoso.com"]}}
{"id":"3","value":{"a":"1234567812345678"},"expect":{"classes":[]}}`[1:]))
	if err != nil || found != (detection.Share{N: 1, Of: 2}) || falsely != (detection.Share{N: 1, Of: 1}) {
		t.Errorf("%v, %v, %v", found, falsely, err)
	}
	meant, err := x.Intended(lines(t, `
{"id":"1","tool":"sql","value":{"q":"DELETE FROM users"},"expect":{"intent":"destructive_data"}}
{"id":"2","tool":"sql","value":{"q":"DROP/**/TABLE x"},"expect":{"intent":"destructive_data"}}
{"id":"3","tool":"note","value":{"text":"erase the whiteboard"},"expect":{"intent":"benign"}}`[1:]))
	if err != nil || meant.Right != (detection.Share{N: 1, Of: 3}) || meant.Falsely != (detection.Share{N: 1, Of: 1}) {
		t.Errorf("%+v, %v", meant, err)
	}
	if detection.Naive(json.RawMessage(`{"a":"r''m -rf"}`), "rm -rf") || !detection.Naive(json.RawMessage(`{"a":"RM -RF"}`), "rm -rf") {
		t.Error("the search for a text in what is serialised finds what it must not, or does not find what it must")
	}
}
