//go:build linux && (amd64 || arm64)

package sandbox

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a version of Landlock cannot do is told, for what a profile asks for, and nothing else is.
func TestVersions(t *testing.T) {
	t.Parallel()
	ports := Net{Connect: []uint16{443}}
	for name, tt := range map[string]struct {
		net  Net
		want map[int]string // from this version on, until the next
	}{
		"none":          {Net{}, map[int]string{1: "truncation signals", 3: "signals", 6: ""}},
		"ports":         {ports, map[int]string{1: "truncation signals network", 3: "signals network", 4: "signals", 6: ""}},
		"names":         {Net{Connect: []uint16{DNS}}, map[int]string{1: "truncation signals network", 3: "signals network", 4: "signals datagrams", 6: "datagrams", 10: ""}},
		"all":           {Net{All: true}, map[int]string{1: "truncation signals", 3: "signals", 6: ""}},
		"local sockets": {Net{Unix: true}, map[int]string{1: "truncation signals local sockets", 3: "signals local sockets", 6: "local sockets", 9: ""}},
	} {
		want, expected := map[int]string{}, ""
		got := map[int]string{}
		for abi := 1; abi <= 11; abi++ {
			if now, changes := tt.want[abi]; changes {
				expected = now
			}
			want[abi] = expected
			p, r := &Profile{Net: tt.net}, Report{}
			partly(p, abi, &r)
			network(p, abi, nil, &r)
			var lacking []string
			for _, m := range r.Lacking {
				lacking = append(lacking, m.Name)
			}
			got[abi] = strings.Join(lacking, " ")
			if p.Required = true; (r.required(p) == nil) != (got[abi] == "") {
				t.Errorf("%s, %d: %v", name, abi, r.required(p))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Each version of Landlock is asked for what it knows, and for nothing that it would refuse as unknown.
func TestHandled(t *testing.T) {
	t.Parallel()
	var got []string
	for abi := 1; abi <= 11; abi++ {
		files, ports, scopes := handled(abi)
		got = append(got, fmt.Sprintf("%d: %#x %#x %#x", abi, files, ports, scopes))
	}
	want := []string{
		"1: 0x1fff 0x0 0x0", "2: 0x3fff 0x0 0x0", "3: 0x7fff 0x0 0x0", "4: 0x7fff 0x3 0x0", "5: 0xffff 0x3 0x0", "6: 0xffff 0x3 0x3",
		"7: 0xffff 0x3 0x3", "8: 0xffff 0x3 0x3", "9: 0x1ffff 0x3 0x3", "10: 0x1ffff 0xf 0x3", "11: 0x1ffff 0xf 0x3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A measure that a means was to enforce is told as lacking where that means failed.
func TestMeansThatFail(t *testing.T) {
	t.Parallel()
	fault := errors.New("no")
	for name, tt := range map[string]struct {
		do   func(r *Report)
		want []Measure
	}{
		"no filter, none":   {func(r *Report) { network(&Profile{}, 11, fault, r) }, []Measure{{"network", "no"}}},
		"no filter, all":    {func(r *Report) { network(&Profile{Net: Net{All: true}}, 11, fault, r) }, []Measure{{"network", "no"}}},
		"no landlock":       {func(r *Report) { network(&Profile{Net: Net{Connect: []uint16{1}}}, 0, nil, r) }, []Measure{{"network", "all TCP ports are open: Landlock 0, 4 is needed"}}},
		"no filter, forks":  {func(r *Report) { limitProcesses(1, 0, fault, r) }, []Measure{{"processes", "no"}}},
		"filtered":          {func(r *Report) { limitProcesses(1, 0, nil, r) }, nil},
		"no limit, no need": {func(r *Report) { limitProcesses(0, 0, fault, r) }, nil},
	} {
		var r Report
		tt.do(&r)
		if diff := cmp.Diff(tt.want, r.Lacking); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
