package sandbox_test

import (
	"fmt"
	"os"
	"os/exec"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// A program is started with what it needs and one file more. Programs that do this call sandbox.Launch first of all in main.
func Example() {
	file, err := os.CreateTemp("", "")
	if err != nil {
		return
	}
	defer func() { _ = os.Remove(file.Name()) }() // it is there
	profile := &sandbox.Profile{Write: []string{file.Name()}}
	profile.Grant(sandbox.Program{Path: "/bin/sh"})

	script := `echo hello > "$1"; cat /etc/hostname 2>/dev/null || echo refused >> "$1"`
	cmd := &exec.Cmd{Path: "/bin/sh", Args: []string{"sh", "-c", script, "sh", file.Name()}, Env: []string{"PATH=/bin:/usr/bin"}}
	launcher, err := sandbox.Prepare(cmd, profile)
	if err != nil {
		return
	}
	if err := cmd.Start(); err != nil {
		launcher.Close()
		return
	}
	if _, err := launcher.Report(); err != nil {
		fmt.Println(err)
	}
	_ = cmd.Wait() // what it has done is in the file
	text, _ := os.ReadFile(file.Name())
	fmt.Print(string(text))
	// Output:
	// hello
	// refused
}
