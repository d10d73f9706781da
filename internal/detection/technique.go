package detection

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// techniques says by which technique each record of the evasion set hides its text.
//
//go:embed techniques.txt
var techniques string

// A Technique is a way of hiding a text.
type Technique struct {
	Name    string
	Meaning bool // the text stands nowhere in any form; only what it does is there
}

// Techniques returns the techniques in the order in which they are shown, and the place in it of the technique of each record
// of the evasion set, by its id. The error names a line that cannot be read, or a record that has two.
func Techniques() (list []Technique, of map[string]int, err error) {
	of = map[string]int{}
	for line := range strings.Lines(techniques) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, numbers, _ := strings.Cut(strings.TrimSpace(line), "  ")
		plain, meaning := strings.CutPrefix(name, "+ ")
		list = append(list, Technique{plain, meaning})
		for span := range strings.FieldsSeq(numbers) {
			if err := mark(of, span, len(list)-1); err != nil {
				return nil, nil, fmt.Errorf("technique %q: %w", plain, err)
			}
		}
	}
	return list, of, nil
}

// mark notes the technique of the records of a span as in "7-9".
func mark(of map[string]int, span string, technique int) error {
	from, to, many := strings.Cut(span, "-")
	if !many {
		to = from
	}
	first, err := strconv.Atoi(from)
	if err != nil {
		return err
	}
	last, err := strconv.Atoi(to)
	if err != nil {
		return err
	}
	for n := first; n <= last; n++ {
		id := fmt.Sprintf("evasion-%04d", n)
		if _, twice := of[id]; twice {
			return fmt.Errorf("%s has a technique already", id)
		}
		of[id] = technique
	}
	return nil
}
