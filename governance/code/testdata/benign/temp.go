package work

import "os"

func with(f func(dir string) error) error {
	dir, err := os.MkdirTemp("", "work")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return f(dir)
}
