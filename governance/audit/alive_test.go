package audit_test

import "testing"

// A process lives for others as long as its journal is open.
func TestLives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one := open(t, dir)
	other := open(t, dir)
	for range 2 { // asking changes nothing
		if !one.Lives(other.ProcessID()) || !one.Lives(one.ProcessID()) || !other.Lives(one.ProcessID()) {
			t.Fatal("who lives is said to be dead")
		}
	}
	for _, stranger := range []string{"", "nobody", "../../etc/passwd", `..\x`} {
		if one.Lives(stranger) {
			t.Errorf("%q lives", stranger)
		}
	}
	gone := other.ProcessID()
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if one.Lives(gone) {
		t.Error("who has closed the journal is said to live")
	}
}
