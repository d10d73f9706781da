package secret

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ErrPlace says that a credential is named where it must not be.
var ErrPlace = errors.New("may not be used there")

// MaxName bounds the name of a credential, in bytes.
const MaxName = 64

// named finds the names of credentials in texts.
func named() *regexp.Regexp { return regexp.MustCompile(`\{\{cred:([A-Za-z0-9_-]{1,64})\}\}`) }

// Mark is how a credential is named in an argument.
func Mark(name string) string { return "{{cred:" + name + "}}" }

// ValidName reports whether a credential can be called so.
func ValidName(name string) bool {
	return named().FindString(Mark(name)) == Mark(name)
}

// Fill returns arguments, a JSON object, with credentials in the place of their names. value returns the credential of a name,
// or an error where it is not for the place that a pointer (RFC 6901) names; it is asked for each place. In the name of a
// member no credential is filled in: that is ErrPlace.
func Fill(arguments []byte, value func(name, pointer string) (string, error)) ([]byte, error) {
	find := named()
	return texts(arguments, func(at place, text string) (string, bool, error) {
		if !strings.Contains(text, "{{cred:") || !find.MatchString(text) {
			return "", false, nil
		}
		pointer := pointerOf(at.pointer)
		if at.name {
			return "", false, fmt.Errorf("a credential %w: in the name of %.200q", ErrPlace, pointer)
		}
		var fault error
		filled := find.ReplaceAllStringFunc(text, func(mark string) string {
			got, err := value(find.FindStringSubmatch(mark)[1], pointer)
			fault = errors.Join(fault, err)
			return got
		})
		return filled, true, fault
	})
}

// pointerOf writes a pointer.
func pointerOf(segments []string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(s))
	}
	return b.String()
}

// Within reports whether a pointer is one of some patterns, each a pointer in which * stands for any one segment.
func Within(pointer string, patterns []string) bool {
	segments := strings.Split(pointer, "/")
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		wanted := strings.Split(pattern, "/")
		if len(wanted) != len(segments) {
			return false
		}
		for i := range wanted {
			if wanted[i] != segments[i] && (wanted[i] != "*" || i == 0) {
				return false
			}
		}
		return true
	})
}
