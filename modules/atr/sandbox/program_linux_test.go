package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// plant makes files, with their folders: a name and what is in it, or "-> target" for a link.
func plant(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if target, isLink := strings.CutPrefix(text, "-> "); err == nil && isLink {
			err = os.Symlink(target, path)
		} else if err == nil {
			err = os.WriteFile(path, []byte(text), 0o700)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What is granted for a program is its own file, what interprets it and what lies around its code, and never a folder of a
// user's own.
func TestGrant(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files     map[string]string
		command   string
		args      []string
		dir       string
		run, read []string // below the home directory; others are the system's
		write     []string
	}{
		"a program": {
			files: map[string]string{"bin/tool": "\x7fELF"}, command: "bin/tool", args: []string{"notes.txt"},
			run: []string{"bin/tool"},
		},
		"a script in a home directory": {
			files: map[string]string{"serve": "#!/bin/sh\n", ".ssh/id": "x"}, command: "serve",
			run: []string{"serve"}, read: []string{"serve"},
		},
		"a package of node": {
			files: map[string]string{
				"app/node_modules/.bin/tool": "-> ../tool/dist/index.js", "app/node_modules/tool/dist/index.js": "#!/usr/bin/env node\n",
				"app/node_modules/tool/package.json": "{}", "app/package.json": "{}", "app/secret": "x", ".nvm/v1/bin/node": "\x7fELF",
			},
			command: "app/node_modules/.bin/tool",
			run:     []string{"app/node_modules/tool/dist/index.js", ".nvm/v1/bin/node"},
			read:    []string{"app/node_modules", "app/node_modules/tool/dist/index.js", "app/package.json", ".nvm/v1"},
		},
		"an interpreter and a project": {
			files:   map[string]string{"p/pyproject.toml": "", "p/src/server.py": "", "venv/bin/python3": "\x7fELF"},
			command: "venv/bin/python3", args: []string{"-u", "p/src/server.py", "data.csv"},
			run:  []string{"venv/bin/python3"},
			read: []string{"p", "p/src/server.py", "venv"},
		},
		"a module": {
			files:   map[string]string{"venv/bin/python3": "-> python3.12", "venv/bin/python3.12": "-> ../../.local/bin/python3.12", ".local/bin/python3.12": "\x7fELF", "m/x": ""},
			command: "venv/bin/python3", args: []string{"-m", "m/x"},
			run:  []string{".local/bin/python3.12"},
			read: []string{"venv"},
		},
		"a project that is the home directory": {
			files:   map[string]string{"package.json": "{}", "js/server.js": "", "n/bin/node": "\x7fELF"},
			command: "n/bin/node", args: []string{"js/server.js"},
			run:  []string{"n/bin/node"},
			read: []string{"js", "js/server.js", "n"},
		},
		"a folder to run in": {
			files: map[string]string{"w/x": "", "tool": "\x7fELF"}, command: "tool", dir: "w",
			run: []string{"tool"}, write: []string{"w"},
		},
		"the home directory to run in": {
			files: map[string]string{"tool": "\x7fELF"}, command: "tool", dir: ".",
			run: []string{"tool"},
		},
		"nothing": {command: "missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			plant(t, home, tt.files)
			program := sandbox.Program{Path: filepath.Join(home, tt.command), Args: slices.Clone(tt.args), Env: []string{"PATH=" + home + "/.nvm/v1/bin:/usr/bin", "HOME=" + home}}
			if tt.dir != "" {
				program.Dir = filepath.Join(home, tt.dir)
			}
			for i, arg := range program.Args {
				if strings.Contains(arg, "/") {
					program.Args[i] = filepath.Join(home, arg)
				}
			}
			var p sandbox.Profile
			p.Grant(program)
			for _, list := range []struct {
				name      string
				got, want []string
			}{{"run", p.Run, tt.run}, {"read", p.Read, tt.read}, {"write", p.Write, tt.write}} {
				if diff := cmp.Diff(sorted(list.want), below(home, list.got)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", list.name, diff)
				}
			}
		})
	}
}

func sorted(all []string) []string {
	out := append([]string{}, all...)
	slices.Sort(out)
	return out
}

// below are the paths below a folder, without it.
func below(dir string, paths []string) []string {
	out := []string{}
	for _, path := range paths {
		if rest, ok := strings.CutPrefix(path, dir); ok {
			out = append(out, strings.TrimPrefix(rest, "/"))
		}
	}
	return sorted(out)
}

