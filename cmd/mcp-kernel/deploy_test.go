package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/mcp-kernel/mcp-kernel/internal/config"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

func deployed(parts ...string) string {
	return filepath.Join(append([]string{"..", "..", "deploy"}, parts...)...)
}

// takes sees that the command line of a file in deploy is one that the program understands, and has the value of --config.
func takes(t *testing.T, where string, args []string) {
	t.Helper()
	o := cli(t, append(slices.Clone(args), "--help")...)
	if o.code != exitOK {
		t.Errorf("%s: %v: %s", where, args, o.err)
		return
	}
	for _, arg := range args {
		name, _, _ := strings.Cut(arg, "=")
		if strings.HasPrefix(name, "--") && !regexp.MustCompile(`(?m)^ .*`+regexp.QuoteMeta(name)+`\b`).MatchString(o.out) {
			t.Errorf("%s: %s has no flag %s", where, args[0], name)
		}
	}
}

// TestDeployedConfigurations loads the configurations that deploy ships.
func TestDeployedConfigurations(t *testing.T) {
	t.Parallel()
	for _, file := range []string{deployed("kubernetes", "mcp-kernel.yaml"), deployed("compose", "mcp-kernel.yaml")} {
		c, err := config.Load(file, nil, nil)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if !strings.HasPrefix(c.State.URL, "file:/run/secrets/") || !c.Audit.Mirror || c.Server.HTTP.KeysDir == "" || !c.Server.HTTP.PlainText {
			t.Errorf("%s: kernels that share nothing, or serve nobody: %+v", file, c)
		}
	}
	c := config.Default()
	c.Governance.PolicyFiles = []string{deployed("kubernetes", "policies.yaml")}
	if _, err := standard.LoadPolicies(t.Context(), c); err != nil {
		t.Error(err)
	}
}

// TestDeployedCommands sees that the command lines in deploy are such that the program takes.
func TestDeployedCommands(t *testing.T) {
	t.Parallel()
	var set struct {
		Spec struct {
			Template struct {
				Spec struct{ Containers []struct{ Args []string } }
			}
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, deployed("kubernetes", "statefulset.yaml"))), &set); err != nil {
		t.Fatal(err)
	}
	takes(t, "statefulset.yaml", set.Spec.Template.Spec.Containers[0].Args)
	var compose struct {
		Services struct{ Kernel struct{ Command []string } }
	}
	if err := yaml.Unmarshal([]byte(read(t, deployed("compose", "compose.yaml"))), &compose); err != nil {
		t.Fatal(err)
	}
	takes(t, "compose.yaml", compose.Services.Kernel.Command)
	unit := read(t, deployed("systemd", "mcp-kernel.service"))
	start := regexp.MustCompile(`(?m)^ExecStart=\S+/mcp-kernel (.*)$`).FindStringSubmatch(unit)
	if start == nil {
		t.Fatal("the unit starts nothing")
	}
	takes(t, "mcp-kernel.service", strings.Fields(start[1]))
	container := read(t, deployed("container", "Containerfile"))
	for _, m := range regexp.MustCompile(`(?m)CMD \[(.*)\]$`).FindAllStringSubmatch(container, -1) {
		words := strings.Split(strings.ReplaceAll(m[1], `"`, ""), ", ")
		takes(t, "Containerfile", slices.DeleteFunc(words, func(w string) bool { return strings.HasSuffix(w, "/mcp-kernel") || strings.HasPrefix(w, "http://") }))
	}
}

// TestContainerfile sees that what runs is a program on nothing, as nobody.
func TestContainerfile(t *testing.T) {
	t.Parallel()
	known := []string{"FROM", "WORKDIR", "COPY", "RUN", "ARG", "VOLUME", "ENV", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
	text := strings.ReplaceAll(read(t, deployed("container", "Containerfile")), "\\\n", " ")
	var stage string
	user := ""
	stages := map[string]bool{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if !slices.Contains(known, words[0]) {
			t.Errorf("unknown instruction: %s", line)
		}
		switch words[0] {
		case "FROM":
			stage, user = words[1], ""
			if len(words) == 4 {
				stages[words[3]] = true
			}
		case "COPY":
			if from, ok := strings.CutPrefix(words[1], "--from="); ok {
				if !stages[from] {
					t.Errorf("no stage is called %s", from)
				}
				continue
			}
			for _, path := range words[1 : len(words)-1] {
				if _, err := os.Stat(filepath.Join("..", "..", path)); err != nil {
					t.Error(err)
				}
			}
		case "USER":
			user = words[1]
		case "RUN":
			if strings.Contains(stage, "distroless") {
				t.Errorf("there is no shell to run %s", line)
			}
		}
	}
	if !strings.Contains(stage, "distroless/static") || user != "65532:65532" {
		t.Errorf("what runs is %s as %q", stage, user)
	}
}

// TestSystemdUnit has systemd read its unit, where there is systemd.
func TestSystemdUnit(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not here: the unit is not verified")
	}
	unit := filepath.Join(t.TempDir(), "mcp-kernel.service")
	write(t, unit, strings.ReplaceAll(read(t, deployed("systemd", "mcp-kernel.service")), "/usr/local/bin/mcp-kernel", built(t)))
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", unit).CombinedOutput()
	if err != nil || strings.Contains(string(out), "mcp-kernel.service") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestReady asks a server that runs, and one that does not.
func TestReady(t *testing.T) {
	t.Parallel()
	_, config := home(t)
	c := launch(t, built(t), "serve", "--http", "127.0.0.1:0", "--config", config)
	at := strings.TrimSuffix(address(t, c), "/mcp")
	if text := ok(t, "ready", at); !strings.Contains(text, `"status":"ready"`) {
		t.Error(text)
	}
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.end()
	if o := cli(t, "ready", at); o.code != exitFault || !strings.Contains(o.err, "not ready") {
		t.Errorf("%+v", o)
	}
	if o := cli(t, "ready", "localhost"); o.code != exitUsage {
		t.Errorf("%+v", o)
	}
}
