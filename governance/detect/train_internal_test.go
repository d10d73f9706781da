package detect

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write injection.model anew")

// grownEach is how many passages of the grammar are learned from for each weight.
const grownEach = 320

// learnedFrom returns what the model is learned from: what is written by hand, and what the grammar makes.
func learnedFrom(tb testing.TB) []lesson {
	tb.Helper()
	return lessons(tb, slices.Concat(passages(tb, "attacks_*.txt"), passages(tb, "benign_*.txt"), tuned(tb, "tune.txt", "second.txt", "third.txt"), readGrammar(tb).passages(grownEach)))
}

// TestModel learns the model again and compares every byte. Where it fails, run `make injection`.
func TestModel(t *testing.T) {
	if testing.Short() {
		t.Skip("learns the model again")
	}
	all := examples(learnedFrom(t))
	digest := sha256.New()
	for i := range all {
		_, _ = fmt.Fprintf(digest, "%v %x\n", all[i].attack, all[i].features)
	}
	got := fit(all).file([32]byte(digest.Sum(nil)))
	if *update {
		if err := os.WriteFile("injection.model", got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(got) != learned {
		t.Error("injection.model is not what testdata/injection teaches: run make injection")
	}
	if len(got) > 200<<10 {
		t.Errorf("the model has %d bytes", len(got))
	}
}
