package code

import "strings"

// first returns the first token of the arguments, of kindEnd when there are none.
func (a *arguments) first() token {
	i := a.from
	for a.at(i).kind == kindNewline {
		i++
	}
	if i >= a.to {
		return token{}
	}
	return a.at(i)
}

// constant reports whether all that is given are literals without code in them, names of arguments and settings.
func (a *arguments) constant() bool {
	for i := a.from; i < a.to; i++ {
		switch tok := a.at(i); tok.kind {
		case kindString:
			if tok.holes || a.language == PHP && strings.Contains(a.body(i), "$") && a.text[tok.start] == '"' {
				return false
			}
		case kindWord:
			if !a.is(i+1, "=") && !a.is(i+1, ":") && !a.is(i-1, "=") && !a.is(i-1, ":") && a.word(i) != "nil" && a.word(i) != "ctx" {
				return false
			}
		default:
		}
	}
	return true
}

// says reports whether a named argument or setting has a value.
func (a *arguments) says(name, value string) bool {
	for i := a.from; i < a.to; i++ {
		if a.is(i, name) && (a.is(i+1, "=") || a.is(i+1, ":")) && a.is(i+2, value) {
			return true
		}
	}
	return false
}

// mentions reports whether a word or number is among the arguments.
func (a *arguments) mentions(word string) bool {
	for i := a.from; i < a.to; i++ {
		if a.word(i) == word {
			return true
		}
	}
	return false
}

// mode looks for a file mode that lets everybody write.
func (a *arguments) mode() (hit, bool) {
	for i := a.from; i < a.to; i++ {
		text := a.word(i)
		if a.at(i).kind == kindString {
			text = a.body(i)
			if len(text) > 12 || strings.Trim(text, "01234567ugoa+=rwxst,") != "" {
				continue
			}
		} else if a.at(i).kind != kindNumber {
			if strings.HasPrefix(text, "S_IRWXO") || text == "S_IWOTH" {
				return hit{rule: chmod777, severity: High, confidence: Certain}, true
			}
			continue
		}
		if strings.HasPrefix(text, "0x") || a.is(i+1, "&") {
			continue
		}
		if h, bad := badMode(text); bad {
			return h, true
		}
	}
	return hit{}, false
}

// dangerous reports whether getattr and the like are given what runs code: by its name, or of the built-in names.
func (a *arguments) dangerous() bool {
	module, named := false, false
	for i := a.from; i < a.to; i++ {
		name := a.word(i)
		if a.at(i).kind == kindString {
			named = true
			name, _, _ = strings.Cut(a.body(i), "(")
			if text, _, _ := a.join(i); a.continues(i + 1) {
				name = text.text
			}
		}
		switch name {
		case "builtins", "__builtins__", "__builtin__", "eval", "exec", "system", "popen", "__import__", "instance_eval", "execSync", "spawn":
			return true
		case "os", "subprocess":
			module = true
		}
	}
	return module && !named
}

// literals returns the values of the literals in the arguments, joined ones as one.
func (a *arguments) literals() []argument {
	var words []argument
	for i := a.from; i < a.to; {
		if a.at(i).kind != kindString {
			i++
			continue
		}
		text, end, open := a.join(i)
		words = append(words, argument{
			passage: text, start: int(a.at(i).start), end: int(a.at(end - 1).end), quoted: true,
			variable: open || a.at(i).holes,
		})
		i = max(end, i+1)
		if len(words) == 64 {
			break
		}
	}
	return words
}

// runShell reads the first literal as a command line.
func (a *arguments) runShell() {
	if words := a.literals(); len(words) > 0 {
		a.scan.language(words[0].passage, Shell, a.depth+1)
	}
}

// runList reads the literals as a program and its arguments.
func (a *arguments) runList() {
	words := a.literals()
	if len(words) > 1 || len(words) == 1 && strings.IndexByte(words[0].text, ' ') < 0 {
		c := command{scan: a.scan, source: &a.passage, words: words, depth: a.depth + 1}
		if a.scan.deeper(&words[0].passage, c.depth) {
			c.examine()
		}
	} else if len(words) == 1 {
		a.scan.language(words[0].passage, Shell, a.depth+1)
	}
}

// runCode reads the first literal as code of the same language.
func (a *arguments) runCode() {
	if words := a.literals(); len(words) > 0 && a.first().kind == kindString {
		a.scan.language(words[0].passage, a.language, a.depth+1)
	}
}