// Ordinary programs in ordinary languages do their work in a sandbox that grants what Grant finds, and no more than that.
func TestInterpreters(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files   map[string]string
		command string
		args    []string
	}{
		"sh": {map[string]string{"work/serve.sh": `#!/bin/sh
set -e
printf 'one\ntwo\n' > note; echo three >> note2
while read -r line; do last=$line; done < note
test "$last" = two
(exit 0)
if cat ../secret; then exit 9; fi
if echo x > ../new; then exit 9; fi
echo fine
`}, "work/serve.sh", nil},
		"python3": {map[string]string{"code/serve.py": `
import json, os, sqlite3, ssl, subprocess, sys, tempfile, threading, hashlib, datetime, zoneinfo, shutil, multiprocessing
import helper
with open("note", "w") as f: f.write("x")
shutil.copy("note", "copy"); os.rename("copy", "moved"); os.remove("moved")
db = sqlite3.connect("data.db"); db.execute("create table t(a)"); db.commit(); db.close()
t = threading.Thread(target=lambda: None); t.start(); t.join()
tempfile.NamedTemporaryFile(dir=".").close()
assert os.cpu_count() > 0 and helper.answer == 42 and ssl.create_default_context() and os.urandom(4)
for bad in (lambda: open("../secret"), lambda: open("../new", "w"), lambda: subprocess.run(["/bin/ls"]), lambda: __import__("socket").socket()):
    try: bad()
    except PermissionError: continue
    sys.exit(9)
print("fine")
`, "code/helper.py": "answer = 42\n", "code/pyproject.toml": ""}, "python3", []string{"code/serve.py"}},
		"node": {map[string]string{"app/node_modules/tool/index.js": `
const fs = require("fs"), os = require("os"), cp = require("child_process"), dep = require("dep"), net = require("net"), crypto = require("crypto");
const { Worker } = require("worker_threads");
fs.writeFileSync("note", "x"); fs.copyFileSync("note", "copy"); fs.renameSync("copy", "moved"); fs.chmodSync("moved", 0o600); fs.rmSync("moved");
if (dep !== 42 || !os.cpus().length || !os.totalmem() || !crypto.randomBytes(4)) process.exit(8);
for (const bad of [() => fs.readFileSync("../secret"), () => fs.writeFileSync("../new", "x"), () => { const r = cp.spawnSync("/bin/ls"); if (r.error) throw r.error }]) {
  try { bad() } catch (e) { if (e.code === "EACCES" || e.code === "EPERM") continue }
  process.exit(9);
}
const s = net.connect(80, "127.0.0.1");
s.on("connect", () => process.exit(9));
s.on("error", e => {
  if (e.code !== "EPERM" && e.code !== "EACCES") { console.log(e); process.exit(9) }
  new Worker("1+1", { eval: true }).on("exit", () => console.log("fine"));
});
`, "app/node_modules/dep/index.js": "module.exports = 42", "app/package.json": "{}"}, "node", []string{"app/node_modules/tool/index.js"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			plant(t, dir, tt.files)
			plant(t, dir, map[string]string{"secret": "hush", "work/file": ""})
			path := filepath.Join(dir, tt.command)
			if filepath.Base(tt.command) == tt.command {
				found, err := exec.LookPath(tt.command)
				if err != nil {
					t.Skip(err)
				}
				path = found
				if strings.Contains(path, "/shims/") {
					python := exec.CommandContext(t.Context(), path, "-c", "import sys; print(sys.executable)")
					actual, err := python.Output()
					if err != nil {
						t.Skip(err)
					}
					path = strings.TrimSpace(string(actual))
				}
			}
			args := slices.Clone(tt.args)
			for i := range args {
				args[i] = filepath.Join(dir, args[i])
			}
			work := filepath.Join(dir, "work")
			env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
			p := &sandbox.Profile{Limits: sandbox.Limits{Memory: 4 << 30}}
			p.Grant(sandbox.Program{Path: path, Args: args, Env: env, Dir: work})
			cmd := &exec.Cmd{Path: path, Args: append([]string{tt.command}, args...), Env: env, Dir: work}
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			l, err := sandbox.Prepare(cmd, p)
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			r, err := l.Report()
			if end := cmd.Wait(); err != nil || end != nil || !strings.HasSuffix(out.String(), "fine\n") {
				t.Errorf("%v, %v\n%s\n%v", err, end, out.String(), &r)
			}
		})
	}
}
