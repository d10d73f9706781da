package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestTranscripts holds conversations with the built program. A file of testdata/transcripts is a txtar archive: prose,
// then files that are laid out in a directory ("config" is added to the configuration, what lies below "work/" is in the
// file root), then "session", whose lines are
//
//	# …          a remark
//	> line       is sent
//	< pattern    the next line that comes matches it
//	<~ pattern   so do the next lines, in any order, for as many of these as follow one another
//	<? pattern   so does one of the next lines, before which others may come
//	lock         from here on the journal is held by somebody else, so that no call can be recorded
//	unlock       from here on it is not
//	close        the host closes its end
//	term         the process is told to end
//
// After the last line the host closes its end; nothing more may come, the exit code is 0, and the journal verifies.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "transcripts", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			play(t, archive)
		})
	}
}

// play holds one conversation.
func play(t *testing.T, archive *txtar.Archive) {
	t.Helper()
	var extra, session string
	for _, f := range archive.Files {
		switch f.Name {
		case "config":
			extra = string(f.Data)
		case "session":
			session = string(f.Data)
		}
	}
	dir, config := home(t)
	write(t, config, read(t, config)+strings.ReplaceAll(extra, "$DIR", dir))
	for _, f := range archive.Files {
		if f.Name != "config" && f.Name != "session" {
			write(t, filepath.Join(dir, f.Name), string(f.Data))
		}
	}
	s := &stage{child: start(t, "serve", "--stdio", "--config", config), matcher: &matcher{kept: map[string]string{}}, dir: dir}
	for line := range strings.Lines(session) {
		s.line(strings.TrimSuffix(line, "\n"))
	}
	s.unordered()
	s.unlock()
	s.finish()
	if o := cli(t, "audit", "verify", "--config", config); o.code != exitOK {
		t.Errorf("the journal does not verify:\n%s%s", o.out, o.err)
	}
	if t.Failed() {
		t.Logf("log:\n%s", s.log)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A stage is one conversation under way.
type stage struct {
	*child
	*matcher
	dir     string
	group   []string // patterns whose order is free
	unlocks func()
}

// line carries out one line of a session.
func (s *stage) line(line string) {
	s.t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	if word != "<~" {
		s.unordered()
	}
	switch word {
	case "", "#":
	case ">":
		s.send(s.expand(rest))
	case "<?":
		s.seek(s.expand(rest))
	case "<":
		got := s.next()
		if diff := s.match(s.expand(rest), got); diff != "" {
			s.t.Fatalf("%s\nwant %s\ngot  %s", diff, rest, got)
		}
	case "<~":
		s.group = append(s.group, s.expand(rest))
	case "lock":
		s.unlocks = lockJournal(s.t, filepath.Join(s.dir, "data", "journal", "lock"))
	case "unlock":
		s.unlock()
	case "close":
		_ = s.in.Close()
	case "term":
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			s.t.Fatal(err)
		}
	default:
		s.t.Fatalf("session: unknown line %q", line)
	}
}

// seek skips lines until one matches.
func (s *stage) seek(pattern string) {
	s.t.Helper()
	for {
		got := s.next()
		if got == "" {
			s.t.Fatalf("%s never came", pattern)
		}
		if s.match(pattern, got) == "" {
			return
		}
	}
}

// unordered expects the patterns of the group that has ended, in any order.
func (s *stage) unordered() {
	s.t.Helper()
	for len(s.group) > 0 {
		got := s.next()
		rest, diff := s.anyOf(s.group, got)
		if diff != "" {
			s.t.Fatalf("%s\ngot  %s", diff, got)
		}
		s.group = rest
	}
}

// finish closes the host's end and expects the process to end well, with nothing more to say.
func (s *stage) finish() {
	s.t.Helper()
	_ = s.in.Close() // it may be closed already
	s.end()
}

func (s *stage) unlock() {
	if s.unlocks != nil {
		s.unlocks()
		s.unlocks = nil
	}
}
