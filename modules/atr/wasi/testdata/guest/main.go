// The guest is what the tests run: its first argument in "do" says what.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var args struct {
		Do   string `json:"do"`
		Path string `json:"path"`
		N    int    `json:"n"`
	}
	if err := json.Unmarshal(text, &args); err != nil {
		panic(err)
	}
	if err := do(args.Do, args.Path, args.N, text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

func do(what, path string, n int, text []byte) error {
	switch what {
	case "copy":
		_, err := os.Stdout.Write(text)
		return err
	case "spin":
		for i := 0; ; i++ {
			if i < 0 {
				fmt.Println(i)
			}
		}
	case "sleep":
		time.Sleep(time.Hour)
	case "hog":
		var all [][]byte
		for {
			all = append(all, make([]byte, 1<<20))
			all[len(all)-1][0] = 1
		}
	case "recurse":
		fmt.Println(recurse(1))
	case "much":
		fmt.Print(strings.Repeat("x", n))
	case "flood":
		for {
			if _, err := os.Stdout.WriteString(strings.Repeat("y", 1<<16)); err != nil {
				return err
			}
		}
	case "panic":
		panic("oh")
	case "clock":
		fmt.Println(time.Now().UTC().Format(time.RFC3339))
	case "env":
		fmt.Print(strings.Join(os.Environ(), "\n"))
	case "dial":
		_, err := net.Dial("tcp", path)
		return err
	case "read":
		text, err := os.ReadFile(path)
		fmt.Print(string(text))
		return err
	case "list":
		entries, err := os.ReadDir(path)
		for _, e := range entries {
			fmt.Println(e.Name(), e.IsDir())
		}
		return err
	case "write":
		return os.WriteFile(path, []byte(strings.Repeat("z", n)), 0o600)
	case "many":
		for i := range n {
			f, err := os.OpenFile(fmt.Sprintf("%s%d", path, i), os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			defer f.Close()
		}
	case "sparse":
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		if _, err = f.WriteAt([]byte("x"), 1<<40); err == nil {
			return nil
		}
		return f.Truncate(1 << 40)
	case "change":
		steps := []error{os.Mkdir(path+"/d", 0o700), os.WriteFile(path+"/d/a", []byte("1"), 0o600), os.Rename(path+"/d/a", path+"/d/b"), os.Remove(path + "/d/b"), os.Remove(path + "/d")}
		for i, err := range steps {
			if err != nil {
				return fmt.Errorf("step %d: %w", i, err)
			}
		}
	case "symlink":
		return os.Symlink("/etc/passwd", path)
	case "work":
		s := 0
		for i := range n {
			s = step(s, i)
		}
		fmt.Println(s)
	}
	return nil
}

//go:noinline
func step(s, i int) int { return s*31 ^ i }

func recurse(n int) int {
	var room [1024]int
	room[n%1024] = n
	return recurse(n+1) + room[(n+1)%1024]
}
