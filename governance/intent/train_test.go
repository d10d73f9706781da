package intent_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
	"github.com/mcp-kernel/mcp-kernel/governance/intent/linear"
)

// TestModelIsThatOfTheRecords learns the model again and compares every byte. Where it fails, run `make intent`.
func TestModelIsThatOfTheRecords(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("learns the model again")
	}
	records := load(t, "data/train")
	if len(records) < 1500 {
		t.Errorf("only %d records", len(records))
	}
	want, err := os.ReadFile("intent.model")
	if err != nil {
		t.Fatal(err)
	}
	got, err := intent.Train(records)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("intent.model is not what data/train teaches: run make intent")
	}
	if len(want) > 512<<10 {
		t.Errorf("the model has %d bytes", len(want))
	}
}

// TestHeldOutIsHeldOut: no family and no tool with the same arguments is in both folders.
func TestHeldOutIsHeldOut(t *testing.T) {
	t.Parallel()
	learned := map[string]bool{}
	for _, r := range load(t, "data/train") {
		learned[r.Family] = true
		learned[r.Tool+string(r.Args)] = true
	}
	for _, r := range load(t, "data/held") {
		if learned[r.Family] || learned[r.Tool+string(r.Args)] {
			t.Errorf("%s: %s %s is learned from too", r.Family, r.Tool, r.Args)
		}
	}
}

func TestRecordsSayWhereTheyAreWrong(t *testing.T) {
	t.Parallel()
	_, err := intent.Records(fstest.MapFS{"a.jsonl": {Data: []byte("{\"tool\":\"x\",\"args\":{},\"category\":\"bening\"}\n{\"tol\":1}\n")}})
	if err == nil || !strings.Contains(err.Error(), "a.jsonl:1: ") || !strings.Contains(err.Error(), "a.jsonl:2: ") {
		t.Error(err)
	}
}

func TestModelIsRefused(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("intent.model")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := linear.Open(string(file)); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]string{"empty": "", "short": string(file[:len(file)-1]), "another": "x" + string(file[1:])} {
		if _, err := linear.Open(bad); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}
