package hosts

import (
	"fmt"
	"slices"
	"strings"
)

// context is how many lines a diff has around what differs.
const context = 3

// maxTable bounds the table by which two texts are compared, in cells; beyond it all between what they share counts as changed.
const maxTable = 4 << 20

// A line of a diff, with ' ', '-' or '+' before it.
type line struct {
	sign byte
	text string
}

// unified is how one text becomes another, as patch reads it. It is empty where they are the same.
func unified(before, after, nameBefore, nameAfter string) string {
	if before == after {
		return ""
	}
	lines := compare(strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n"))
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", nameBefore, nameAfter)
	oldLine, newLine := 1, 1
	for i := 0; i < len(lines); {
		from, to := hunk(lines, i)
		skip := from - i
		if to == from { // nothing more differs
			break
		}
		oldLine, newLine = oldLine+skip, newLine+skip
		olds, news := count(lines[from:to])
		fmt.Fprintf(&b, "@@ -%s +%s @@\n", at(oldLine, olds), at(newLine, news))
		for _, l := range lines[from:to] {
			b.WriteByte(l.sign)
			b.WriteString(strings.TrimRight(l.text, "\r\n"))
			b.WriteByte('\n')
			if !strings.HasSuffix(l.text, "\n") {
				b.WriteString("\\ No newline at end of file\n")
			}
		}
		oldLine, newLine, i = oldLine+olds, newLine+news, to
	}
	return b.String()
}

// at is where lines are and how many, as a diff has it: none of them are after the line before.
func at(first, n int) string {
	if n == 0 {
		first--
	}
	return fmt.Sprintf("%d,%d", first, n)
}

// hunk is the next part that differs, with what is around it.
func hunk(lines []line, i int) (from, to int) {
	for i < len(lines) && lines[i].sign == ' ' {
		i++
	}
	if i == len(lines) {
		return i, i
	}
	from = max(0, i-context)
	same := 0
	for to = i; to < len(lines) && same <= 2*context; to++ {
		if same++; lines[to].sign != ' ' {
			same = 0
		}
	}
	return from, to - max(0, same-context)
}

func count(lines []line) (olds, news int) {
	for _, l := range lines {
		if l.sign != '+' {
			olds++
		}
		if l.sign != '-' {
			news++
		}
	}
	return olds, news
}

// compare finds the lines that two texts share.
func compare(a, b []string) []line {
	a, b = ended(a), ended(b)
	head, tail := 0, 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	lines := append(signed(' ', a[:head]), between(a[head:len(a)-tail], b[head:len(b)-tail])...)
	return append(lines, signed(' ', a[len(a)-tail:])...)
}

// ended drops the nothing behind the last line's end.
func ended(lines []string) []string {
	if n := len(lines); n > 0 && lines[n-1] == "" {
		return lines[:n-1]
	}
	return lines
}

// between compares what differs at both ends, by a longest common subsequence.
func between(a, b []string) []line {
	var lines []line
	if len(a)*len(b) > maxTable {
		a, b, lines = nil, nil, append(signed('-', a), signed('+', b)...)
	}
	width := len(b) + 1
	longest := make([]int32, (len(a)+1)*width) // of what is behind line i of a and line j of b
	for i, left := range slices.Backward(a) {
		for j, right := range slices.Backward(b) {
			if left == right {
				longest[i*width+j] = longest[(i+1)*width+j+1] + 1
			} else {
				longest[i*width+j] = max(longest[(i+1)*width+j], longest[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			lines = append(lines, line{' ', a[i]})
			i, j = i+1, j+1
		case longest[(i+1)*width+j] >= longest[i*width+j+1]:
			lines = append(lines, line{'-', a[i]})
			i++
		default:
			lines = append(lines, line{'+', b[j]})
			j++
		}
	}
	return append(append(lines, signed('-', a[i:])...), signed('+', b[j:])...)
}

func signed(sign byte, texts []string) []line {
	lines := make([]line, 0, len(texts))
	for _, text := range texts {
		lines = append(lines, line{sign, text})
	}
	return lines
}
