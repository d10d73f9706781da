package secret_test

import (
	"testing"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/secret"
)

func TestHide(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text    string
		secrets []string
		want    string
	}{
		"none":           {"a token", nil, "a token"},
		"some":           {"hunter22 and hunter22, s3cr3ts", []string{"hunter22", "s3cr3ts"}, "[secret] and [secret], [secret]"},
		"one in another": {"hunter22-more", []string{"hunter22", "hunter22-more"}, "[secret]"},
		"a short one":    {"abc", []string{"abc", ""}, "abc"},
	} {
		if got := secret.Hide(tt.text, tt.secrets...); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
