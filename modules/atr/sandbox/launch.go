package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
)

// Argument is the first argument of a launcher. It is for nobody to type.
const Argument = "__launch"

// The descriptors of a launcher, besides the standard ones.
const (
	orderFD = 3 // it reads an order
	replyFD = 4 // it writes replies, until it is the program
)

// maxOrder bounds an order, in bytes: an environment and arguments are at most 6 MB (execve(2)).
const maxOrder = 16 << 20

// An order says what a launcher is to become. Texts of strangers are bytes: they need not be valid UTF-8.
type order struct {
	Profile   Profile
	Path      []byte
	Args, Env [][]byte
	Parent    int // our process: who outlives it must not go on
}

// A reply is what a launcher tells: first a report, then, if it could not become the program, why.
type reply struct {
	Report *Report `json:",omitempty"`
	Failed string  `json:",omitempty"`
}

// replies reads what a launcher tells until it is the program, or has ended.
func replies(from io.Reader) (Report, error) {
	const most = 1 << 20
	in := json.NewDecoder(io.LimitReader(from, most))
	var r Report
	told := false
	for {
		var next reply
		switch err := in.Decode(&next); {
		case err == io.EOF && told:
			return r, nil
		case err != nil:
			return r, fmt.Errorf("the launcher of the sandbox has ended before it was done: %w", err)
		case next.Failed != "":
			return r, fmt.Errorf("sandbox: %s", next.Failed)
		case next.Report != nil:
			r, told = *next.Report, true
		}
	}
}

// texts are bytes as strings.
func texts(all [][]byte) []string {
	out := make([]string, len(all))
	for i, b := range all {
		out[i] = string(b)
	}
	return out
}

// raw are strings as bytes.
func raw(all []string) [][]byte {
	out := make([][]byte, len(all))
	for i, s := range all {
		out[i] = []byte(s)
	}
	return out
}
