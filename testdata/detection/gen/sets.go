package main

import (
	"encoding/json"
	"regexp"
	"strings"
)

// expanded reads a hand-written file whose bodies hold {{name:text}}; nested forms are expanded from the inside out.
func expanded(hand, name string) ([]record, error) {
	blocks, err := readBlocks(hand, name)
	if err != nil {
		return nil, err
	}
	records := make([]record, 0, len(blocks))
	for _, b := range blocks {
		b.body = expandNested(b.body, b.has("json"))
		r, err := b.record()
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

func expandNested(text string, isJSON bool) string {
	inner := regexp.MustCompile(`(?s)\{\{[a-z0-9]+:[^{}]*\}\}`)
	for inner.MatchString(text) {
		text = inner.ReplaceAllStringFunc(text, func(m string) string {
			out := expand(m)
			if isJSON {
				quoted, _ := json.Marshal(out)
				out = string(quoted[1 : len(quoted)-1])
			}
			return out
		})
	}
	return text
}

// An excerpt's use is the set that it stands in, so that none stands in two: what speaks of instructions, prompts and rules is
// a hard negative for injection, what is full of numbers one for personal data, and the rest is benign.
type use int

const (
	useBenign use = iota
	useInjection
	usePII
)

// excerpts returns the passages of public documentation that belong to one set.
func excerpts(hand string, want use) ([]record, error) {
	all, err := readRecords(hand, "excerpts.txt")
	if err != nil {
		return nil, err
	}
	loose, numeric := 0, 0
	var out []record
	for _, r := range all {
		text := r.Value.(string)
		u := useBenign
		switch {
		case matches(`(?i)\b(ignor\w*|instruct\w*|overrid\w*|prompt\w*|password\w*|disregard\w*|previous\w*|bypass\w*|secret\w*|you must|execut\w*)\b`, text):
			u = useInjection
		case loose < 150 && matches(`(?i)\b(must|never|do not|please|warning|important|delete|remov\w+|root|admin\w*|system|forget|act as|instead of)\b`, text):
			u = useInjection
			loose++
		case numeric < 104 && matches(`\d[\d.,:/-]+\d`, text):
			u = usePII
			numeric++
		}
		if u == want {
			out = append(out, r)
		}
	}
	return out, nil
}

func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }

// injectionSet holds instructions to the model in what tools return, and texts that only speak of such things.
func injectionSet(hand string) ([]record, error) {
	var records []record
	for _, name := range []string{"injection_positive.txt", "injection_negative.txt"} {
		part, err := expanded(hand, name)
		if err != nil {
			return nil, err
		}
		records = append(records, part...)
	}
	more, err := excerpts(hand, useInjection)
	return append(records, more...), err
}

// terminalSet holds control sequences that change what a terminal shows or does, and harmless ones.
func terminalSet(hand string) ([]record, error) {
	blocks, err := readBlocks(hand, "terminal.txt")
	if err != nil {
		return nil, err
	}
	var records []record
	for _, b := range blocks {
		b.body = strings.ReplaceAll(b.body, "␛", `\x1b`)
		if !b.has("json") {
			b.attrs["esc"] = ""
		}
		r, err := b.record()
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// evasionSet holds texts that hide what they say, and twins that hide something harmless in the same way.
func evasionSet(hand string) ([]record, error) {
	records, err := expanded(hand, "evasion.txt")
	for i := range records {
		if len(records[i].Expect.Classes) == 0 {
			records[i].Expect.Hides = ""
		}
	}
	return records, err
}
