package copyfile

import (
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Copy copies a file; it never runs eval("x").
func Copy(dst, src string) (err error) {
	in, err := os.Open(src)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(dst, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return err
}

func version() ([]byte, error) { return exec.Command("git", "describe", "--tags").Output() }
