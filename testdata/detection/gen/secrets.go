package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// secretSet puts made-up credentials into carriers written by hand, and adds what only looks like one.
func secretSet(hand string) ([]record, error) {
	d := newDice("secrets")
	records, err := carriedTokens(d, hand)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"secrets_context.txt", "secrets_negative.txt"} {
		blocks, err := readBlocks(hand, name)
		if err != nil {
			return nil, err
		}
		for _, b := range blocks {
			filled, err := fill(d, b, "", "")
			if err != nil {
				return nil, err
			}
			records = append(records, filled...)
		}
	}
	return records, nil
}

// carriedTokens puts each vendor's token into two carriers.
func carriedTokens(d dice, hand string) ([]record, error) {
	carriers, err := readBlocks(hand, "secrets_carriers.txt")
	if err != nil {
		return nil, err
	}
	var records []record
	at := 0
	for range 2 {
		for _, t := range tokens() {
			b := carriers[at%len(carriers)]
			at++
			filled, err := fill(d, b, t.class, t.make(d))
			if err != nil {
				return nil, err
			}
			records = append(records, filled...)
		}
	}
	return records, nil
}

// fill makes the records of a block: as many as its attribute n says, each with its own random parts. {{S}} is the given
// secret; {{name}} is a random part that must be found and {{~name}} one that is only there.
func fill(d dice, b block, class, secret string) ([]record, error) {
	n := 1
	if b.has("n") {
		n, _ = strconv.Atoi(b.id("n"))
	}
	var records []record
	for range n {
		one := b
		var spans []string
		one.body = placeholder().ReplaceAllStringFunc(b.body, func(m string) string {
			name := strings.Trim(m, "{}")
			value := secret
			if name != "S" {
				value = part(d, strings.TrimPrefix(name, "~"))
			}
			if !strings.HasPrefix(name, "~") {
				spans = append(spans, value)
			}
			if b.has("json") {
				quoted, _ := json.Marshal(value)
				value = string(quoted[1 : len(quoted)-1])
			}
			return value
		})
		r, err := one.record()
		if err != nil {
			return nil, err
		}
		if class != "" {
			r.Expect.Classes = []string{class}
		}
		if len(r.Expect.Classes) > 0 {
			r.Expect.Spans = spans
		}
		r.Expect.Origin = "generated"
		records = append(records, r)
	}
	return records, nil
}

func placeholder() *regexp.Regexp { return regexp.MustCompile(`\{\{~?[A-Za-z0-9_]+\}\}`) }

// part returns a random part by its name: an alphabet and a length as in hex32, or one of the names of namedPart.
func part(d dice, name string) string {
	if value, ok := namedPart(d, name); ok {
		return value
	}
	letters := strings.TrimRight(name, digits)
	n, err := strconv.Atoi(name[len(letters):])
	if err != nil {
		panic(fmt.Sprintf("unknown part %q", name))
	}
	if letters == "b" {
		return base64.StdEncoding.EncodeToString(d.bytes(n))
	}
	alphabets := map[string]string{"hex": hexLower, "HEX": hexUpper, "alnum": alnum, "low": alnumLow, "up": upper + digits, "num": digits, "url": base64URL, "std": base64Std}
	alphabet, ok := alphabets[letters]
	if !ok {
		panic(fmt.Sprintf("unknown part %q", name))
	}
	return d.str(n, alphabet)
}

// namedPart returns a part that is more than letters.
func namedPart(d dice, name string) (string, bool) {
	switch name {
	case "uuid":
		return d.uuid(), true
	case "pw":
		return password(d), true
	case "rsa":
		return rsaKey(d), true
	case "ec":
		return ecKey(d), true
	case "ed25519":
		return ed25519Key(d), true
	case "openssh":
		return opensshKey(d), true
	case "pgp":
		return pgpKey(d), true
	case "putty":
		return puttyKey(d), true
	case "cardbad16": // a card number but for its check digit
		number := "4" + d.str(14, digits)
		check, err := strconv.Atoi(luhn(number))
		if err != nil {
			panic(err)
		}
		return number + strconv.Itoa((check+1+d.IntN(8))%10), true
	case "one":
		return "4", true
	case "basic":
		return base64.StdEncoding.EncodeToString([]byte("svc-" + d.str(4, lower) + ":" + password(d))), true
	case "jwt":
		return jwt(d), true
	case "png":
		return base64.StdEncoding.EncodeToString(append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x18\x00\x00\x00\x18\x08\x06\x00\x00\x00\xe0w=\xf8"), d.bytes(160)...)), true
	}
	return "", false
}

// password returns a password as people and machines choose them: words, digits and signs in one of several shapes.
func password(d dice) string {
	words := []string{"Granite", "harbour", "Falcon", "tundra", "Copper", "willow", "Meteor", "saffron", "Quartz", "lantern", "Bramble", "orchid"}
	switch d.IntN(4) {
	case 0:
		return pick(d, words) + pick(d, []string{"!", "#", "$", "_"}) + d.str(4, digits) + pick(d, words)
	case 1:
		return d.str(12, alnum) + pick(d, []string{"!", "%", "*"}) + d.str(3, alnum)
	case 2:
		return pick(d, words) + "-" + pick(d, words) + "-" + d.str(3, digits) + d.str(2, lower)
	default:
		return d.str(2, upper) + d.str(8, alnum) + pick(d, []string{"^", "~", "+"}) + d.str(5, alnumLow)
	}
}
