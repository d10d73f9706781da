package detection_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/internal/detection"
)

var update = flag.Bool("update", false, "write docs/detection.md anew")

const (
	sets = "../../testdata/detection"
	page = "../../docs/detection.md"
)

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

// TestPage measures everything anew and holds docs/detection.md to it.
func TestPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	engine, err := detect.New(detect.Options{Detectors: detect.All})
	if err != nil {
		t.Fatal(err)
	}
	detected(t, &b, engine)
	benign(t, &b, engine)
	intended(t, &b)
	examined(t, &b)
	const from, to = "<!-- figures -->\n", "<!-- end of figures -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), from)
	was, tail, ok := strings.Cut(rest, to)
	if !ok {
		t.Fatalf("%s has no marks for the figures", page)
	}
	if *update {
		if err := os.WriteFile(page, []byte(head+from+b.String()+to+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(was, b.String()); diff != "" {
		t.Errorf("%s is not what is measured: run make detection (-page +measured):\n%s", page, diff)
	}
}

func detected(t *testing.T, b *strings.Builder, e *detect.Engine) {
	t.Helper()
	b.WriteString("| set | found | found and acted on | negatives in which something was found | negatives acted on |\n|---|---|---|---|---|\n")
	for _, s := range []struct{ file, check string }{
		{"secrets", "secrets"}, {"pii", "pii"}, {"injection", "injection"}, {"terminal", "terminal"}, {"definitions", "definition"},
	} {
		f, err := detection.Detected(e, s.check, records(t, s.file))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(b, "| %s | %v | %v | %v | %v |\n", s.file, f.Found, f.Acted, f.FalseFound, f.FalselyActed)
	}
}

func benign(t *testing.T, b *strings.Builder, e *detect.Engine) {
	t.Helper()
	set := records(t, "benign")
	b.WriteString("\n| of the benign set, by check | something was found | acted on |\n|---|---|---|\n")
	for _, check := range []string{"secrets", "pii", "injection", "terminal", "definition"} {
		f, err := detection.Detected(e, check, set)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(b, "| %s | %v | %v |\n", check, f.FalseFound, f.FalselyActed)
	}
}

func intended(t *testing.T, b *strings.Builder) {
	t.Helper()
	got, err := detection.Intended(new(intent.Classifier), records(t, "intent"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(b, "\n| intent | |\n|---|---|\n| the expected category | %v |\n| a dangerous one, taken for a dangerous one | %v |\n| any other, taken for a dangerous one | %v |\n",
		got.Right, got.Dangerous, got.Falsely)
	for _, category := range slices.Sorted(maps.Keys(got.By)) {
		fmt.Fprintf(b, "| right, of %s | %v |\n", category, got.By[category])
	}
}

func examined(t *testing.T, b *strings.Builder) {
	t.Helper()
	unsafe, safe, err := detection.Examined(records(t, "code"))
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n| code | unsafe, and found so | safe, and found unsafe |\n|---|---|---|\n")
	for _, language := range slices.Sorted(maps.Keys(unsafe)) {
		fmt.Fprintf(b, "| %s | %v | %v |\n", language, unsafe[language], safe[language])
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		share detection.Share
		want  string
	}{
		{detection.Share{}, "none"},
		{detection.Share{N: 0, Of: 100}, "0 of 100, 0.0 % (0.0 to 3.7)"},
		{detection.Share{N: 50, Of: 100}, "50 of 100, 50.0 % (40.4 to 59.6)"},
		{detection.Share{N: 100, Of: 100}, "100 of 100, 100.0 % (96.3 to 100.0)"},
	} {
		if got := c.share.String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	if _, err := detection.Records(strings.NewReader("{}\n{")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v", err)
	}
}
