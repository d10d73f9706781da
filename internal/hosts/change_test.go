package hosts_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
)

func kernel() hosts.Launch {
	return hosts.Launch{Command: "/opt/mcp-kernel", Args: []string{"serve", "--stdio"}}
}

// A stage is a home with a host's file in it.
type stage struct {
	place  hosts.Place
	ledger *hosts.Ledger
}

func staged(t *testing.T, host, text string) stage {
	t.Helper()
	home := t.TempDir()
	p, err := hosts.System{Home: home, OS: "linux"}.Servers(host, hosts.User)
	if err != nil {
		t.Fatal(err)
	}
	if text != "" {
		write(t, p.File, text)
	}
	return stage{p, &hosts.Ledger{Dir: filepath.Join(home, ".local", "hosts")}}
}

// install plans and applies.
func (s stage) install(t *testing.T, move ...string) *hosts.Receipt {
	t.Helper()
	c, err := hosts.Plan(s.place, kernel(), move)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.ledger.Apply(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// uninstall plans and undoes.
func (s stage) uninstall(t *testing.T) *hosts.Undoing {
	t.Helper()
	r, err := s.ledger.Receipt(s.place)
	if err != nil || r == nil {
		t.Fatalf("%v, %v", r, err)
	}
	u, err := hosts.PlanUndo(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ledger.Undo(u); err != nil {
		t.Fatal(err)
	}
	return u
}

const desktop = "{\r\n\t// mine\r\n\t\"mcpServers\": {\r\n\t\t\"notes\": {\"command\": \"notes\", \"env\": {\"TOKEN\": \"hush\"}}, /* keep */\r\n\t\t\"web\": {\"url\": \"https://w.example\"},\r\n\t},\r\n}\r\n"

// Every host's file, there or not, becomes what it was.
func TestApplyAndUndo(t *testing.T) {
	t.Parallel()
	for _, host := range hosts.Names() {
		for name, text := range map[string]string{"none": "", "empty": "{}", "blank": " \n", "other": `{"theme": "dark"}`, "comments": desktop} {
			t.Run(host+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := staged(t, host, text)
				r := s.install(t, "notes", "web")
				if l, ok, err := r.Line(); !ok || err != nil || l.Command != kernel().Command || len(l.Args) != 2 {
					t.Errorf("got %+v, %v, %v", l, ok, err)
				}
				if u := s.uninstall(t); !u.Exact || len(u.Left) > 0 {
					t.Errorf("got %+v", u)
				}
				s.untouched(t, text)
			})
		}
	}
}

// untouched holds the home to be what it was before: the file, and nothing beside it.
func (s stage) untouched(t *testing.T, text string) {
	t.Helper()
	got, err := os.ReadFile(s.place.File)
	if text == "" {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("there is %q, %v", got, err)
		}
		if entries, _ := os.ReadDir(filepath.Dir(s.place.File)); filepath.Dir(s.place.File) != s.place.Base && len(entries) > 0 {
			t.Errorf("there are %v", entries)
		}
		return
	}
	if string(got) != text {
		t.Errorf("got %q, want %q", got, text)
	}
	if backups, _ := filepath.Glob(s.place.File + ".*"); len(backups) > 0 {
		t.Errorf("there are %v", backups)
	}
	if all, err := s.ledger.Receipts(); len(all) > 0 || err != nil {
		t.Errorf("there are %v, %v", all, err)
	}
}

// The file is written as the host wants it, and nobody can read more of it than before.
func TestApplyWrites(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"claude-desktop": `"mcp-kernel": { "command": "/opt/mcp-kernel", "args": [ "serve", "--stdio" ] }`,
		"claude-code":    `"mcp-kernel": { "type": "stdio", "command": "/opt/mcp-kernel",`,
		"vscode":         `"servers": { "mcp-kernel": { "type": "stdio", "command": "/opt/mcp-kernel",`,
		"zed":            `"context_servers": { "mcp-kernel": { "source": "custom", "command": "/opt/mcp-kernel",`,
	} {
		s := staged(t, host, "{\n}\n")
		if err := os.Chmod(s.place.File, 0o640); err != nil {
			t.Fatal(err)
		}
		r := s.install(t)
		text, err := os.ReadFile(s.place.File)
		if err != nil || !strings.Contains(strings.Join(strings.Fields(string(text)), " "), want) {
			t.Errorf("%s: got %s, %v", host, text, err)
		}
		for _, file := range []string{s.place.File, r.Backup} {
			if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
				t.Errorf("%s: %v, %v", file, info, err)
			}
		}
	}
}

