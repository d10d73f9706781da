package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestSurface holds what a host is shown to files, through the wire: every tool, prompt, resource and template of the
// profile "full", so that a reviewer sees what has changed for models and people.
func TestSurface(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	c := start(t, "serve", "--stdio", "--config", config, "--profile", "full")
	c.hello()
	for _, method := range []string{"tools/list", "prompts/list", "resources/list", "resources/templates/list"} {
		c.send(`{"jsonrpc":"2.0","id":1,"method":"` + method + `"}`)
		var out bytes.Buffer
		if err := json.Indent(&out, []byte(c.next()), "", "  "); err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", "surface", strings.ReplaceAll(method, "/", "-")+".json"), out.String())
	}
	c.close()
}

// TestSurfaceBudget measures what the default profile costs a model, in bytes of tools/list. It may grow by a twentieth
// before somebody has to say, with -update, that it is worth it.
func TestSurfaceBudget(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	c := start(t, "serve", "--stdio", "--config", config)
	c.hello()
	c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	size := len(c.next())
	c.close()
	path := filepath.Join("testdata", "surface", "bytes.txt")
	if *update {
		golden(t, path, strconv.Itoa(size)+"\n")
		return
	}
	budget, err := strconv.Atoi(strings.TrimSpace(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	if size > budget+budget/20 {
		t.Errorf("tools/list of the default profile has %d bytes, %d were agreed on: shorten it, or run the test with -update", size, budget)
	}
}
