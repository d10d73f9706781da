package approval_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/approval"
)

func TestVisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain, naïve, 漢字 and 👍": "plain, naïve, 漢字 and 👍",
		"\x1b[2J":                `\u001b[2J`,
		"a\u202eb":               `a\u202eb`,
		"a\u200bb":               `a\u200bb`,
		"a\u3164b":               `a\u3164b`,
		"a\ufe0fb":               `a\ufe0fb`,
		"a\U000E0041b":           `a\udb40\udc41b`,
		"a\u00a0b":               `a\u00a0b`,
		"two\nlines":             `two\u000alines`,
		"\xff":                   "\ufffd",
	} {
		if got := approval.Visible(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// FuzzVisible holds Visible to JSON: a value stays the value that it was, and shows itself.
func FuzzVisible(f *testing.F) {
	for _, seed := range []string{"", "a", "\x1b[31m", "\u202e", "\U000E0041", "\\", `"`, "\xff", "é漢👍", "\u0085"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "\ufffd")
		doc, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		shown := approval.Visible(string(doc))
		var back string
		if err := json.Unmarshal([]byte(shown), &back); err != nil || back != text {
			t.Errorf("%q: shown as %q, which is %q, %v", text, shown, back, err)
		}
		if i := strings.IndexFunc(shown, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("%q has what cannot be seen", shown)
		}
	})
}

func TestQuestion(t *testing.T) {
	t.Parallel()
	o, ctx := open(t, nil, func(o *approval.Options) {
		o.Show = func([]byte) (string, bool) { return `{"path":"x` + "\u202e" + `…"}`, false }
	}), t.Context()
	want := needs(2, operators(), governance.ChannelCLI)
	want[0].Message = "Deleting cannot be undone."
	c := deletes("c1", "user:ada", `{"path":"x"}`)
	c.Caller.Agent = "did:key:z6Mk"
	r := must(o.Open(ctx, c, want))
	const text = `user:ada, agent did:key:z6Mk, wants to call the tool file_delete.
Arguments: {"path":"x\u202e…"}
Not all of the 12 bytes are shown: texts were cut, or look like secrets.
Why you are asked: rule destroys of policy careful (2 people must agree): Deleting cannot be undone.
It runs once, and only with these arguments. Approval approval-1, asked at 2026-11-23T04:00:00Z.`
	if got := r.Question(); got != text {
		t.Errorf("got\n%s", got)
	}
}

// TestStrangersTexts keeps little of what strangers write, and shows nothing of it that cannot be seen.
func TestStrangersTexts(t *testing.T) {
	t.Parallel()
	o, ctx := open(t, nil), t.Context()
	c := deletes("c1", "user:ada", later)
	c.Kind, c.Name, c.Caller.Label = governance.KindResource, "x://"+strings.Repeat("\u202e", 1<<20), strings.Repeat("l", 1<<20)
	want := needs(1, operators(), governance.ChannelCLI)
	r := must(o.Open(ctx, c, want))
	if len(r.Name) > 1100 || len(r.Caller.Label) > 100 || strings.Contains(r.Question(), "\u202e") {
		t.Errorf("kept %d and %d bytes: %.100q", len(r.Name), len(r.Caller.Label), r.Name)
	}
	must(o.Answer(ctx, r, cli("user:root", true)))
	other := *c
	other.Name += "y"
	if g := must(o.Redeem(ctx, &other, want)); g != nil {
		t.Error("what is not shown of a name does not count")
	}
	if g := must(o.Redeem(ctx, c, want)); g == nil {
		t.Error("the call itself is refused")
	}
}
