package match

import "bytes"

// uncomment takes away comments: /* */ of SQL and C becomes a space, but what MySQL runs of one (/*! */) stays; -- and # to
// the end of the line likewise.
func uncomment(l *level, text []byte) {
	kept := 0
	for i := 0; i < len(text); {
		n := indexRemark(text[i:])
		if n < 0 {
			break
		}
		i += n
		end := remarkEnd(text, i)
		if end == i {
			i++
			continue
		}
		l.keep(text[kept:i])
		l.text = append(l.text, ' ')
		l.edit(1, i, end, Comment)
		i, kept = end, end
	}
	if kept > 0 {
		l.keep(text[kept:])
	}
}

// tighten takes away comments between two letters, and leaves nothing in their place.
func tighten(l *level, text []byte) {
	kept := 0
	for i := 1; i < len(text); {
		n := bytes.Index(text[i:], []byte("/*"))
		if n < 0 {
			break
		}
		i += n
		end := remarkEnd(text, i)
		behind := bytes.TrimLeft(text[end:], "\\")
		if letter(text[i-1]) && len(behind) > 0 && letter(behind[0]) {
			l.keep(text[kept:i])
			l.edit(0, i, end, Comment)
			kept = end
		}
		i = end
	}
	if kept > 0 {
		l.keep(text[kept:])
	}
}

// indexRemark returns the index of the first byte that may begin a comment, or end one that MySQL runs, -1 without one.
func indexRemark(text []byte) int {
	for i, c := range text {
		switch c {
		case '#':
			return i
		case '-', '/', '*':
			if i+1 < len(text) && (c == '-' && text[i+1] == '-' || c == '/' && text[i+1] == '*' || c == '*' && text[i+1] == '/') {
				return i
			}
		}
	}
	return -1
}

// remarkEnd returns where the comment that begins at i ends, i when there is none.
func remarkEnd(text []byte, i int) int {
	rest := text[i:]
	switch {
	case rest[0] == '*': // behind what MySQL runs
		return i + 2
	case rest[0] == '/':
		if bytes.HasPrefix(rest, []byte("/*!")) {
			n := 3
			for n < min(len(rest), 9) && '0' <= rest[n] && rest[n] <= '9' {
				n++
			}
			return i + n
		}
		if end := bytes.Index(rest[2:], []byte("*/")); end >= 0 {
			return i + 2 + end + 2
		}
		return len(text)
	case rest[0] == '#' && i > 0 && !space(text[i-1]) && text[i-1] != ';':
		return i
	}
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		return i + end
	}
	return len(text)
}

// space reports whether c is a white space of ASCII.
func space(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// collapse puts one space in the place of several white spaces, and of another one than the space.
func collapse(l *level, text []byte) {
	kept := 0
	for i := 0; i < len(text); {
		if !space(text[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(text) && space(text[end]) {
			end++
		}
		if end-i > 1 || text[i] != ' ' {
			l.keep(text[kept:i])
			l.text = append(l.text, ' ')
			l.edit(1, i, end, Space)
			kept = end
		}
		i = end
	}
	if kept > 0 {
		l.keep(text[kept:])
	}
}

// unquote takes away what a shell does: quotes, backslashes, carets, what expands to nothing, ${IFS} and braces.
func unquote(l *level, text []byte) {
	kept := 0
	for i := 0; i < len(text); {
		if traitTable[text[i]]&uint8(traitQuote|traitSlash) == 0 {
			i++
			continue
		}
		l.keep(text[kept:i]) // also where nothing comes of it: copied once, it is not copied again
		kept = i
		at := len(l.text)
		width := l.shell(text[i:])
		if width == 0 {
			i++
			continue
		}
		l.edit(len(l.text)-at, i, i+width, Shell)
		i += width
		kept = i
	}
	if kept > 0 {
		l.keep(text[kept:])
	}
}

// shell appends what a shell makes of the beginning of a text and returns how much of it that is, 0 when it is nothing
// special.
func (l *level) shell(text []byte) int {
	switch text[0] {
	case '\'', '"', '`', '^':
		return 1
	case '\\':
		if len(text) > 1 && text[1] == '\n' {
			return 2
		}
		return 1
	case '$':
		return l.dollar(text)
	default:
		return l.braces(text)
	}
}

// dollar is shell for what begins with a dollar sign.
func (l *level) dollar(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch c := text[1]; {
	case c == '\'' || c == '"': // whose escapes are undone as such
		return 2
	case c == '@' || c == '*' || c == '!' || '1' <= c && c <= '9':
		return 2
	case bytes.HasPrefix(text, []byte("$IFS")):
		l.text = append(l.text, ' ')
		if len(text) > 5 && text[4] == '$' && '1' <= text[5] && text[5] <= '9' { // which only ends the name
			return 6
		}
		return 4
	case c == '{':
		return l.parameter(text)
	default:
		return 0
	}
}

// parameter is shell for ${…}: IFS is a space, anything else nothing.
func (l *level) parameter(text []byte) int {
	end := bytes.IndexByte(text[:min(len(text), 64)], '}')
	if end < 3 || bytes.IndexByte(text[2:end], '{') >= 0 {
		return 0
	}
	if bytes.HasPrefix(text[2:end], []byte("IFS")) {
		l.text = append(l.text, ' ')
	}
	return end + 1
}

// braces is shell for {a,b}, which are two words.
func (l *level) braces(text []byte) int {
	end := bytes.IndexByte(text[:min(len(text), 256)], '}')
	if end < 0 {
		return 0
	}
	words := text[1:end]
	if bytes.IndexByte(words, ',') < 0 || bytes.ContainsAny(words, " \t\n:;{=") {
		return 0
	}
	for _, c := range words {
		switch c {
		case ',':
			c = ' '
		case '\'', '"', '\\':
			continue
		}
		l.text = append(l.text, c)
	}
	return end + 1
}
