package intent

import "strings"

// separator ends a command, and notes what the next one reads.
func (s *shell) separator(c byte) {
	next := at(s.text, s.pos+1)
	if c == '&' && next == '>' {
		s.endWord()
		s.pos++
		return
	}
	before := len(s.commands)
	ran := s.endCommand()
	s.pos++
	switch {
	case c == '\n' && s.here != "":
		s.skipHere()
	case next == c && c != '\n':
		s.pos++
	case c == '|' && ran:
		if next == '&' {
			s.pos++
		}
		s.current.from = max(len(s.commands)-1, before)
	}
}

// redirection reads < and > and what is made of them.
func (s *shell) redirection(c byte) {
	if s.inWord && len(strings.Trim(string(s.buffer), "0123456789")) == 0 {
		s.inWord = false // 2>
	}
	s.endWord()
	rest := s.text[s.pos:]
	switch {
	case strings.HasPrefix(rest, "<<<"):
		s.pos += 3
		s.target = ofNothing
	case strings.HasPrefix(rest, "<<"):
		s.pos += 2 + len(rest[2:]) - len(strings.TrimPrefix(rest[2:], "-"))
		s.target = ofDocument
	case strings.HasPrefix(rest, "<("), strings.HasPrefix(rest, ">("):
		n := closing(rest[1:])
		s.inner(rest[2:max(n, 2)], s.pos+2)
		s.pos = min(s.pos+1+n, len(s.text))
	case c == '>' && at(rest, 1) == '&' || c == '<' && at(rest, 1) == '&':
		s.pos += 2
		s.target = ofNothing
		if !isDigit(at(s.text, s.pos)) && at(s.text, s.pos) != '-' {
			s.target = ofOutput
		}
	default:
		s.pos++
		if at(rest, 1) == '>' || at(rest, 1) == '|' {
			s.pos++
		}
		s.target = ofOutput
		if c == '<' {
			s.target = ofInput
		}
	}
}

// skipHere skips a here document, which begins at pos: it is data, unless it is a shell that reads it.
func (s *shell) skipHere() {
	tag := s.here
	s.here = ""
	for s.pos < len(s.text) {
		n := lineEnd(s.text[s.pos:])
		line := strings.Trim(s.text[s.pos:s.pos+n], " \t\r")
		s.pos = min(s.pos+n+1, len(s.text))
		if line == tag {
			return
		}
	}
}

// written returns the word that was read, which mostly is what stands there.
func (s *shell) written() string {
	if there := s.text[s.start:min(s.pos, len(s.text))]; there == string(s.buffer) {
		return there
	}
	return string(s.buffer)
}

// endWord ends a word.
func (s *shell) endWord() {
	if !s.inWord {
		return
	}
	s.inWord = false
	w := word{text: s.written(), start: s.base + s.start, end: s.base + min(s.pos, len(s.text)), unknown: s.unknown, output: s.output}
	s.unknown, s.output = false, false
	target := s.target
	s.target = ofCommand
	switch target {
	case ofNothing:
	case ofCommand:
		s.script.words++
		if s.current.words == nil {
			s.current.words = make([]word, 0, 6)
		}
		s.current.words = append(s.current.words, w)
	case ofOutput, ofInput:
		s.current.redirects = append(s.current.redirects, redirect{w.text, target == ofInput})
	case ofDocument:
		s.here = w.text
		if len(s.current.words) > 0 {
			reader := program(s.current.words[0].text)
			s.odd = s.odd || shellName(reader) || strings.HasPrefix(reader, "python") || reader == "node" || reader == "perl" || reader == "ruby"
		}
	}
}

// endCommand ends a command and reports whether there was one.
func (s *shell) endCommand() bool {
	s.endWord()
	c := s.current
	s.current = simple{from: -1, within: s.level}
	for len(c.words) > 0 && keyword(c.words[0].text) {
		c.words = c.words[1:]
	}
	for len(c.words) > 0 {
		name, value, ok := strings.Cut(c.words[0].text, "=")
		if !ok || !isName(name) {
			break
		}
		if len(s.vars) < 32 && !c.words[0].unknown && !c.words[0].output {
			s.vars = append(s.vars, assignment{name, value})
		}
		c.words = c.words[1:]
	}
	if len(c.words) == 0 && len(c.redirects) == 0 {
		return false
	}
	s.commands = append(s.commands, c)
	return true
}

// keyword reports whether a word only says when the command behind it runs.
func keyword(w string) bool {
	switch w {
	case "if", "then", "else", "elif", "while", "until", "do", "!", "time", "done", "fi", "esac", "{", "}", "$", "&":
		return true
	}
	return false
}

func isName(name string) bool {
	for i := range len(name) {
		if !isAlnum(name[i]) && name[i] != '_' {
			return false
		}
	}
	return name != "" && !isDigit(name[0])
}

// program returns the name of the program that a word runs.
func program(word string) string {
	word = word[max(strings.LastIndexByte(word, '/'), strings.LastIndexByte(word, '\\'))+1:]
	return strings.TrimSuffix(strings.ToLower(word), ".exe")
}

// shellName reports whether a program is a shell.
func shellName(name string) bool {
	switch name {
	case "sh", "bash", "zsh", "dash", "ksh", "fish", "ash":
		return true
	}
	return false
}
