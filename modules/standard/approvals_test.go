package standard_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/modules/controlplane"
	"github.com/mcp-kernel/mcp-kernel/modules/standard"
)

// asked is a kernel whose policy has people asked before something is forgotten, over some channels.
func asked(t *testing.T, channels string) *standard.Kernel {
	t.Helper()
	o := settings(t)
	file := filepath.Join(t.TempDir(), "p.yaml")
	text := `[{name: default, allowed_tools: ["*"], require_approval: [{name: forgets, tools: [vfs_delete]` + channels + `}]}]`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Governance.PolicyFiles = []string{file}
	return open(t, o)
}

// as makes a call of somebody and returns the structured answer, or the error.
func as(t *testing.T, k *standard.Kernel, who governance.Caller, name, args string) (json.RawMessage, error) {
	t.Helper()
	r, err := k.Dispatcher.Dispatch(t.Context(), governance.Call{
		ID: k.IDs(), Kind: governance.KindTool, Name: name, Caller: who, Args: []byte(args), At: k.Now(),
	}, nil)
	return r.Structured, err
}

// onlyApproval returns the one that waits.
func onlyApproval(t *testing.T, k *standard.Kernel, who governance.Caller) controlplane.Approval {
	t.Helper()
	text, err := as(t, k, who, "approval_list", `{}`)
	var list controlplane.Approvals
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil || len(list.Approvals) != 1 {
		t.Fatalf("%s, %v", text, err)
	}
	return list.Approvals[0]
}

func TestOperatorsAnswer(t *testing.T) {
	t.Parallel()
	k := asked(t, "")
	agent, operator := governance.Caller{Principal: "user:test"}, governance.Caller{Principal: "user:ada", Operator: true}
	forget := func() error {
		_, err := as(t, k, agent, "vfs_delete", `{"path":"/mem/working/x"}`)
		return err
	}
	if err := forget(); err == nil || !strings.Contains(err.Error(), "approval") {
		t.Fatalf("without an approval: %v", err)
	}
	for _, tool := range []string{"approval_list", "approval_show", "approval_answer"} {
		if _, err := as(t, k, agent, tool, `{}`); err == nil {
			t.Errorf("an agent may call %s", tool)
		}
	}
	a := onlyApproval(t, k, operator)
	want := controlplane.Approval{
		ID: a.ID, Status: "waiting", Principal: "user:test", Kind: "tool", Name: "vfs_delete", Arguments: `{"path":"/mem/working/x"}`, Whole: true,
		Digest: a.Digest, Asked: a.Asked, Expires: a.Expires, Question: a.Question, Votes: []controlplane.Vote{},
		Needs: []controlplane.Requirement{{Policy: "default", Rule: "forgets", Approvers: []string{"operators"}, Quorum: 1, Channels: []string{"cli", "console"}}},
	}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Error(diff)
	}
	answer := fmt.Sprintf(`{"id":%q,"approve":true,"reason":"it is old"}`, a.ID)
	text, err := as(t, k, operator, "approval_answer", answer)
	if err != nil || !strings.Contains(string(text), `"status":"granted"`) || !strings.Contains(string(text), `"channel":"console"`) {
		t.Fatalf("%s, %v", text, err)
	}
	if shown, err := as(t, k, operator, "approval_show", fmt.Sprintf(`{"id":%q}`, a.ID)); err != nil || !strings.Contains(string(shown), "it is old") {
		t.Errorf("%s, %v", shown, err)
	}
	if err := forget(); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("with an approval: %v", err)
	}
	if _, err := as(t, k, operator, "approval_answer", answer); err == nil || !strings.Contains(err.Error(), "was used") {
		t.Errorf("after it was used: %v", err)
	}
	if _, err := as(t, k, operator, "approval_show", `{"id":"nope"}`); err == nil || !strings.Contains(err.Error(), "no such approval") {
		t.Errorf("of none: %v", err)
	}
	page, err := k.Journal.Query(t.Context(), audit.Filter{Kinds: []audit.Kind{audit.KindControl}}, "", 1)
	if err != nil || len(page.Entries) != 1 || page.Entries[0].Control.Action != audit.ActionApprovalGiven || page.Entries[0].Control.By != "user:ada" {
		t.Errorf("%+v, %v", page.Entries, err)
	}
}

// What somebody asked itself it answers as a client, be it an operator or not: that counts only where the policy says so.
func TestNobodyAgreesToItsOwnCall(t *testing.T) {
	t.Parallel()
	both := governance.Caller{Principal: "user:test", Operator: true}
	for channels, counts := range map[string]bool{
		"": false, ", channels: [console], approvers: [operators]": false, ", channels: [console], approvers: [\"user:test\"]": false,
		", channels: [client, cli]": true,
	} {
		k := asked(t, channels)
		if _, err := as(t, k, both, "vfs_delete", `{"path":"/mem/working/x"}`); err == nil || !strings.Contains(err.Error(), "approval") {
			t.Fatalf("%s: without an approval: %v", channels, err)
		}
		a := onlyApproval(t, k, both)
		text, err := as(t, k, both, "approval_answer", fmt.Sprintf(`{"id":%q,"approve":true}`, a.ID))
		if counts != (err == nil) || !counts && !strings.Contains(err.Error(), "no policy wants this answer") {
			t.Errorf("%s: %s, %v", channels, text, err)
		}
	}
}
