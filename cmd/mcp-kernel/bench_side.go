package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/internal/bench"
)

// A benchSide is a file that describes a server for `bench compare`.
type benchSide struct {
	Name       string            `yaml:"name"`
	Command    []string          `yaml:"command"`
	Env        map[string]string `yaml:"env"`
	URL        string            `yaml:"url"`
	ReadyURL   string            `yaml:"ready_url"`
	PID        int               `yaml:"pid"`
	Headers    map[string]string `yaml:"headers"`
	BearerFile string            `yaml:"bearer_file"`
	Calls      []benchSideCall   `yaml:"calls"`
}

type benchSideCall struct {
	Tool      string         `yaml:"tool"`
	Arguments map[string]any `yaml:"arguments"`
	Method    string         `yaml:"method"`
	Params    map[string]any `yaml:"params"`
	Weight    int            `yaml:"weight"`
}

// contenders are the servers that are compared.
func (f *benchFlags) contenders(cmd *cobra.Command, load bench.Load, given [2]string, files []string) ([]bench.Contender, error) {
	var list []bench.Contender
	for i, text := range given {
		if text == "" {
			continue
		}
		t, err := f.described(string("ab"[i]), text)
		if err != nil {
			return nil, misused(cmd, "%v", err)
		}
		list = append(list, bench.Contender{Target: t, Load: load})
	}
	for _, file := range files {
		c := bench.Contender{Load: load}
		err := readSide(file, &c)
		if err == nil {
			err = f.complete(&c.Target)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		list = append(list, c)
	}
	if len(list) < 2 {
		return nil, misused(cmd, "%s takes two servers or more: --a and --b, or files", cmd.CommandPath())
	}
	return list, nil
}

// described is a server that a flag names: a URL or a command.
func (f *benchFlags) described(flag, text string) (bench.Target, error) {
	t := bench.Target{Name: flag}
	if strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") {
		t.URL = text
		return t, f.complete(&t)
	}
	var err error
	if t.Command, err = splitWords(text); err != nil {
		return t, fmt.Errorf("--%s %q: %w", flag, text, err)
	}
	return t, f.complete(&t)
}

// readSide reads the file of a server.
func readSide(file string, c *bench.Contender) error {
	text, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return err
	}
	var side benchSide
	if err := yaml.UnmarshalWithOptions(text, &side, yaml.Strict()); err != nil {
		return err
	}
	c.Target = bench.Target{Name: side.Name, Command: side.Command, URL: side.URL, PID: side.PID}
	if c.Target.Name == "" {
		c.Target.Name = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	}
	for _, key := range slices.Sorted(maps.Keys(side.Env)) {
		c.Target.Env = append(c.Target.Env, key+"="+side.Env[key])
	}
	return errors.Join(side.reach(&c.Target), side.mix(&c.Load))
}

// reach adds how the server is reached over HTTP.
func (s *benchSide) reach(t *bench.Target) error {
	var faults []error
	if s.ReadyURL != "" {
		expression, err := regexp.Compile(s.ReadyURL)
		faults = append(faults, wrap(err, "ready_url"))
		t.ReadyURL = expression
	}
	for name, value := range s.Headers {
		faults = append(faults, wrap(setHeader(t, name, value), "headers"))
	}
	return errors.Join(append(faults, wrap(setBearer(t, s.BearerFile), "bearer_file"))...)
}

// mix replaces what is sent, where the file says something else.
func (s *benchSide) mix(l *bench.Load) error {
	if len(s.Calls) == 0 {
		return nil
	}
	l.Calls = nil
	for _, c := range s.Calls {
		call := bench.Call{Tool: c.Tool, Method: c.Method, Weight: c.Weight}
		var err error
		if c.Arguments != nil {
			call.Arguments, err = json.Marshal(c.Arguments)
		}
		if c.Params != nil && err == nil {
			call.Params, err = json.Marshal(c.Params)
		}
		if err != nil {
			return fmt.Errorf("calls: %w", err)
		}
		l.Calls = append(l.Calls, call)
	}
	return nil
}

// splitWords splits a command into words as a shell would: at spaces, but not within quotes. Nothing is expanded.
func splitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	inWord := false
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the quote %c does not end", quote)
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, errors.New("no command")
	}
	return words, nil
}
