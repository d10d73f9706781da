package sandbox_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// BenchmarkWithin measures what a program pays for its sandbox afterwards: a hundred thousand files opened, as many writes that
// the filter judges by their number alone, and sends that it judges by their arguments. (The start is in it, too.)
func BenchmarkWithin(b *testing.B) {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	dir := filepath.Join(b.TempDir(), "a", "b", "c")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	strict := &sandbox.Profile{Write: []string{filepath.Dir(filepath.Dir(dir))}}
	strict.Grant(sandbox.Program{Path: self})
	for name, p := range map[string]*sandbox.Profile{"open": {Open: true}, "strict": strict} {
		for _, what := range []string{"nothing", "opens", "writes", "sends"} {
			b.Run(name+"/"+what, func(b *testing.B) {
				for b.Loop() {
					if out, _, err := run(b, p, self, what, dir); err != nil {
						b.Fatal(err, out)
					}
				}
			})
		}
	}
}
