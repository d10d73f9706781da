package code_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

// ordinary returns about size bytes of code that reads like what people write.
func ordinary(language code.Language, size int) string {
	unit := map[code.Language]string{
		code.Python:     "import os\n\ndef load(path, mode='r'):\n    \"\"\"Reads a file.\"\"\"\n    with open(path, mode) as f:  # closes\n        for line in f:\n            if line.strip() and len(line) > 3:\n                yield json.loads(line), f\"row {line!r}\"\n    cur.execute(\"SELECT a, b FROM t WHERE id = %s\", (path,))\n\n",
		code.JavaScript: "import { a } from './a.js';\n\nexport function run(x, y) {\n  // adds\n  const m = /a[b]+/.exec(x);\n  if (m && m[1] === 'x') { return y.map((z) => `${z.a} and ${z.b}`); }\n  return { a: 1, b: \"two\", c: [1, 2, 3] };\n}\n\n",
		code.Go:         "func load%d(path string) ([]byte, error) {\n\tf, err := os.Open(path) // closed below\n\tif err != nil {\n\t\treturn nil, fmt.Errorf(\"open %%s: %%w\", path, err)\n\t}\n\tdefer f.Close()\n\treturn io.ReadAll(f)\n}\n\n",
		code.Shell:      "set -eu\nfor f in *.txt; do\n  if [ -f \"$f\" ]; then\n    grep -v '^#' \"$f\" | sort -u > \"out/${f%.txt}.lst\" # sorted\n  fi\ndone\necho \"$(date) done\" >> log\n\n",
		code.SQL:        "SELECT a.id, b.name FROM a JOIN b ON a.id = b.a_id WHERE b.name LIKE 'x%' AND a.n > 10;\nUPDATE a SET n = n + 1 WHERE id = 7; -- one\nINSERT INTO a (id, name) VALUES (1, 'one'), (2, 'two');\n\n",
		code.YAML:       "jobs:\n  build:\n    steps:\n      - name: Build\n        run: |\n          go build ./...\n          go test ./...\n",
	}[language]
	var text strings.Builder
	if language == code.Go {
		text.WriteString("package p\n\n")
	}
	for i := 0; text.Len() < size; i++ {
		if language == code.Go {
			fmt.Fprintf(&text, unit, i)
			continue
		}
		text.WriteString(unit)
	}
	return text.String()
}

func BenchmarkCheck(b *testing.B) {
	var e code.Engine
	for _, size := range []int{1100, 55_000, 1_000_000} {
		for _, l := range []code.Language{code.Python, code.JavaScript, code.Go, code.Shell, code.SQL, code.YAML} {
			text := ordinary(l, size)
			b.Run(fmt.Sprintf("%s/%d", l, size), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := e.Check(b.Context(), code.Source{Code: text, Language: string(l)}, code.Options{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkWorst holds texts that would be slow if anything looked at the same place again and again.
func BenchmarkWorst(b *testing.B) {
	var e code.Engine
	for _, w := range worst() {
		text := strings.Repeat(w.unit, 1_000_000/len(w.unit))
		b.Run(w.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := e.Check(b.Context(), code.Source{Code: text, Language: w.language}, code.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func worst() []struct{ name, language, unit string } {
	return []struct{ name, language, unit string }{
		{"evals", "python", "eval("},
		{"joins", "python", "'a' + "},
		{"joined words", "javascript", "'a'+b("},
		{"deletes", "sql", "DELETE FROM a "},
		{"updates", "sql", "(UPDATE a SET b="},
		{"deletes or", "sql", "DELETE FROM a WHERE 1=2 OR "},
		{"brackets", "sql", "DELETE FROM a WHERE ("},
		{"substitutions", "shell", "$("},
		{"back-quotes", "shell", "`a "},
		{"sudos", "shell", "sudo "},
		{"finds", "shell", "find -exec "},
		{"here documents", "shell", "a <<B\n"},
		{"braces", "shell", ";{a,"},
		{"regular expressions", "javascript", "=/["},
		{"templates", "javascript", "`${"},
		{"raw strings", "rust", "r#\""},
		{"ruby literals", "ruby", "%q("},
		{"ruby here documents", "ruby", "<<A\n"},
		{"comments", "javascript", "/*/"},
		{"sql comments", "python", "'/**/"},
		{"keys", "text", "-----BEGIN PRIVATE KEY-----"},
		{"full width", "python", "ｅｖａｌ("},
		{"f-strings", "python", "f'{"},
		{"nested shells", "python", "os.system('sh -c \"sh -c "},
		{"imports", "python", "from a import "},
		{"requires", "javascript", "}=require('a')"},
		{"go brackets", "go", "f("},
		{"go stars", "go", "*"},
		{"yaml lists", "yaml", "- - "},
		{"docker lines", "dockerfile", "RUN \\\n"},
		{"flags", "shell", "rm -r "},
		{"invisible", "python", "a\u200b"},
		{"values that double", "python", "a='x'\na+=a\nb=a+a\na=b\n"},
		{"values that grow", "python", "a+='xxxxxxxx'\n"},
		{"lists that grow", "python", "a=[a,a,a]\nf(a)\n"},
		{"values of a script", "javascript", "var a='xxxxxxxxxxxxxxxx';var b=a+a+a;"},
		{"values of a shell", "shell", "x+=$x$x;x+=a\n"},
		{"loops of a shell", "shell", "for x in $x $x a; do y=$x; done\n"},
		{"chains of a shell", "shell", "a&&"},
		{"pipes", "shell", "echo a|"},
		{"substitutions that end", "shell", "$(echo `echo a`)"},
		{"brace expansions", "shell", "{a,b}{c,d}{e,f} "},
		{"chains of a script", "javascript", "a()."},
		{"sums of a script", "javascript", "1+"},
		{"functions of a script", "javascript", "(function(){"},
		{"arrows", "javascript", "()=>"},
		{"indexes", "javascript", "a['b']"},
		{"computed calls", "python", "a)("},
		{"members", "python", "a.b('c')."},
		{"formats", "python", "'{}'.format("},
		{"assignments", "python", "a=b="},
		{"slices", "python", "a[::-1]"},
		{"with", "sql", "WITH a AS (DELETE FROM b "},
		{"dollar quotes", "sql", "$a$ ; "},
		{"docker here documents", "dockerfile", "RUN <<A\n"},
		{"workflow expressions", "yaml", "run: ${{ a\n"},
		{"shells in words", "shell", "sh -c $(0 0 0\n"},
		{"shells behind redirections", "shell", "su 0>("},
		{"names of quotes", "sql", "TRUNCATE A'''''"},
		{"downloads", "shell", "curl -o a b; sh c\n"},
	}
}

// Every one of the worst texts is answered at 5 MB too.
func TestLarge(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes seconds under the race detector")
	}
	var e code.Engine
	for _, w := range worst() {
		text := strings.Repeat(w.unit, 300_000/len(w.unit))
		r, err := e.Check(t.Context(), code.Source{Code: text, Language: w.language}, code.Options{})
		if err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
		inside(t, text[:0]+text, r)
	}
	text := ordinary(code.Python, 5_000_000) + "eval(x)"
	r, err := e.Check(t.Context(), code.Source{Code: text, Language: "python"}, code.Options{})
	if err != nil || !has(r, "eval", code.High) || r.Total != 1 {
		t.Errorf("5 MB: %+v, %v", r, err)
	}
}