// What others did meanwhile stays; what is ours goes, what was moved comes back.
func TestUndoAfterOthers(t *testing.T) {
	t.Parallel()
	s := staged(t, "claude-desktop", desktop)
	r := s.install(t, "notes")
	edit(t, s.place.File, `"web"`, "\"new\": {\"command\": \"n\"},\r\n\t\t\"web\"")
	u := s.uninstall(t)
	want := "{\r\n\t// mine\r\n\t\"mcpServers\": { /* keep */\r\n\t\t\"new\": {\"command\": \"n\"},\r\n\t\t\"web\": {\"url\": \"https://w.example\"},\r\n\t\t\"notes\": {\"command\": \"notes\", \"env\": {\"TOKEN\": \"hush\"}},\r\n\t},\r\n}\r\n"
	if got := read(t, s.place.File); got != want || u.Exact || len(u.Left) > 0 {
		t.Errorf("got %q, %+v", got, u)
	}
	if got := read(t, r.Backup); got != desktop {
		t.Errorf("the backup is %q", got)
	}
}

// What cannot be put back is said.
func TestUndoLeaves(t *testing.T) {
	t.Parallel()
	s := staged(t, "claude-desktop", desktop)
	s.install(t, "notes")
	edit(t, s.place.File, `"web"`, `"notes": {"command": "other"}, "web"`)
	u := s.uninstall(t)
	if len(u.Left) != 1 || u.Left[0] != "mcpServers.notes is not put back: there is another one now" {
		t.Errorf("got %q", u.Left)
	}
	if got := read(t, s.place.File); strings.Contains(got, "mcp-kernel") || !strings.Contains(got, `"other"`) {
		t.Errorf("got %s", got)
	}
}

// A file that was made for us and that others write now is theirs; one that went away stays away.
func TestUndoOfWhatWasMade(t *testing.T) {
	t.Parallel()
	s := staged(t, "cursor", "")
	s.install(t)
	edit(t, s.place.File, "{\n  \"mcpServers\"", "{\n  \"theme\": 1,\n  \"mcpServers\"")
	s.uninstall(t)
	if got := read(t, s.place.File); got != "{\n  \"theme\": 1\n}\n" {
		t.Errorf("got %q", got)
	}
	s = staged(t, "cursor", "")
	s.install(t)
	if err := os.Remove(s.place.File); err != nil {
		t.Fatal(err)
	}
	if u := s.uninstall(t); len(u.Left) != 1 {
		t.Errorf("got %q", u.Left)
	}
	s.untouched(t, "")
}

