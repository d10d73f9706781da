package primitives_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

func openSigner(t *testing.T, path string) *primitives.Signer {
	t.Helper()
	s, err := primitives.OpenSigner(path, "kernel.example", nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSignerKeepsItsKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	first := openSigner(t, path)
	again := openSigner(t, path)
	if first.VerifierKey() != again.VerifierKey() {
		t.Errorf("opened twice: %s and %s", first.VerifierKey(), again.VerifierKey())
	}
	v, err := primitives.ParseVerifierKey(again.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	if !v.Verify([]byte("message"), first.Sign([]byte("message"))) || v.Verify([]byte("massage"), first.Sign([]byte("message"))) {
		t.Error("the key's verifier does not tell its signatures")
	}
	if v.KeyID() != first.KeyID() || v.Name() != "kernel.example" || v.String() != first.VerifierKey() {
		t.Errorf("verifier is %s", v)
	}
}

func TestSignersThatRaceMakeOneKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	keys := make([]string, 16)
	var makers sync.WaitGroup
	for i := range keys {
		makers.Go(func() {
			if s, err := primitives.OpenSigner(path, "kernel.example", nil); err == nil {
				keys[i] = s.VerifierKey()
			}
		})
	}
	makers.Wait()
	for _, key := range keys {
		if key == "" || key != keys[0] {
			t.Fatalf("keys differ: %q", keys)
		}
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSignerRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	readable := filepath.Join(dir, "readable")
	openSigner(t, readable)
	if err := os.Chmod(readable, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := primitives.OpenSigner(readable, "kernel.example", nil); !errors.Is(err, primitives.ErrKeyReadable) || !strings.Contains(err.Error(), "chmod 600 "+readable) {
		t.Errorf("readable by others: %v", err)
	}
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, []byte(`{"seed":"c2VjcmV0"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := primitives.OpenSigner(broken, "kernel.example", nil); err == nil || strings.Contains(err.Error(), "c2Vj") {
		t.Errorf("broken: %v", err)
	}
	if _, err := primitives.OpenSigner(filepath.Join(dir, "new"), "a name", nil); err == nil {
		t.Error("a name with a space was accepted")
	}
	if _, err := primitives.OpenSigner(filepath.Join(dir, "none", "key"), "kernel.example", nil); err == nil {
		t.Error("a key was made in a directory that is not there")
	}
}

func TestSignerShowsNoSecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	s := openSigner(t, path)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Seed string }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(s)
	for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s", s, s, s, s), string(document)} {
		if strings.Contains(shown, file.Seed) {
			t.Errorf("the seed is shown: %s", shown)
		}
	}
	if err == nil {
		t.Error("a signer was written into a document")
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	s := openSigner(t, filepath.Join(t.TempDir(), "key"))
	keys := []string{s.VerifierKey()}
	for range 2 {
		if err := s.Rotate(); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, s.VerifierKey())
	}
	trusted, err := primitives.ParseVerifierKey(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	chain, err := primitives.FollowRotation(trusted, s.Retired(), s.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	followed := []string{}
	for _, v := range chain {
		followed = append(followed, v.String())
	}
	if diff := cmp.Diff(keys, followed); diff != "" {
		t.Errorf("chain (-want +got):\n%s", diff)
	}
	forged := s.Retired()
	forged[1].Signature[0] ^= 1
	if _, err := primitives.FollowRotation(trusted, forged, s.VerifierKey()); err == nil {
		t.Error("a forged hand-over was followed")
	}
	if _, err := primitives.FollowRotation(trusted, s.Retired()[1:], s.VerifierKey()); err == nil {
		t.Error("a chain with a gap was followed")
	}
}

// slow is randomness that lets others run between the reading of a key file and its writing.
type slow struct{}

func (slow) Read(p []byte) (int, error) {
	for range 100 {
		runtime.Gosched()
	}
	return rand.Read(p)
}

// Signers of one file that rotate at once, as processes do, lose no key: the chain leads from the first to the last.
func TestRotationsThatRaceMakeOneChain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	trusted := openSigner(t, path).Verifier()
	var rotating sync.WaitGroup
	begin := make(chan struct{})
	for range 8 {
		s, err := primitives.OpenSigner(path, "kernel.example", slow{})
		if err != nil {
			t.Fatal(err)
		}
		rotating.Go(func() {
			<-begin
			for range 4 {
				if err := s.Rotate(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	close(begin)
	rotating.Wait()
	last := openSigner(t, path)
	chain, err := primitives.FollowRotation(trusted, last.Retired(), last.VerifierKey())
	if err != nil || len(chain) != 1+8*4 {
		t.Errorf("a chain of %d keys, %v", len(chain), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		t.Errorf("%v, %v", info, err)
	}
}

// The key and the note of golang.org/x/mod/sumdb/note's documentation, which others made.
func TestVerifierKey(t *testing.T) {
	t.Parallel()
	const example = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
	v, err := primitives.ParseVerifierKey(example)
	if err != nil {
		t.Fatal(err)
	}
	if v.Name() != "PeterNeumann" || v.KeyID() != 0xc74f20a3 || v.String() != example {
		t.Errorf("got %s", v)
	}
	note := "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
		"— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
	if text, _, err := primitives.OpenNote([]byte(note), v); err != nil || !strings.HasPrefix(text, "If you think") {
		t.Errorf("got %q, %v", text, err)
	}
	for _, bad := range []string{"", "a+b", strings.Replace(example, "c74f20a3", "c74f20a4", 1), strings.Replace(example, "Peter", "Pet r", 1), strings.Replace(example, "+AR", "+AB", 1)} {
		if _, err := primitives.ParseVerifierKey(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestNote(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, other := openSigner(t, filepath.Join(dir, "a")), openSigner(t, filepath.Join(dir, "b"))
	note, err := s.SignNote("kernel.example/log\n42\nroot\n")
	if err != nil {
		t.Fatal(err)
	}
	text, signer, err := primitives.OpenNote(note, other.Verifier(), s.Verifier())
	if err != nil || text != "kernel.example/log\n42\nroot\n" || signer.String() != s.VerifierKey() {
		t.Errorf("got %q by %v, %v", text, signer, err)
	}
	for i := range note {
		changed := append([]byte(nil), note...)
		changed[i] ^= 0x01
		if got, _, err := primitives.OpenNote(changed, s.Verifier()); err == nil && got == text && i < len(text) {
			t.Errorf("byte %d was changed and the note still opens", i)
		}
	}
	for name, bad := range map[string][]byte{
		"foreign key": note, "empty": nil, "no signature": []byte("text\n\n"), "no text": []byte("\n\n— a b\n"),
	} {
		if _, _, err := primitives.OpenNote(bad, other.Verifier()); !errors.Is(err, primitives.ErrNote) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "no newline", "tab\t\n"} {
		if _, err := s.SignNote(text); err == nil {
			t.Errorf("%q was signed", text)
		}
	}
}

func FuzzOpenNote(f *testing.F) {
	s, err := primitives.OpenSigner(filepath.Join(f.TempDir(), "key"), "kernel.example", nil)
	if err != nil {
		f.Fatal(err)
	}
	note, err := s.SignNote("text\n")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(note)
	f.Add([]byte("text\n\n— kernel.example AAAA\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, _, err := primitives.OpenNote(raw, s.Verifier())
		if err == nil && text != "text\n" {
			t.Fatalf("%q opens to %q, which was never signed", raw, text)
		}
	})
}
