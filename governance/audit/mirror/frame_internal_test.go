package mirror

import (
	"bytes"
	"testing"
)

func TestFrame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		size    int
		records int
	}{
		{"nothing", 0, 1}, {"a byte", 1, 1}, {"a whole record", partSize, 1}, {"one byte more", partSize + 1, 2}, {"three", 2*partSize + 7, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			line := bytes.Repeat([]byte("x"), c.size)
			records := frame(7, line)
			if len(records) != c.records {
				t.Fatalf("%d records", len(records))
			}
			j := joiner{seq: 3, line: []byte("of a line that never ended")}
			for i, r := range records {
				got, err := j.add(r)
				if last := i == len(records)-1; err != nil || (got != nil || c.size == 0) != last || last && (!bytes.Equal(got, line) || j.seq != 7) {
					t.Fatalf("record %d: %d bytes, %v", i, len(got), err)
				}
			}
		})
	}
}

// FuzzJoiner: whatever is in a stream, what is put together of it is bounded and of one line.
func FuzzJoiner(f *testing.F) {
	f.Add(frame(1, []byte("line\n"))[0], []byte{})
	f.Add([]byte{begins, 0, 0, 0, 0, 0, 0, 0, 1, 'a'}, []byte{ends, 0, 0, 0, 0, 0, 0, 0, 1, 'b'})
	f.Add([]byte{begins, 0, 0, 0, 0, 0, 0, 0, 1, 'a'}, []byte{ends, 0, 0, 0, 0, 0, 0, 0, 2, 'b'})
	f.Add([]byte{4}, []byte{255, 1})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var j joiner
		for _, r := range [][]byte{first, second} {
			line, err := j.add(r)
			if err != nil {
				return
			}
			if len(line) > len(first)+len(second) || line != nil && r[0]&ends == 0 {
				t.Fatalf("%x, %x: %q", first, second, line)
			}
		}
	})
}
