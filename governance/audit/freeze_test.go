package audit_test

import (
	"errors"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance"
	"github.com/mcp-kernel/mcp-kernel/governance/audit"
)

func TestFreezeStopsEveryJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	told := make(chan bool, 4)
	a := open(t, dir)
	b := open(t, dir, func(o *audit.Options) { o.OnFreeze = func(frozen bool) { told <- frozen } })
	if err := a.Freeze(t.Context(), "ops", "incident 7"); err != nil {
		t.Fatal(err)
	}
	err := b.Append(t.Context(), decision("late")) // before b's own look
	var frozen *audit.FrozenError
	if !errors.As(err, &frozen) || !errors.Is(err, audit.ErrFrozen) || frozen.By != "ops" || frozen.Reason != "incident 7" {
		t.Fatalf("%v", err)
	}
	if !<-told {
		t.Error("told that it was resumed")
	}
	facts, err := b.Of(t.Context(), governance.Caller{})
	if err != nil || facts != (governance.Facts{Frozen: true, Reason: "incident 7"}) {
		t.Errorf("%+v %v", facts, err)
	}
	denied := decision("denied")
	denied.Decision.Effect = governance.Deny
	if err := b.Append(t.Context(), denied, outcome("denied")); err != nil {
		t.Errorf("a denial is recorded while frozen: %v", err)
	}
	if err := a.Resume(t.Context(), "ops"); err != nil {
		t.Fatal(err)
	}
	if <-told { // b is idle and finds it by itself
		t.Error("told that it was frozen")
	}
	if err := b.Append(t.Context(), decision("again")); err != nil || b.Frozen() != nil {
		t.Errorf("%v", err)
	}
}

func TestFreezeSurvivesRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	if err := j.Freeze(t.Context(), "ops", "night"); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if f := open(t, dir).Frozen(); f == nil || f.Reason != "night" {
		t.Errorf("%v", f)
	}
}
