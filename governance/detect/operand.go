package detect

import "strings"

// mostOperand is the length of the longest value that is read.
const mostOperand = 4096

// assigned returns where the value begins that follows a name from start to end, if one does.
func (s *scan) assigned(start, end int) (int, bool) {
	i := end
	for i < len(s.text) && strings.IndexByte("\\\"'`])*_", s.text[i]) >= 0 && i < end+4 {
		i++
	}
	quoted := i > end
	if s.takesOperand(start) && i < len(s.text) && s.text[i] == ' ' {
		return s.blank(i), true
	}
	if from, ok := s.beside(start, i, quoted); ok {
		return from, true
	}
	i = s.blank(i)
	if i >= len(s.text) {
		return 0, false
	}
	switch c := s.text[i]; {
	case c == '=' || c == ':':
		for i < len(s.text) && strings.IndexByte("=:>?", s.text[i]) >= 0 {
			i++
		}
		if rest := s.text[i-1 : i]; rest == "=" && i-end > 1 && s.text[i-2] == '=' {
			return 0, false // a comparison
		}
		for i < len(s.text) && s.text[i] == '*' { // the end of what is set in bold
			i++
		}
		return s.typed(s.blank(i)), true
	case c == '|' && s.byteBefore(start) != '(' && strings.Contains(s.before(start, 64), "|"): // a row of a table
		return s.blank(i + 1), true
	case c == ',' && quoted && endsWith(s.before(start, 2), "('", "(\"") && i+2 < len(s.text) && strings.IndexByte("\"'", s.text[s.blank(i+1)]) >= 0: // define('X', 'value')
		return s.blank(i + 1), true
	case c == '(' && !quoted && i+1 < len(s.text) && strings.IndexByte("\"'", s.text[i+1]) >= 0: // set_password("value")
		return i + 1, true
	case c == '-' && strings.HasPrefix(s.text[i:], "->"):
		return s.blank(i + 2), true
	}
	return 0, false
}

// takesOperand reports whether a name is one behind which a space comes before the value: an option, a variable of a
// Dockerfile or of Windows.
func (s *scan) takesOperand(start int) bool {
	if s.text[start] == '-' {
		return true
	}
	return endsWith(s.before(start, 6), "ENV ", "ARG ", "setx ")
}

// beside returns where a value begins that markup or a record puts beside the name that ends at i.
func (s *scan) beside(start, i int, quoted bool) (int, bool) {
	before, rest := s.byteBefore(start), s.window(i, 64)
	switch {
	case strings.HasPrefix(rest, ">") && (before == '<' || before == '"' || before == ':'):
		i++
		if strings.EqualFold(s.window(i, len("<value>")), "<value>") {
			i += len("<value>")
		}
		return i, true
	case before == '<' && strings.HasPrefix(rest, " "): // with attributes
		n := strings.IndexByte(rest, '>')
		return i + n + 1, n > 0 && strings.IndexByte(rest[:n], '<') < 0 && strings.IndexByte(rest, '=') > 0
	}
	trimmed := strings.TrimLeft(rest, " \t\r\n,{\"")
	skipped := len(rest) - len(trimmed)
	if !quoted && strings.IndexByte(rest[:skipped], '\n') < 0 || skipped == 0 {
		return 0, false
	}
	for _, word := range [...]string{"value", "default", "Value"} {
		after, ok := strings.CutPrefix(trimmed, word)
		if ok && after != "" && strings.IndexByte("=:\" ", after[0]) >= 0 {
			after = strings.TrimLeft(after, "\"")
			after = strings.TrimLeft(after, " =:")
			return i + len(rest) - len(after), true
		}
	}
	return 0, false
}

// typed skips the type in "password: str = value".
func (s *scan) typed(i int) int {
	n := wordSet.span(s.text[i:], 16)
	j := s.blank(i + n)
	if n > 0 && j > i+n && j < len(s.text) && s.text[j] == '=' && j+1 < len(s.text) && s.text[j+1] != '=' {
		return s.blank(j + 1)
	}
	return i
}

