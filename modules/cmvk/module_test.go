package cmvk_test

import (
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/cmvk"
	"github.com/mcp-kernel/mcp-kernel/tools"
)

// The catalog refuses a surface with any fault, schemas and hints included.
func TestSurface(t *testing.T) {
	t.Parallel()
	if _, err := tools.NewCatalog(cmvk.New()); err != nil {
		t.Fatal(err)
	}
	surface := cmvk.New().Surface()
	if len(surface.Tools) != 1 || surface.Tools[0].Spec().Name != "drift_compare" || cmvk.New().Name() != cmvk.Name {
		t.Errorf("surface %+v", surface)
	}
}
