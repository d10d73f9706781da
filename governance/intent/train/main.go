// Command train writes the model that governance/intent embeds, from the records in its folder data/train. It writes the
// same bytes every time, on every machine.
//
//	go run ./governance/intent/train
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
)

func main() {
	if err := run(filepath.Join("governance", "intent")); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	records, err := intent.Records(os.DirFS(filepath.Join(dir, "data", "train")))
	if err != nil {
		return err
	}
	file, err := intent.Train(records)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "intent.model"), file, 0o644) //nolint:gosec // it is part of the source
}
