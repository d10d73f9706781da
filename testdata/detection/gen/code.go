package main

// codeSet holds snippets of code for verify_code_safety: for each language what a reviewer would stop, and what looks like it
// but is safe. A block without a class is safe.
func codeSet(hand string) ([]record, error) {
	var records []record
	for _, language := range []string{"python", "javascript", "typescript", "go", "shell", "sql", "dockerfile", "yaml"} {
		blocks, err := readBlocks(hand, "code_"+language+".txt")
		if err != nil {
			return nil, err
		}
		for _, b := range blocks {
			unsafe := len(b.classes()) > 0
			records = append(records, record{
				Kind: "call", Tool: "verify_code_safety", Value: map[string]string{"code": b.body + "\n", "language": language},
				Expect: expect{Classes: b.classes(), Language: language, Unsafe: &unsafe, Note: b.attrs["note"], Origin: "own"},
			})
		}
	}
	return records, nil
}
