package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// expand replaces {{name:text}} with the text in another form, so that what cannot be typed or read can be written by hand.
func expand(text string) string {
	return regexp.MustCompile(`(?s)\{\{([a-z0-9]+):(.*?)\}\}`).ReplaceAllStringFunc(text, func(m string) string {
		name, body, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(m, "{{"), "}}"), ":")
		return transform(name, body)
	})
}

// transform returns a text in another form.
func transform(name, text string) string {
	switch name {
	case "tags":
		return mapRunes(text, func(c rune) string { return string(0xE0000 + c) })
	case "b64":
		return base64.StdEncoding.EncodeToString([]byte(text))
	case "b64url":
		return base64.RawURLEncoding.EncodeToString([]byte(text))
	case "hex":
		return hex.EncodeToString([]byte(text))
	case "backslashx":
		return mapBytes(text, func(b byte) string { return fmt.Sprintf(`\x%02x`, b) })
	case "octal":
		return mapBytes(text, func(b byte) string { return fmt.Sprintf(`\%03o`, b) })
	case "u":
		return mapRunes(text, func(c rune) string { return fmt.Sprintf(`\u%04x`, c) })
	case "pct":
		return mapBytes(text, func(b byte) string { return fmt.Sprintf("%%%02X", b) })
	case "url":
		return url.QueryEscape(text)
	case "ent":
		return mapRunes(text, func(c rune) string { return fmt.Sprintf("&#%d;", c) })
	case "zw":
		return mapRunes(text, func(c rune) string { return string(c) + "\u200b" })
	case "shy":
		return mapRunes(text, func(c rune) string { return string(c) + "\u00ad" })
	case "wj":
		return mapRunes(text, func(c rune) string { return string(c) + "\u2060" })
	case "sp":
		return strings.TrimSuffix(mapRunes(text, func(c rune) string { return string(c) + " " }), " ")
	case "fw":
		return mapRunes(text, fullWidth)
	case "cyr":
		return strings.NewReplacer("a", "а", "e", "е", "o", "о", "p", "р", "c", "с", "x", "х", "y", "у", "i", "і", "A", "А", "O", "О", "T", "Т", "E", "Е", "B", "В").Replace(text)
	case "math":
		return mapRunes(text, mathBold)
	case "rev":
		return reversed(text)
	case "rot13":
		return mapRunes(text, rot13)
	case "leet":
		return strings.NewReplacer("a", "4", "e", "3", "i", "1", "o", "0", "s", "5", "t", "7").Replace(text)
	case "vs":
		return mapBytes(text, selector)
	case "bits":
		return mapBytes(text, zeroWidthBits)
	case "comb":
		return mapRunes(text, func(c rune) string { return string(c) + "\u0336" })
	}
	panic("unknown form " + name)
}

func mapRunes(text string, f func(rune) string) string {
	var b strings.Builder
	for _, c := range text {
		b.WriteString(f(c))
	}
	return b.String()
}

func mapBytes(text string, f func(byte) string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteString(f(text[i]))
	}
	return b.String()
}

func fullWidth(c rune) string {
	switch {
	case c == ' ':
		return "\u3000"
	case c > ' ' && c < 0x7F:
		return string(c + 0xFEE0)
	}
	return string(c)
}

func mathBold(c rune) string {
	switch {
	case c >= 'a' && c <= 'z':
		return string(0x1D41A + c - 'a')
	case c >= 'A' && c <= 'Z':
		return string(0x1D400 + c - 'A')
	}
	return string(c)
}

func rot13(c rune) string {
	switch {
	case c >= 'a' && c <= 'z':
		return string('a' + (c-'a'+13)%26)
	case c >= 'A' && c <= 'Z':
		return string('A' + (c-'A'+13)%26)
	}
	return string(c)
}

func reversed(text string) string {
	runes := []rune(text)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}

// selector returns a byte as one of the 256 variation selectors.
func selector(b byte) string {
	if b < 16 {
		return string(rune(0xFE00) + rune(b))
	}
	return string(rune(0xE0100) + rune(b) - 16)
}

// zeroWidthBits returns a byte as eight invisible characters.
func zeroWidthBits(b byte) string {
	out := ""
	var outSb138 strings.Builder
	for i := range 8 {
		if b>>(7-i)&1 == 1 {
			outSb138.WriteString("\u200d")
		} else {
			outSb138.WriteString("\u200c")
		}
	}
	out += outSb138.String()
	return out
}
