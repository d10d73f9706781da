package compose

import (
	"errors"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/tools"
)

// What the kernel refuses is told apart from what does not work, so that a fallback goes around the one alone.
func TestRefusal(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want bool
	}{
		"denied":               {&tools.Error{Code: tools.CodeDenied}, true},
		"to be approved":       {&tools.Error{Code: tools.CodeApproval}, true},
		"an answer withheld":   {&tools.Error{Code: tools.CodeWithheld}, true},
		"frozen":               {&tools.Error{Code: tools.CodeFrozen}, true},
		"not to be seen":       {&tools.Error{Code: tools.CodeUnknown}, true},
		"a credential":         {tools.Fail("credential_refused", "not for this tool", nil), true},
		"a changed definition": {tools.Fail("changed", "not what was trusted", nil), true},
		"a server away":        {tools.Fail("unavailable", "try later", nil), false},
		"too late":             {&tools.Error{Code: tools.CodeTimeout}, false},
		"another's error":      {&tools.Error{Code: tools.CodeRemote}, false},
		"something else":       {errors.New("broken"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := refusal(tt.err); errors.Is(got, ErrRefused) != tt.want || !errors.Is(got, tt.err) {
				t.Errorf("%v", got)
			}
		})
	}
}
