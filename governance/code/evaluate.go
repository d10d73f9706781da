package code

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxMade is how long a text may be that is made by a call which is evaluated.
const maxMade = 1 << 16

// evaluate returns what a call gives, where that is a text or a name that can be told: joining, decoding, reversing,
// looking a member up by its name.
func evaluate(path string, receiver *operand, args []operand) operand {
	name := lastName(path)
	if receiver != nil && receiver.isText() {
		return method(name, *receiver, args)
	}
	if receiver != nil && receiver.kind == opList {
		return listMethod(name, *receiver, args)
	}
	unknown := operand{name: path + "()", items: args}
	if receiver != nil && receiver.kind == opOther {
		unknown.items = append([]operand{*receiver}, args...)
	}
	switch len(args) {
	case 0:
		if name == "globals" || name == "vars" || name == "locals" {
			return operand{kind: opName, name: "globals"}
		}
		return unknown
	default:
	}
	first := args[0]
	switch name {
	case "getattr", "attrgetter", "get":
		if len(args) > 1 && (first.kind == opName || first.kind == opOther) && args[1].isText() && path != "?.get" {
			return operand{kind: opName, name: memberPath(first.name, args[1].text.text), decoded: true}
		}
	case "__import__", "import_module", "require", "import":
		if first.isText() {
			return operand{kind: opName, name: moduleName(first.text.text)}
		}
	case "vars", "partial", "promisify", "bind":
		if first.kind == opName {
			return operand{kind: opName, name: first.name}
		}
	case "Join": // strings.Join
		if len(args) == 2 && first.kind == opList && args[1].isText() {
			return joined(args[1], first.items)
		}
	case "Sprintf", "sprintf", "format":
		if first.isText() && len(args) > 1 {
			return first.formatted(operand{kind: opList, items: args[1:]})
		}
	case "join":
		if path == "os.path.join" || path == "shlex.join" {
			return unknown
		}
	}
	if result := decode(path, name, first, args); result.kind != opOther {
		return result
	}
	return unknown
}

// decode evaluates the functions that make a text of a text or of numbers.
func decode(path, name string, first operand, args []operand) operand {
	unknown := operand{name: path + "()", items: args}
	switch name {
	case "chr", "fromCharCode", "fromCodePoint", "bytes", "bytearray":
		if text, ok := characters(args); ok {
			result := operand{kind: opText, text: passage{base: first.text.base}}
			return result.made(text)
		}
		if name == "bytes" && first.isText() {
			return first
		}
	case "str", "String", "quote", "dedent", "strip", "TrimSpace", "from", "b", "raw":
		if name == "from" && len(args) > 1 && args[1].isText() {
			return undone(args[1].text.text, first)
		}
		if first.isText() {
			return first
		}
	case "b64decode", "standard_b64decode", "urlsafe_b64decode", "atob", "decodebytes", "a2b_base64", "base64_decode", "DecodeString", "decode64", "strict_decode64", "b64_decode":
		if name == "DecodeString" && strings.Contains(path, "hex") {
			return undone("hex", first)
		}
		return undone("base64", first)
	case "b32decode":
		return undone("base32", first)
	case "fromhex", "unhexlify", "a2b_hex", "hex2bin":
		return undone("hex", first)
	case "unescape", "decodeURIComponent", "decodeURI", "unquote", "urldecode", "rawurldecode":
		return undone("percent", first)
	case "str_rot13":
		return undone("rot13", first)
	case "strrev":
		return undone("reverse", first)
	case "decode":
		if strings.HasSuffix(path, "codecs.decode") && len(args) > 1 && args[1].isText() {
			return undone(args[1].text.text, first)
		}
	case "unpack":
		return unknown
	}
	return unknown
}

// characters returns the text that numbers are the code points of.
func characters(args []operand) (string, bool) {
	if len(args) == 1 && args[0].kind == opList {
		args = args[0].items
	}
	var text strings.Builder
	for i := range args {
		if args[i].kind != opNumber {
			return "", false
		}
		text.WriteRune(rune(number(args[i].name)))
	}
	return text.String(), len(args) > 0
}

// number returns the value of an integer as it is written, -1 for what is none.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 0, 32)
	if err != nil {
		return -1
	}
	return n
}

// undone returns a text with an encoding of that name undone, or what is known of it otherwise: nothing.
func undone(encoding string, value operand) operand {
	if value.kind != opText || len(value.text.text) > maxMade {
		return operand{name: encoding + "()", items: []operand{value}}
	}
	if text, ok := undo(encoding, value.text.text); ok {
		return value.made(text)
	}
	return operand{name: encoding + "()", items: []operand{value}}
}

func undo(encoding, text string) (string, bool) {
	var bytes []byte
	var err error
	switch strings.ToLower(strings.ReplaceAll(encoding, "_codec", "")) {
	case "base64", "base64url":
		text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/", "\n", "", " ", "").Replace(text), "=")
		bytes, err = base64.RawStdEncoding.DecodeString(text)
	case "base32":
		bytes, err = base32.StdEncoding.DecodeString(text)
	case "hex":
		bytes, err = hex.DecodeString(strings.Join(strings.Fields(text), ""))
	case "percent":
		text, err = url.PathUnescape(text)
		return text, err == nil
	case "rot13", "rot_13":
		return strings.Map(rot13, text), true
	case "reverse":
		return reversed(text), true
	default: // utf-8, ascii, latin-1 and the like
		return text, true
	}
	return string(bytes), err == nil
}

