package code

import (
	"go/parser"
	gotoken "go/token"
)

// parsesAsGo reports whether go/parser accepts a text as a file, as declarations, or as statements. It is a verdict on
// form alone; the parser bounds how deep it goes by itself.
func parsesAsGo(text string) bool {
	for _, frame := range [...]struct{ before, after string }{{"", ""}, {"package p;", ""}, {"package p; func _() {", "\n}"}} {
		source := text
		if frame.before != "" {
			source = frame.before + text + frame.after
		}
		if _, err := parser.ParseFile(gotoken.NewFileSet(), "", source, parser.SkipObjectResolution); err == nil {
			return true
		}
	}
	return false
}
