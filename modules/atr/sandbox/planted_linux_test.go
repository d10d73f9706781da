package sandbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// A program that may change a folder cannot, by a link that it leaves there, have more granted to it at its next start.
func TestPlanted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		links  map[string]string // by their places below the scene; to
		grant  func(p *sandbox.Profile, s *scene)
		denied bool
	}{
		"a link of the operator's": {
			map[string]string{"link": "."},
			func(p *sandbox.Profile, s *scene) { p.Read = append(p.Read, filepath.Join(s.outside, "link")) },
			false,
		},
		"a link of the program's": {
			map[string]string{"own/data": ".."},
			func(p *sandbox.Profile, s *scene) { p.Read = append(p.Read, filepath.Join(s.own, "data")) },
			true,
		},
		"to be changed": {
			map[string]string{"own/data": ".."},
			func(p *sandbox.Profile, s *scene) { p.Write = append(p.Write, filepath.Join(s.own, "data")) },
			true,
		},
		"on the way": {
			map[string]string{"own/data": "../.."},
			func(p *sandbox.Profile, s *scene) {
				p.Read = append(p.Read, filepath.Join(s.own, "data", filepath.Base(s.outside)))
			},
			true,
		},
		"by way of the operator's": {
			map[string]string{"link": "own/data", "own/data": ".."},
			func(p *sandbox.Profile, s *scene) { p.Read = append(p.Read, filepath.Join(s.outside, "link")) },
			true,
		},
		"in a circle": {
			map[string]string{"one": "two", "two": "one"},
			func(p *sandbox.Profile, s *scene) { p.Read = append(p.Read, filepath.Join(s.outside, "one")) },
			true,
		},
		"a manifest": {
			map[string]string{"own/package.json": "../secret"},
			func(p *sandbox.Profile, s *scene) {
				p.Read = append(p.Read, filepath.Join(s.own, "package.json"))
			},
			true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			for at, to := range tt.links {
				if err := os.Symlink(to, filepath.Join(s.outside, at)); err != nil {
					t.Fatal(err)
				}
			}
			p := s.profile(t)
			tt.grant(p, s)
			out, r, err := run(t, p, self(t), "read", s.secret)
			if (err != nil) != tt.denied || tt.denied && !strings.Contains(r.String(), "not there: ") {
				t.Errorf("%v\n%s\n%v", err, out, &r)
			}
		})
	}
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("sub", link); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for other, want := range map[string]string{
		dir: filepath.Join(dir, "other"), link: link, filepath.Join(dir, "sub"): link, filepath.Join(dir, "sub", "new"): link, filepath.Join(dir, "subway"): "", "/": filepath.Join(dir, "other"),
	} {
		if got := sandbox.Overlap([]string{filepath.Join(dir, "other"), link}, []string{"/elsewhere", other}); got != want {
			t.Errorf("%s: %q, want %q", other, got, want)
		}
	}
}
