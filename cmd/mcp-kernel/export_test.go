package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExports has a server send what it records to a file, and a verb print it in each format.
func TestExports(t *testing.T) {
	t.Parallel()
	dir, config := home(t)
	file := filepath.Join(dir, "events.json")
	write(t, config, read(t, config)+"audit: {export: [{name: soc, to: \"file://"+file+"\", format: ocsf}]}\n")
	c := launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", config)
	begin(t, address(t, c)).post(lists)
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.end()
	var next uint64
	var names []string
	for line := range strings.Lines(read(t, file)) {
		var e struct {
			Message  string
			Metadata struct{ Sequence uint64 }
			API      struct{ Service struct{ Name string } }
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if next != 0 && e.Metadata.Sequence != next {
			t.Errorf("entry %d, want %d", e.Metadata.Sequence, next)
		}
		next = e.Metadata.Sequence + 1
		names = append(names, e.API.Service.Name)
	}
	if all := strings.Join(names, " "); !strings.Contains(all, "kernel_execute") || !strings.Contains(all, "file_list") {
		t.Errorf("%q", names)
	}
	entries := strings.Count(ok(t, "audit", "export", "--config", config), "\n")
	for format, begins := range map[string]string{"ocsf": `{"activity_id":`, "cef": "CEF:0|mcp-kernel|", "syslog": "<1"} {
		text := ok(t, "audit", "export", "--config", config, "--format", format)
		if strings.Count(text, "\n") != entries || !strings.HasPrefix(text, begins) {
			t.Errorf("%s: %d lines of %d: %.100s", format, strings.Count(text, "\n"), entries, text)
		}
	}
	if o := cli(t, "audit", "export", "--config", config, "--format", "xml"); o.code != exitUsage || !strings.Contains(o.err, "want ocsf, cef or syslog") {
		t.Errorf("%+v", o)
	}
}
