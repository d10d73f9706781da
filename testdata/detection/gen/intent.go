package main

import (
	"fmt"
	"strings"
)

// intentSet holds calls under their intent. The classes are empty: an intent is a property of a call and not a finding.
func intentSet(hand string) ([]record, error) {
	all, err := lines(hand, "intent.txt")
	if err != nil {
		return nil, err
	}
	var records []record
	intent := ""
	for _, line := range all {
		if rest, ok := strings.CutPrefix(line, "## "); ok {
			intent = rest
			continue
		}
		name, arguments, ok := strings.Cut(line, " ")
		if !ok {
			return nil, fmt.Errorf("want tool and arguments: %s", line)
		}
		value, err := compactJSON(arguments)
		if err != nil {
			return nil, err
		}
		records = append(records, record{Kind: "call", Tool: name, Value: value, Expect: expect{Intent: intent, Origin: "own"}})
	}
	return records, nil
}
