package process_test

import (
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/process"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/sandbox"
)

// BenchmarkStart measures a program from its start to its end, in a sandbox and without.
func BenchmarkStart(b *testing.B) {
	profile := &sandbox.Profile{}
	profile.Grant(sandbox.Program{Path: "/bin/true"})
	for name, p := range map[string]*sandbox.Profile{"plain": nil, "limits": {Open: true, Limits: sandbox.Limits{Files: 100}}, "strict": profile} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p, err := process.Start(b.Context(), process.Spec{Command: "/bin/true", Sandbox: p})
				if err != nil {
					b.Fatal(err)
				}
				if err := p.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
