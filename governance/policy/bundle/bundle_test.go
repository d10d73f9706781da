package bundle_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance/policy/bundle"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

func signer(t *testing.T) *primitives.Signer {
	t.Helper()
	s, err := primitives.OpenSigner(filepath.Join(t.TempDir(), "key"), "mcp-kernel", nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func at(s int64) time.Time { return time.UnixMilli(1_790_000_000_000 + s*1000) }

func TestPublished(t *testing.T) {
	t.Parallel()
	store, key := memstate.New(memstate.Options{}), signer(t)
	if _, err := bundle.Head(t.Context(), store, key.Verifier()); !errors.Is(err, bundle.ErrNone) {
		t.Errorf("before anything was published: %v", err)
	}
	folder := bundle.Folder(filepath.Join(t.TempDir(), "policies"))
	if _, _, err := folder.Current(); !errors.Is(err, bundle.ErrNone) {
		t.Errorf("an empty folder: %v", err)
	}
	for i, files := range [][]bundle.File{
		{{Name: "b.yaml", Text: []byte("b")}, {Name: "a.cedar", Text: []byte("a")}},
		{{Name: "b.yaml", Text: []byte("c")}},
		{{Name: "b.yaml", Text: []byte("c")}}, // the same once more
		{{Name: "d.yml", Text: nil}},
	} {
		published, err := bundle.Publish(t.Context(), store, key, at(int64(i)), files...)
		if err != nil {
			t.Fatal(err)
		}
		head, err := bundle.Head(t.Context(), store, key.Verifier())
		if diff := cmp.Diff(published, head); err != nil || diff != "" || !head.At().Equal(at(int64(i))) {
			t.Fatalf("%v, %s", err, diff)
		}
		got, err := bundle.Files(t.Context(), store, head)
		if err != nil || len(got) != len(files) {
			t.Fatalf("%v, %v", got, err)
		}
		dir, err := folder.Unpack(head, got)
		if err != nil {
			t.Fatal(err)
		}
		if err := folder.Hold(head); err != nil {
			t.Fatal(err)
		}
		holds, serial, err := folder.Current()
		if err != nil || holds != dir || serial != head.Serial {
			t.Errorf("%s %d %v", holds, serial, err)
		}
		for _, f := range files {
			if text, err := os.ReadFile(filepath.Join(holds, f.Name)); err != nil || string(text) != string(f.Text) {
				t.Errorf("%s: %q, %v", f.Name, text, err)
			}
		}
		entries, err := os.ReadDir(string(folder))
		if want := min(i+1, 2) + 1; err != nil || len(entries) != want {
			t.Errorf("%d things lie in the folder, want %d: %v", len(entries), want, err)
		}
	}
	if kept, err := store.List(t.Context(), "policy-files", "", 10); err != nil || len(kept) != 1 {
		t.Errorf("%d sets of files are kept, %v", len(kept), err)
	}
}

// Who can write to the state and has no key changes nothing, and brings nothing back.
func TestForgedBundles(t *testing.T) {
	t.Parallel()
	key, other := signer(t), signer(t)
	file := bundle.File{Name: "p.yaml", Text: []byte("- name: x")}
	for _, c := range []struct {
		name  string
		forge func(t *testing.T, store *memstate.Store)
	}{
		{"signed by somebody else", func(t *testing.T, store *memstate.Store) {
			t.Helper()
			if _, err := bundle.Publish(t.Context(), store, other, at(1), file); err != nil {
				t.Fatal(err)
			}
		}},
		{"not signed", func(t *testing.T, store *memstate.Store) {
			t.Helper()
			change(t, store, "policies/head", func(v string) string { return v[:strings.Index(v, "\n\n")+2] })
		}},
		{"another serial", func(t *testing.T, store *memstate.Store) {
			t.Helper()
			change(t, store, "policies/head", func(v string) string { return strings.Replace(v, "1790000000000", "1790000000001", 1) })
		}},
		{"a head of the journal", func(t *testing.T, store *memstate.Store) {
			t.Helper()
			note, err := key.SignNote("mcp-kernel\n12\nAAAA\n")
			if err != nil {
				t.Fatal(err)
			}
			change(t, store, "policies/head", func(string) string { return string(note) })
		}},
		{"other files", func(t *testing.T, store *memstate.Store) {
			t.Helper()
			page, err := store.List(t.Context(), "policy-files", "", 1)
			if err != nil {
				t.Fatal(err)
			}
			change(t, store, page[0].Key, func(v string) string { return strings.Replace(v, "p.yaml", "q.yaml", 1) })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := memstate.New(memstate.Options{})
			if _, err := bundle.Publish(t.Context(), store, key, at(0), file); err != nil {
				t.Fatal(err)
			}
			c.forge(t, store)
			head, err := bundle.Head(t.Context(), store, key.Verifier())
			if err == nil {
				_, err = bundle.Files(t.Context(), store, head)
			}
			if !errors.Is(err, bundle.ErrForged) {
				t.Error(err)
			}
		})
	}
	folder := bundle.Folder(t.TempDir())
	if err := folder.Hold(bundle.Bundle{Serial: 7}); err != nil {
		t.Fatal(err)
	}
	if err := folder.Hold(bundle.Bundle{Serial: 6}); !errors.Is(err, bundle.ErrForged) {
		t.Errorf("an older bundle: %v", err)
	}
}

func change(t *testing.T, store *memstate.Store, key string, to func(string) string) {
	t.Helper()
	item, err := store.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Set(t.Context(), key, []byte(to(string(item.Value))), 0); err != nil {
		t.Fatal(err)
	}
}

func TestUnpublishable(t *testing.T) {
	t.Parallel()
	store, key := memstate.New(memstate.Options{}), signer(t)
	for name, files := range map[string][]bundle.File{
		"nothing":         {},
		"a path":          {{Name: "../p.yaml"}},
		"a Windows path":  {{Name: `..\p.yaml`}},
		"a stream":        {{Name: "p.yaml:x.yaml"}},
		"hidden":          {{Name: ".p.yaml"}},
		"only an ending":  {{Name: ".yaml"}},
		"another ending":  {{Name: "p.sh"}},
		"twice":           {{Name: "p.yaml"}, {Name: "P.yaml"}},
		"too many bytes":  {{Name: "p.yaml", Text: make([]byte, bundle.MaxBytes+1)}},
		"too many files":  make([]bundle.File, bundle.MaxFiles+1),
		"an empty name":   {{}},
		"a long name":     {{Name: strings.Repeat("p", 200) + ".yaml"}},
		"a control in it": {{Name: "p\n.yaml"}},
	} {
		if _, err := bundle.Publish(t.Context(), store, key, at(0), files...); err == nil {
			t.Errorf("%s was published", name)
		}
	}
	if _, err := bundle.Publish(t.Context(), store, key, at(5), bundle.File{Name: "p.yaml"}); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Publish(t.Context(), store, key, at(4), bundle.File{Name: "p.yaml"}); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("by a clock that is behind: %v", err)
	}
}
