package match_test

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// Patterns see what a handler would see: the escape in the document is a line break in the value.
func Example() {
	set, err := match.Compile([]match.Pattern{
		{Name: "no-drop", Type: match.Regex, Text: `drop\s+table`},
		{Name: "no-programs", Type: match.Glob, Text: "*.exe"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	hit, ok, err := set.Scan("database_query", []byte(`{"sql":["select 1","DROP\nTABLE users"]}`))
	fmt.Println(ok, err, hit.Name, hit.Pointer, hit.Start, hit.End)
	// Output: true <nil> no-drop /sql/1 0 10
}

// A glob stands for whole names; one without wildcards can be kept in a map instead.
func ExampleCompileGlob() {
	for _, text := range []string{"file_*", `literal\*`} {
		g, err := match.CompileGlob(text, false)
		if err != nil {
			fmt.Println(err)
			return
		}
		name, literal := g.Literal()
		fmt.Printf("%t %q %t\n", g.Match("File_Read"), name, literal)
	}
	// Output:
	// true "" false
	// false "literal*" true
}
