package main

import (
	"os"
	"os/user"
	"runtime"
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// agent is the caller behind stdio: the user's host, and never an operator, because what a model asks for is not what
// the user typed.
func agent() governance.Caller { return governance.Caller{Principal: "user:" + osUser()} }

// operator is the caller of the command line: who can read the keys in the data directory owns it.
func operator() governance.Caller {
	return governance.Caller{Principal: "user:" + osUser(), Operator: true, Label: "mcp-kernel command line"}
}

// osUser is who runs the process: the name that the system has for the user id, or the id when it has none. The
// environment is not asked, as os/user would do for an id without a name: limits are counted by this, and whoever starts
// a process writes its environment.
func osUser() string {
	uid := os.Getuid()
	if uid < 0 || runtime.GOOS == "darwin" { // both ask the system alone
		if u, err := user.Current(); err == nil {
			return u.Username
		}
		return strconv.Itoa(uid)
	}
	file, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return strconv.Itoa(uid)
	}
	return nameOf(string(file), strconv.Itoa(uid))
}

// nameOf finds the name of a user id in a password file, or returns the id.
func nameOf(passwd, uid string) string {
	for line := range strings.Lines(passwd) {
		if fields := strings.Split(line, ":"); len(fields) == 7 && fields[2] == uid && fields[0] != "" {
			return fields[0]
		}
	}
	return uid
}