// An entry of the user's own under our name is kept and comes back; installing again changes the line, and undoing goes to the beginning.
func TestApplyTwice(t *testing.T) {
	t.Parallel()
	text := `{"mcpServers": {"mcp-kernel": {"command": "/old/mcp-kernel"}}}`
	s := staged(t, "claude-desktop", text)
	s.install(t)
	if c, err := hosts.Plan(s.place, kernel(), nil); err != nil || !c.Empty() || len(c.Steps) > 0 {
		t.Errorf("got %+v, %v for what is there already", c, err)
	}
	c, err := hosts.Plan(s.place, hosts.Launch{Command: "/new/mcp-kernel", Args: []string{"serve"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ledger.Apply(c, nil); err != nil {
		t.Fatal(err)
	}
	if u := s.uninstall(t); !u.Exact {
		t.Errorf("got %+v", u)
	}
	s.untouched(t, text)

	s.install(t)
	edit(t, s.place.File, "{", `{"theme": 1, `)
	c, err = hosts.Plan(s.place, hosts.Launch{Command: "/new/mcp-kernel", Args: []string{"serve"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ledger.Apply(c, nil); err != nil {
		t.Fatal(err)
	}
	if u := s.uninstall(t); u.Exact {
		t.Error("what was changed between two installations is lost")
	}
	if got := read(t, s.place.File); got != `{"theme": 1, "mcpServers": {"mcp-kernel": {"command": "/old/mcp-kernel"}}}` {
		t.Errorf("got %s", got)
	}
}

// A backup that somebody has changed is not put back.
func TestUndoDistrustsBackups(t *testing.T) {
	t.Parallel()
	s := staged(t, "cursor", `{"a": 1}`)
	r := s.install(t)
	edit(t, r.Backup, `1`, `2`)
	if u := s.uninstall(t); u.Exact {
		t.Errorf("got %+v", u)
	}
	if got := read(t, s.place.File); got != `{"a": 1}` {
		t.Errorf("got %s", got)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(t *testing.T, p hosts.Place)
		want    error
	}{
		"no JSON":           {func(t *testing.T, p hosts.Place) { t.Helper(); write(t, p.File, `{"a": `) }, hosts.ErrSyntax},
		"a list of servers": {func(t *testing.T, p hosts.Place) { t.Helper(); write(t, p.File, `{"mcpServers": []}`) }, hosts.ErrPath},
		"no object":         {func(t *testing.T, p hosts.Place) { t.Helper(); write(t, p.File, `[]`) }, hosts.ErrPath},
		"two lists": {func(t *testing.T, p hosts.Place) {
			t.Helper()
			write(t, p.File, `{"mcpServers": {}, "mcpServers": {}}`)
		}, hosts.ErrPath},
		"a folder": {func(t *testing.T, p hosts.Place) { t.Helper(); write(t, filepath.Join(p.File, "x"), "") }, hosts.ErrForeign},
		"a link out of the home": {func(t *testing.T, p hosts.Place) {
			t.Helper()
			other := filepath.Join(t.TempDir(), "x.json")
			write(t, other, "{}")
			link(t, other, p.File)
		}, hosts.ErrForeign},
		"a folder that is a link out": {func(t *testing.T, p hosts.Place) {
			t.Helper()
			link(t, t.TempDir(), filepath.Dir(p.File))
		}, hosts.ErrForeign},
		"a link to nothing": {func(t *testing.T, p hosts.Place) {
			t.Helper()
			link(t, filepath.Join(p.Base, "nothing"), p.File)
		}, hosts.ErrForeign},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := staged(t, "cursor", "")
			c.prepare(t, s.place)
			if _, err := hosts.Plan(s.place, kernel(), nil); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// A link to somewhere else in the home is followed, and stays a link.
func TestLinkInTheHome(t *testing.T) {
	t.Parallel()
	s := staged(t, "cursor", "")
	file := filepath.Join(s.place.Base, "dotfiles", "cursor.json")
	write(t, file, "{}")
	link(t, file, s.place.File)
	s.install(t)
	if info, err := os.Lstat(s.place.File); err != nil || info.Mode()&fs.ModeSymlink == 0 || !strings.Contains(read(t, file), "mcp-kernel") {
		t.Errorf("got %v, %v", info, err)
	}
	s.uninstall(t)
	if read(t, file) != "{}" {
		t.Errorf("got %s", read(t, file))
	}
}

// What was planned is not written over what somebody else has written since.
func TestChangedMeanwhile(t *testing.T) {
	t.Parallel()
	s := staged(t, "cursor", "{}")
	c, err := hosts.Plan(s.place, kernel(), nil)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s.place.File, `{"a": 1}`)
	if _, err := s.ledger.Apply(c, nil); !errors.Is(err, hosts.ErrChanged) {
		t.Errorf("got %v", err)
	}
	if read(t, s.place.File) != `{"a": 1}` {
		t.Error("the file was changed")
	}
	if all, err := s.ledger.Receipts(); len(all) > 0 || err != nil {
		t.Errorf("there are %v, %v", all, err)
	}
}

// A change that cannot be written leaves no trace.
func TestNotWritable(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("here folders can be written whatever their permissions")
	}
	s := staged(t, "cursor", "{}")
	c, err := hosts.Plan(s.place, kernel(), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(s.place.File)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ledger.Apply(c, nil); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s.untouched(t, "{}")
}

// Another user's file is left alone, even by who could replace it.
func TestForeignFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	s := staged(t, "cursor", "{}")
	if err := os.Chown(s.place.File, 12345, -1); err != nil {
		t.Fatal(err)
	}
	if _, err := hosts.Plan(s.place, kernel(), nil); !errors.Is(err, hosts.ErrForeign) {
		t.Errorf("got %v", err)
	}
}

// Nothing secret is in what is shown.
func TestDiff(t *testing.T) {
	t.Parallel()
	text := "{\n  \"apiKey\": \"hush1\",\n  \"mcpServers\": {\n    \"a\": {\n      \"command\": \"a\",\n" +
		"      \"args\": [\"--token\", \"hush2\", \"--key=hush3\", \"https://me:hush4@a.example/?k=hush5\", \"AKIA" + "Q3EGRIXW4CT7MZYP\", \"plain\"],\n" +
		"      \"env\": {\"A\": \"hush6\", \"B\": 77777, \"C\": \"${env:C}\"}\n    }\n  },\n  \"theme\": \"dark\"\n}\n"
	s := staged(t, "cursor", text)
	c, err := hosts.Plan(s.place, kernel(), []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	diff, err := c.Diff()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hush", "77777", "AKIA"} {
		if strings.Contains(diff, secret) {
			t.Errorf("%s is in\n%s", secret, diff)
		}
	}
	want := "--- " + s.place.File + "\n+++ " + s.place.File + "\n" + `@@ -1,10 +1,13 @@
 {
   "apiKey": "•••",
   "mcpServers": {
-    "a": {
-      "command": "a",
-      "args": ["--token", "•••", "--key=•••", "https://•••@a.example/?•••", "********************", "plain"],
-      "env": {"A": "•••", "B": •••, "C": "${env:C}"}
+    "mcp-kernel": {
+      "type": "stdio",
+      "command": "/opt/mcp-kernel",
+      "args": [
+        "serve",
+        "--stdio"
+      ]
     }
   },
   "theme": "dark"
`
	if diff != want {
		t.Errorf("got\n%s\nwant\n%s", diff, want)
	}
}

func TestHooks(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	p, err := hosts.System{Home: home, OS: "linux"}.Hook("claude-code", hosts.User)
	if err != nil {
		t.Fatal(err)
	}
	before := "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\"matcher\": \"Bash\", \"hooks\": []} // mine\n    ]\n  }\n}\n"
	write(t, p.File, before)
	s := stage{p, &hosts.Ledger{Dir: filepath.Join(home, "hosts")}}
	apply := func() *hosts.Receipt {
		c, err := hosts.PlanHooks(p, map[string]string{"PreToolUse": "k before", "PostToolUse": "k after"})
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.ledger.Apply(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := apply()
	if all, left, err := r.Hooked(); len(all) != 2 || left != 2 || err != nil {
		t.Errorf("got %q, %d, %v", all, left, err)
	}
	if c, err := hosts.PlanHooks(p, map[string]string{"PreToolUse": "k before", "PostToolUse": "k after"}); err != nil || !c.Empty() {
		t.Errorf("hooks that are there are added again: %v, %v", c, err)
	}
	if u := s.uninstall(t); !u.Exact || read(t, p.File) != before {
		t.Errorf("got %s", read(t, p.File))
	}
	apply()
	edit(t, p.File, "{\n  \"hooks\"", "{\n  \"theme\": 1,\n  \"hooks\"")
	if u := s.uninstall(t); u.Exact || read(t, p.File) != strings.Replace(before, "{\n", "{\n  \"theme\": 1,\n", 1) {
		t.Errorf("got %s", read(t, p.File))
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func edit(t *testing.T, file, before, after string) {
	t.Helper()
	text := read(t, file)
	if !strings.Contains(text, before) {
		t.Fatalf("%q is not in %q", before, text)
	}
	write(t, file, strings.Replace(text, before, after, 1))
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, at); err != nil {
		t.Skip("no links here:", err)
	}
}
