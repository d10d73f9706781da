package semver_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/semver"
)

// The order of section 11 of Semantic Versioning 2.0.0, and of numbers that are longer than a word.
func TestOrder(t *testing.T) {
	t.Parallel()
	ordered := []string{
		"0.0.0", "0.0.1", "0.1.0", "1.0.0-0", "1.0.0-9", "1.0.0-10", "1.0.0-99999999999999999999999", "1.0.0-100000000000000000000000", "1.0.0--1", "1.0.0-alpha", "1.0.0-alpha.1",
		"1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2", "1.10.0", "2.0.0", "10.0.0", "2025.3.1",
	}
	for i, a := range ordered {
		for j, b := range ordered {
			v, w := parsed(t, a), parsed(t, b)
			if got := v.Compare(w); got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
}

func parsed(t *testing.T, text string) semver.Version {
	t.Helper()
	v, err := semver.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1.2.3": "1.2.3", "v1.2.3": "1.2.3", "1.2": "1.2.0", "7": "7.0.0", "1.2.3-rc.1+build.007": "1.2.3-rc.1", "1.0.0+x": "1.0.0", "1.0.0-x-y": "1.0.0-x-y",
		"0.6.2": "0.6.2",
	} {
		if v, err := semver.Parse(text); err != nil || v.String() != want {
			t.Errorf("%q: %v, %v", text, v, err)
		}
	}
	for _, text := range []string{
		"", "v", "x", "1.x", "*", "1.2.3.4", "01.2.3", "1.02.3", "1..3", "1.2.", "1.2.3-", "1.2.3+", "1.2.3-01", "1.2.3-a..b", "1.2.3-ä", "-1.2.3", "+1.2.3",
		"1.2.3 ", " 1.2.3", "1,2", "0x1.2.3", "99999999999999999999.0.0", "latest", "2025-03-01", "1.2-beta", "1.2+build", "١.٢.٣", strings.Repeat("1", 300), "vv1.2.3", "1_0.0.0",
	} {
		if v, err := semver.Parse(text); !errors.Is(err, semver.ErrVersion) {
			t.Errorf("%q: %v, %v", text, v, err)
		}
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	versions := []string{"0.0.3", "0.0.4", "0.1.0", "0.1.5", "0.9.0", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.2.9", "1.3.0-beta", "1.3.0", "2.0.0-0", "2.0.0", "3.0.0"}
	for text, want := range map[string]string{
		">=1.2 <2":         "1.2.0 1.2.9 1.3.0",
		">=1.0.0,<2.0.0":   "1.0.0 1.2.0 1.2.9 1.3.0",
		">= 1.3 , < 3":     "1.3.0 2.0.0",
		"^0.1.0":           "0.1.0 0.1.5",
		"^0.0.3":           "0.0.3",
		"^0.0":             "0.0.3 0.0.4",
		"^0":               "0.0.3 0.0.4 0.1.0 0.1.5 0.9.0",
		"^1.2":             "1.2.0 1.2.9 1.3.0",
		"~1.2":             "1.2.0 1.2.9",
		"~1.2.3":           "1.2.9",
		"~>1":              "1.0.0 1.2.0 1.2.9 1.3.0",
		"1.2":              "1.2.0 1.2.9",
		"1.2.x":            "1.2.0 1.2.9",
		"1.X.*":            "1.0.0 1.2.0 1.2.9 1.3.0",
		"=1.2.9":           "1.2.9",
		"v1.2.9":           "1.2.9",
		"!=1.2.9 >=1.2":    "1.2.0 1.3.0 2.0.0 3.0.0",
		">1.2":             "1.3.0 2.0.0 3.0.0",
		">1.2.0":           "1.2.9 1.3.0 2.0.0 3.0.0",
		"<=1.2":            "0.0.3 0.0.4 0.1.0 0.1.5 0.9.0 1.0.0 1.2.0 1.2.9",
		"1.2 - 2":          "1.2.0 1.2.9 1.3.0 2.0.0",
		"0.0.4 - 0.1.0":    "0.0.4 0.1.0",
		"1.2.9 || >=3":     "1.2.9 3.0.0",
		"*":                "0.0.3 0.0.4 0.1.0 0.1.5 0.9.0 1.0.0 1.2.0 1.2.9 1.3.0 2.0.0 3.0.0",
		">*":               "",
		">2 <1":            "",
		">=1.3.0-alpha <2": "1.3.0-beta 1.3.0",
		"<2.0.0":           "0.0.3 0.0.4 0.1.0 0.1.5 0.9.0 1.0.0 1.2.0 1.2.9 1.3.0",
		"1.0.0-rc.1":       "1.0.0-rc.1",
		"^1.0.0-rc.0":      "1.0.0-rc.1 1.0.0 1.2.0 1.2.9 1.3.0",
	} {
		r, err := semver.ParseRange(text)
		if err != nil {
			t.Error(err)
			continue
		}
		var got []string
		for _, v := range versions {
			if r.Contains(parsed(t, v)) {
				got = append(got, v)
			}
		}
		if strings.Join(got, " ") != want || r.String() != text {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
	for _, text := range []string{
		"", " ", "||", "1 ||", ">=", ">= ", "1.2 -", "- 2", "=>1", ">=>1", "^^1", "latest", ">=1.0.0 || bad", "1.x.3", "!=1.2", ">=1.x-beta", strings.Repeat("1 ", 100), "1.2 - >3",
		strings.Repeat("1||", 80) + "1",
	} {
		if r, err := semver.ParseRange(text); !errors.Is(err, semver.ErrRange) || r.Contains(semver.Version{Major: 1}) {
			t.Errorf("%q: %v, %v", text, r, err)
		}
	}
	var none semver.Range
	if none.Contains(semver.Version{}) {
		t.Error("the zero range contains something")
	}
}

// A version is written as it is read, and a range from one release to another contains what lies between.
func TestProperties(t *testing.T) {
	t.Parallel()
	number := rapid.Uint64Range(0, 4)
	release := rapid.Custom(func(t *rapid.T) semver.Version {
		return semver.Version{Major: number.Draw(t, "major"), Minor: number.Draw(t, "minor"), Patch: number.Draw(t, "patch")}
	})
	rapid.Check(t, func(t *rapid.T) {
		v, low, high := release.Draw(t, "v"), release.Draw(t, "low"), release.Draw(t, "high")
		if again, err := semver.Parse(v.String()); err != nil || again != v {
			t.Fatalf("%v is read as %v, %v", v, again, err)
		}
		for text, want := range map[string]bool{
			">=" + low.String() + " <" + high.String(): v.Compare(low) >= 0 && v.Compare(high) < 0,
			low.String() + " - " + high.String():       v.Compare(low) >= 0 && v.Compare(high) <= 0,
			low.String() + " || " + high.String():      slices.Contains([]semver.Version{low, high}, v),
			"~" + low.String():                         v.Compare(low) >= 0 && v.Major == low.Major && v.Minor == low.Minor,
		} {
			r, err := semver.ParseRange(text)
			if err != nil || r.Contains(v) != want {
				t.Fatalf("%v in %q: %v, %v", v, text, r.Contains(v), err)
			}
		}
	})
}

func FuzzRange(f *testing.F) {
	for _, seed := range []string{">=1.2 <2", "^1", "1.x || 2", "1 - 2", "~>1.2.3-beta.1+x", "\xff", "v"} {
		f.Add(seed, "1.2.3-rc.1")
	}
	f.Fuzz(func(t *testing.T, text, version string) {
		v, err := semver.Parse(version)
		if err == nil {
			if again, err := semver.Parse(v.String()); err != nil || again != v {
				t.Errorf("%q is %v, which is read as %v, %v", version, v, again, err)
			}
		}
		if r, err := semver.ParseRange(text); err != nil && r.Contains(v) {
			t.Errorf("%q is no range and contains %v", text, v)
		}
	})
}
