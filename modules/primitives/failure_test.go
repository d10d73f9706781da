package primitives_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// fixed makes failures at one time with ids that start from zeros.
func fixed() primitives.Failures {
	now := func() time.Time { return time.Date(2026, 7, 28, 12, 0, 0, 0, time.UTC) }
	return primitives.Failures{IDs: primitives.NewIDs(now, zeros{}), Now: now}
}

func TestFailureFrom(t *testing.T) {
	t.Parallel()
	_, missing := os.Open("/none/at/all")
	for _, c := range []struct {
		name      string
		err       error
		want      primitives.FailureType
		severity  primitives.Severity
		retryable bool
	}{
		{"deadline", fmt.Errorf("reading: %w", context.DeadlineExceeded), primitives.FailureTimeout, primitives.SeverityMedium, true},
		{"cancelled", context.Canceled, primitives.FailureCancelled, primitives.SeverityLow, true},
		{"missing file", missing, primitives.FailureNotFound, primitives.SeverityLow, false},
		{"exists", fs.ErrExist, primitives.FailureConflict, primitives.SeverityLow, true},
		{"no permission", fs.ErrPermission, primitives.FailurePermissionDenied, primitives.SeverityMedium, false},
		{"a type", fmt.Errorf("chain: %w", primitives.FailureIntegrity), primitives.FailureIntegrity, primitives.SeverityCritical, false},
		{"anything", errors.New("odd"), primitives.FailureUnknown, primitives.SeverityMedium, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := fixed().From("file_read", c.err)
			if f.Type != c.want || f.Severity != c.severity || f.Retryable != c.retryable || !errors.Is(f, c.want) {
				t.Errorf("got %v, %v, retryable %v", f.Type, f.Severity, f.Retryable)
			}
		})
	}
	if f := fixed().From("x", nil); f != nil {
		t.Errorf("no error became %v", f)
	}
	first := fixed().New(primitives.FailureTimeout, "x", "late", nil)
	if again := fixed().From("y", fmt.Errorf("wrapped: %w", first)); again != first {
		t.Errorf("a failure became another: %v", again)
	}
}

func TestFailureDocument(t *testing.T) {
	t.Parallel()
	f := fixed().New(primitives.FailureUnavailable, "kv_get", "backend does not answer", errors.New("dial tcp 127.0.0.1:6379: refused"))
	got, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back primitives.Failure
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*f, back, cmpopts.IgnoreUnexported(primitives.Failure{})); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
	if back.Unwrap() == nil || back.Cause.Unwrap() != nil || f.Error() != "unavailable: kv_get: backend does not answer" {
		t.Errorf("causes of %v", back)
	}
	var kind primitives.FailureType
	if err := json.Unmarshal([]byte(`"invented"`), &kind); err == nil {
		t.Error("an unknown type was accepted")
	}
}

func TestFailureChainIsBounded(t *testing.T) {
	t.Parallel()
	err := errors.New("root")
	for range 50 {
		err = fmt.Errorf("wrap: %w", err)
	}
	depth := 0
	for f := fixed().New(primitives.FailureUnknown, "x", "top", err); f != nil; f = f.Cause {
		depth++
	}
	if depth > 10 {
		t.Errorf("chain of %d", depth)
	}
}

// A loop that makes each failure the cause of the next must not make a document without end.
func TestFailureChainOfFailuresIsBounded(t *testing.T) {
	t.Parallel()
	var err error
	var last *primitives.Failure
	for range 50 {
		last = fixed().New(primitives.FailureTimeout, "x", "again", err)
		err = last
	}
	depth := 0
	for f := last; f != nil; f = f.Cause {
		depth++
	}
	if depth < 8 || depth > 10 || !errors.Is(last, primitives.FailureTimeout) {
		t.Errorf("chain of %d", depth)
	}
}

func TestFingerprintGroups(t *testing.T) {
	t.Parallel()
	of := func(message string) string {
		return primitives.Fingerprint(primitives.FailureNotFound, "file_read", message)
	}
	same := []string{
		`open /home/ann/a.txt: "id 17" is 5 bytes`, `open /var/tmp/other: "id 90210" is 12.5 bytes`, `open C:\x\y: 'z'  is 1e9 bytes`,
	}
	for _, message := range same[1:] {
		if of(message) != of(same[0]) {
			t.Errorf("%q and %q differ", same[0], message)
		}
	}
	if of(same[0]) == of("open /x: denied") || of("a") == primitives.Fingerprint(primitives.FailureTimeout, "file_read", "a") {
		t.Error("different failures share a fingerprint")
	}
}

func TestRedacted(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`token "abc" refused at https://u:p@host/x`:         `token <text> refused at <uri>`,
		"login: password: hunter2 is wrong":                 "login: password: <hidden> is wrong",
		"password=hunter2&user=ann":                         "password=<hidden>=<hidden>",
		"Authorization: Bearer abc.def rejected":            "Authorization: <hidden> <hidden> rejected",
		"Authorization: Basic dTpw":                         "Authorization: <hidden> <hidden>",
		"api_key 'k-1' unknown":                             "api_key <text> unknown",
		"dial tcp 127.0.0.1:6379: connect: refused":         "dial tcp <n>:<n>: connect: refused",
		"open /home/ann/a.txt: permission denied":           "open <path>: permission denied",
		`open C:\Users\ann\x: denied`:                       "open <path>: denied",
		"mail to ann@example.org bounced":                   "mail to <address> bounced",
		"commit deadbeef01 of 3 in 12.5s, 1e9 bytes":        "commit <hex> of <n> in <n>s, <n> bytes",
		"call 019fa8b4-bfae-7000-8000-000000000000 is gone": "call <id> is gone",
		"it doesn't answer, and won't":                      "it doesn't answer, and won't",
		"an unclosed \"quotation":                           "an unclosed \"quotation",
		"  spaces\t and\nlines ":                            "spaces and lines",
		strings.Repeat("s3cr3t", 6):                         "<token>",
	} {
		if got := fixed().New(primitives.FailureUnknown, "x", in, errors.New(in)).Redacted(); got.Message != want || got.Cause.Message != want || got.Cause.Unwrap() != nil {
			t.Errorf("%q\ngot  %q\nwant %q", in, got.Message, want)
		}
	}
	if got := fixed().New(primitives.FailureUnknown, "x", strings.Repeat("word ", 10_000), nil).Redacted(); len(got.Message) > 5_000 {
		t.Errorf("a message of %d bytes", len(got.Message))
	}
}

func FuzzRedacted(f *testing.F) {
	for _, seed := range []string{`"a" 'b' /c/d`, "password: x", "é=ü", "a'b\xff", "1e+5 -3 ..", `C:\x`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		const secret = "Zq7hunter"
		for _, leak := range []string{message + ` "` + secret + `"`, message + " password: " + secret, message + " k=" + secret} {
			if strings.ContainsAny(message, "\"'`=:") || len(message) > 4_000 {
				continue // what stands before may quote or assign otherwise
			}
			if got := fixed().New(primitives.FailureUnknown, "x", leak, nil).Redacted().Message; strings.Contains(got, secret) {
				t.Fatalf("%q is redacted to %q", leak, got)
			}
		}
		_ = fixed().New(primitives.FailureUnknown, "x", message, nil).Redacted()
	})
}

func BenchmarkFailure(b *testing.B) {
	failures := primitives.Failures{IDs: primitives.NewIDs(nil, nil)}
	b.ReportAllocs()
	for b.Loop() {
		_ = failures.New(primitives.FailureNotFound, "file_read", `open /home/ann/notes/a.txt: no such file or directory (try 3 of 5)`, nil)
	}
}