// blank skips a few spaces.
func (s *scan) blank(i int) int {
	for n := 0; n < 8 && i < len(s.text) && (s.text[i] == ' ' || s.text[i] == '\t'); n++ {
		i++
	}
	return i
}

// operand returns the value that begins at i, and whether it is quoted. In a query it ends before the next parameter.
func (s *scan) operand(i int, query bool) (from, to int, quoted bool) {
	for n := 0; n < 2 && i+1 < len(s.text) && strings.IndexByte("rbfuL@\\$", s.text[i]) >= 0 && strings.IndexByte("\"'`\\", s.text[i+1]) >= 0; n++ {
		i++
	}
	if i < len(s.text) && strings.IndexByte("\"'`", s.text[i]) >= 0 {
		if end := s.closing(i); end > i {
			return i + 1, end, true
		}
		return i, i, true
	}
	if i < s.bareFrom || i > s.bareTo { // otherwise it ends where another one did that began before it
		s.bareFrom, s.bareTo = i, s.wordEnd(i, query)
	}
	to = min(s.bareTo, i+mostOperand)
	word := strings.TrimRight(s.text[i:to], "\\")
	if s.byteBefore(i) != '=' {
		word = strings.TrimRight(word, ".:\\")
	}
	return i, i + len(word), false
}

// closing returns where the quote that is opened at i is closed on the same line, -1 when it is not. A backslash before
// a quote escapes it, unless the first one has one too, as in a JSON text within a text.
func (s *scan) closing(i int) int {
	quote, inner := s.text[i], s.byteBefore(i) == '\\'
	end := min(len(s.text), i+1+mostOperand)
	for k := i + 1; k < end; k++ {
		switch c := s.text[k]; {
		case c == '\n':
			return -1
		case c == '\\' && k+1 < end:
			if inner && s.text[k+1] == quote {
				return k
			}
			k++
		case c == quote && quote == '\'' && k > i+1 && k+1 < end && s.text[k+1] == quote && !inner: // '' in SQL and YAML
			k++
		case c == quote:
			return k
		}
	}
	return -1
}

// wordEnd returns where a value without quotes ends: at white space, or where a character that could belong to it is
// followed by what shows that it does not.
func (s *scan) wordEnd(i int, query bool) int {
	open, to := 0, i
	for end := min(len(s.text), i+mostOperand); to < end && s.text[to] > ' '; to++ {
		switch s.text[to] {
		case '&':
			if query || s.pairAt(to+1) || s.closes(to+1) {
				return to
			}
		case ';', ',':
			if s.closes(to+1) || s.pairAt(to+1) {
				return to
			}
		case '"', '\'', '`':
			if s.closes(to + 1) {
				return to
			}
		case '\\':
			if to+1 < len(s.text) && strings.IndexByte("nrt\"'", s.text[to+1]) >= 0 {
				return to
			}
		case '<':
			if to+1 < len(s.text) && (s.text[to+1] == '/' || isLetter(s.text[to+1])) && to > i {
				return to
			}
		case '(', '[', '{':
			open++
		case ')', ']', '}', '>':
			if open--; open < 0 && s.closes(to+1) {
				return to
			}
		case '#':
			if query {
				return to
			}
		}
	}
	return to
}

// closes reports whether what stands at i can follow the end of a value.
func (s *scan) closes(i int) bool {
	return i >= len(s.text) || s.text[i] <= ' ' || strings.IndexByte(",;:)]}\"'`>|\\", s.text[i]) >= 0 || s.text[i] == '.' && s.closesDot(i+1)
}

func (s *scan) closesDot(i int) bool { return i >= len(s.text) || s.text[i] <= ' ' }

// pairAt reports whether a name and an equals sign stand at i, as in a query or a connection string.
func (s *scan) pairAt(i int) bool {
	rest := s.window(i, 40)
	n := 0
	for n < len(rest) && (isWord(rest[n]) || rest[n] == ' ' || rest[n] == '-' || rest[n] == '.') {
		n++
	}
	return n > 0 && n < len(rest) && rest[n] == '=' && strings.TrimSpace(rest[:n]) != ""
}