func rot13(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z':
		return 'a' + (r-'a'+13)%26
	case r >= 'A' && r <= 'Z':
		return 'A' + (r-'A'+13)%26
	}
	return r
}

func reversed(text string) string {
	runes := []rune(text)
	slices.Reverse(runes)
	return string(runes)
}

// memberPath returns the path of a member, without what only stands for the place where built-in functions live.
func memberPath(path, name string) string {
	path = strings.TrimSuffix(strings.TrimSuffix(path, ".__dict__"), "()")
	switch path {
	case "builtins", "__builtins__", "__builtin__", "globals", "window", "globalThis", "global", "self.window", "__builtins__.__dict__", "Kernel", "Object":
		return name
	}
	return path + "." + name
}

// joined returns texts with a separator between them.
func joined(separator operand, items []operand) operand {
	if len(items) == 0 {
		return operand{name: "join()"}
	}
	result := items[0]
	if !result.isText() {
		result = concat(operand{kind: opText, text: passage{base: separator.text.base}}, result)
	}
	for i := 1; i < len(items) && len(result.text.text) < maxMade; i++ {
		if separator.text.text != "" {
			result = concat(result, separator)
		}
		result = concat(result, items[i])
	}
	result.literal = false
	return result
}

// method evaluates a method of a text.
func method(name string, value operand, args []operand) operand {
	unknown := operand{name: name + "()", items: append([]operand{value}, args...)}
	text := value.text.text
	switch name {
	case "join":
		if len(args) == 1 && args[0].kind == opList {
			return joined(value, args[0].items)
		}
	case "strip", "trim", "rstrip", "lstrip", "encode", "toString", "String", "to_s", "as_str", "to_string", "getBytes", "freeze", "into", "to_owned", "valueOf":
		if len(args) > 0 && args[0].isText() && name == "toString" {
			return value
		}
		return value
	case "decode":
		if len(args) > 0 && args[0].isText() {
			return undone(args[0].text.text, value)
		}
		return value
	case "lower", "toLowerCase", "downcase":
		return value.made(strings.ToLower(text))
	case "upper", "toUpperCase", "upcase":
		return value.made(strings.ToUpper(text))
	case "reverse":
		return value.made(reversed(text))
	case "concat", "+":
		for i := range args {
			value = concat(value, args[i])
		}
		return value
	case "replace", "replaceAll", "gsub":
		if len(args) > 1 && args[0].kind == opText && args[1].kind == opText && len(text) < maxMade && len(args[1].text.text) < 64 && args[0].text.text != "" {
			return value.made(strings.ReplaceAll(text, args[0].text.text, args[1].text.text))
		}
	case "format":
		list := operand{kind: opList, items: args}
		return value.formatted(list)
	case "split":
		if len(args) > 0 && args[0].kind == opText && len(text) < 1024 {
			return pieces(value, strings.Split(text, args[0].text.text))
		}
		return pieces(value, strings.Fields(text))
	}
	return unknown
}

// pieces returns the list of texts that a text is split into.
func pieces(value operand, texts []string) operand {
	list := operand{kind: opList, from: value.from, to: value.to}
	for _, text := range texts[:min(len(texts), 64)] {
		list.items = append(list.items, value.made(text))
	}
	return list
}

// listMethod evaluates a method of a list.
func listMethod(name string, value operand, args []operand) operand {
	switch name {
	case "join":
		separator := operand{kind: opText, text: passage{text: ",", base: value.text.base}}
		if len(args) > 0 {
			separator = args[0]
		} else if len(value.items) > 0 && value.items[0].isText() {
			separator.text.base = value.items[0].text.where(0)
		}
		if separator.isText() {
			return joined(separator, value.items)
		}
	case "reverse":
		items := slices.Clone(value.items)
		slices.Reverse(items)
		value.items = items
		return value
	}
	return operand{name: name + "()", items: value.items}
}

// formatted returns a text with what is put in for its %s, {} and {0}.
func (o *operand) formatted(given operand) operand {
	items := given.items
	if given.kind != opList {
		items = []operand{given}
	}
	text := o.text.text
	result := operand{kind: opText, text: passage{base: o.text.where(0)}, from: o.from, to: o.to}
	next := 0
	for at := 0; at < len(text); {
		n, size := placeholder(text[at:])
		if n < 0 {
			n = len(text) - at
		}
		part := operand{kind: o.kind, text: o.text.part(at, at+n), from: o.from, to: o.to}
		result = concat(result, part)
		if at += n; at >= len(text) {
			break
		}
		item := operand{text: passage{base: o.text.where(at)}}
		if next < len(items) {
			item = items[next]
			next++
		}
		result = concat(result, item)
		at += size
		if next > 64 {
			result.kind = opMixed
			break
		}
	}
	result.literal = false
	return result
}

// placeholder returns where the next %s, {} or {name} starts and how long it is; -1 when there is none.
func placeholder(text string) (at, size int) {
	for i := 0; i+1 < len(text); i++ {
		switch {
		case text[i] == '%' && strings.IndexByte("sdrvq", text[i+1]) >= 0:
			return i, 2
		case text[i] == '%' && text[i+1] == '(':
			if n := strings.Index(text[i:min(len(text), i+40)], ")s"); n > 0 {
				return i, n + 2
			}
		case text[i] == '{':
			if n := strings.IndexByte(text[i:min(len(text), i+40)], '}'); n > 0 {
				return i, n + 1
			}
		}
	}
	return -1, 0
}
