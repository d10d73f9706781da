package detect

import (
	"strings"
	"testing"
)

// Every word is found as it is, in capitals and with its endings, as the first kind that has it.
func TestKinds(t *testing.T) {
	t.Parallel()
	k, first := newKinds(), map[string]uint8{}
	n := uint8(0)
	for line := range strings.Lines(kindWords) {
		_, words, ok := strings.Cut(line, ": ")
		if !ok || line[0] == '#' {
			continue
		}
		n++
		for w := range strings.FieldsSeq(words) {
			if first[w] == 0 {
				first[w] = n
			}
		}
	}
	for w, kind := range first {
		for _, form := range []string{w, strings.ToUpper(w), w + "s", w + "ly", w + "ing"} {
			if got := k.of(form); got != kind && first[strings.ToLower(form)] == 0 && len(w) > 2 {
				t.Errorf("%s is of kind %d, want %d", form, got, kind)
			}
		}
	}
	for form, word := range map[string]string{"ignoring": "ignore", "Dropped": "drop", "running": "run", "nothingness": "", "xyzzy": "", "": "", "ssssssssssssssssssssssssssss": ""} {
		if got := k.of(form); got != first[word] {
			t.Errorf("%q is of kind %d, want %d", form, got, first[word])
		}
	}
}
