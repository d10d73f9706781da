package atr_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// TestMain is also the servers that the tests start: HOSTILE says how one behaves. It sees that nothing of a module outlives
// the tests, each of which closes its own.
func TestMain(m *testing.M) {
	sandbox.Launch(os.Args)
	if kind := os.Getenv("HOSTILE"); kind != "" {
		hostile(kind)
		return
	}
	code := m.Run()
	stacks := make([]byte, 8<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "[runnable]") && strings.Contains(stack, "(*world).open") {
			continue // a server of the tests, which was told to end
		}
		if !strings.Contains(stack, "runtime.Stack(") && !strings.Contains(stack, "TestMain") && strings.Contains(stack, "modules/atr") {
			fmt.Fprintln(os.Stderr, "left behind:", stack)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// hostile is a server with one tool whose calls do what its kind says.
func hostile(kind string) {
	if kind == "child" || kind == "stubborn" {
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
	}
	if kind == "child" {
		time.Sleep(time.Hour)
	}
	out := bufio.NewWriter(os.Stdout)
	say := func(format string, args ...any) {
		_, _ = fmt.Fprintf(out, format+"\n", args...)
		_ = out.Flush()
	}
	in, calls := bufio.NewReader(os.Stdin), 0
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			if kind == "stubborn" {
				time.Sleep(time.Hour)
			}
			return
		}
		var m struct {
			ID     json.RawMessage
			Method string
		}
		if json.Unmarshal([]byte(line), &m) != nil || m.ID == nil {
			continue
		}
		switch m.Method {
		case "initialize":
			say(`{"id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}}}}`, m.ID)
		case "tools/list":
			hints := ""
			if strings.HasPrefix(kind, "once ") {
				hints = `,"annotations":{"idempotentHint":true}`
			}
			say(`{"id":%s,"result":{"tools":[{"name":"do","description":"Does it.","inputSchema":{"type":"object"}%s}]}}`, m.ID, hints)
		case "tools/call":
			if calls++; kind == "dies sometimes" && calls%10 == 0 {
				os.Exit(7)
			}
			misbehave(kind, string(m.ID), say)
		}
	}
}

// misbehave answers a call, or not.
func misbehave(kind, id string, say func(string, ...any)) {
	good := func() { say(`{"id":%s,"result":{"content":[]}}`, id) }
	switch kind {
	case "garbage":
		say("Hello!\n[]\n{}\n\x00\xff\n{\"id\":{}}\n{\"id\":1,\"id\":2,\"result\":{}}")
		good()
	case "endless garbage":
		for {
			say("Hello!")
		}
	case "dies":
		_, _ = os.Stdout.WriteString(`{"id":` + id + `,"result":{"cont`)
		os.Exit(7)
	case "dies with a child":
		fork()
		os.Exit(7)
	case "never":
	case "twice":
		good()
		good()
		say(`{"id":%s,"error":{"code":1,"message":"after all"}}`, id)
	case "floods":
		for range 20_000 {
			say(`{"method":"notifications/message","params":{"level":"info","data":"x"}}`)
			say(`{"method":"notifications/progress","params":{"progressToken":%s,"progress":1}}`, id)
			say(`{"method":"notifications/tools/list_changed"}`)
		}
		good()
	case "floods for ever":
		for {
			say(`{"method":"notifications/message","params":{"level":"info","data":"x"}}`)
		}
	case "large":
		say(`{"id":%s,"result":{"content":[],"x":"%s"}}`, id, strings.Repeat("x", 100<<20))
	case "closes":
		_ = os.Stdout.Close()
		time.Sleep(time.Hour)
	case "deaf":
		time.Sleep(time.Hour)
	case "stderr":
		for range 1000 {
			_, _ = io.WriteString(os.Stderr, strings.Repeat("x", 50<<10)+"\n")
		}
		good()
	case "reads":
		_, err := os.ReadFile(os.Args[1])
		say(`{"id":%s,"result":{"content":[],"denied":%v}}`, id, os.IsPermission(err))
	case "forks":
		fork()
		good()
	case "once dies", "once never", "once refuses", "once fails":
		once(kind, id, say)
	default:
		good()
	}
}

// fork starts a program that no signal but one ends, and that has our pipes.
func fork() {
	child := exec.Command(os.Args[0], os.Args[1:]...) //nolint:noctx // this program itself, which is to outlive what started it
	child.Env = append(os.Environ(), "HOSTILE=child")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	if err := child.Start(); err != nil {
		panic(err)
	}
}
