package tokens

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/tokens/vocabulary"
)

// The tokens of cl100k_base without the special ones, and the file of them. Neither changes but with the file's version.
const (
	vocabularySize   = 100_256
	vocabularySHA256 = "285073aca18fce9f0ddad503bdd9d7feedbd66a0631960a19dbcce45140795d9"
)

// librarys returns the tokens that the library knows, by their rank.
func librarys(tb testing.TB) [][]byte {
	tb.Helper()
	by := oracle(tb)
	tokens := make([][]byte, vocabularySize)
	for rank := range tokens {
		token, err := by.Decode([]uint{uint(rank)})
		if err != nil {
			tb.Fatal(err)
		}
		tokens[rank] = []byte(token)
	}
	return tokens
}

func TestVocabularyIsPinned(t *testing.T) {
	t.Parallel()
	if got := sha256.Sum256([]byte(cl100k)); hex.EncodeToString(got[:]) != vocabularySHA256 {
		t.Errorf("SHA-256 of cl100k_base.vocab is %x", got)
	}
}

// TestVocabularyIsTheLibrarys compares the file with the one that is made of the library's tokens now, and looks up all of
// them.
func TestVocabularyIsTheLibrarys(t *testing.T) {
	t.Parallel()
	tokens := librarys(t)
	file, err := vocabulary.Encode(tokens)
	if err != nil {
		t.Fatal(err)
	}
	if string(file) != cl100k {
		t.Fatal("cl100k_base.vocab is not what the library's tokens make: run make generate")
	}
	v, err := vocabulary.Open(cl100k)
	if err != nil {
		t.Fatal(err)
	}
	for rank, token := range tokens {
		if got := v.Rank(token); got != uint32(rank) {
			t.Fatalf("Rank(%q) = %d, want %d", token, got, rank)
		}
	}
}

// TestNothingIsOnTheHeap opens the vocabulary and counts; the first count of a process is no dearer than any other.
func TestNothingIsOnTheHeap(t *testing.T) {
	text := []byte(`{"order":"6f9619ff-8b86-d011-b42d-00c04fc964ff","quantity":3}`)
	allocs := testing.AllocsPerRun(100, func() {
		var b bpe
		if _, err := b.count(text); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 4 {
		t.Errorf("opening and counting allocates %v times", allocs)
	}
}
