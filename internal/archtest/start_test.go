package archtest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	_ "github.com/mark3labs/mcp-go/server" // what is traced below
)

// TestSDKCompilesNoSchemaAtStart starts this test binary, into which the SDK's server is linked, and reads which
// packages did work before main. The SDK imports a schema compiler that spends milliseconds there; go.mod replaces it by
// internal/lazyschema, and this shows that the replacement is in force.
func TestSDKCompilesNoSchemaAtStart(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	command.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	trace := string(output)
	if !strings.Contains(trace, "init github.com/google/jsonschema-go/jsonschema @") {
		t.Fatalf("the trace does not show the SDK's schema reader, so it shows nothing:\n%s", trace)
	}
	if strings.Contains(trace, "init github.com/santhosh-tekuri/jsonschema/") {
		t.Errorf("a schema compiler works at start: restore its replace line in go.mod, see internal/lazyschema\n%s", trace)
	}
}
