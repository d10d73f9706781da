package redisstate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mcp-kernel/mcp-kernel/state/redisstate"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]redisstate.Options{
		"redis://":                            {},
		"redis://localhost":                   {Addresses: []string{"localhost:6379"}},
		"redis://localhost:7000/3":            {Addresses: []string{"localhost:7000"}, DB: 3},
		"redis://[::1]:7000":                  {Addresses: []string{"[::1]:7000"}},
		"redis://[::1]/":                      {Addresses: []string{"[::1]:6379"}},
		"redis://:secret@h":                   {Addresses: []string{"h:6379"}, Password: "secret"},
		"redis://me:a%2Fb%40c%3Ad%25+e@h":     {Addresses: []string{"h:6379"}, Username: "me", Password: "a/b@c:d%+e"},
		"redis://me:a@b@h":                    {Addresses: []string{"h:6379"}, Username: "me", Password: "a@b"},
		"redis://h?prefix=a+b%3A&pool=3":      {Addresses: []string{"h:6379"}, Prefix: "a b:", Pool: 3},
		"redis://h?timeout=1s&dial_timeout=2": {},
		"redis://a,b:2,[::3]:3?cluster=true":  {Addresses: []string{"a:6379", "b:2", "[::3]:3"}, Cluster: true},
		"redis://u:p@a:1,b:2/1?master=m&sentinel_user=x&sentinel_password=y": {
			Addresses: []string{"a:1", "b:2"}, DB: 1, Master: "m", Username: "u", Password: "p",
			SentinelUsername: "x", SentinelPassword: "y",
		},
		"redis://h?timeout=1s&dial_timeout=2s": {Addresses: []string{"h:6379"}, Timeout: time.Second, DialTimeout: 2 * time.Second},
	} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			got, err := redisstate.Parse(url)
			if bad := strings.HasSuffix(url, "dial_timeout=2"); bad != (err != nil) {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestParseTLS(t *testing.T) {
	t.Parallel()
	o, err := redisstate.Parse("rediss://h?server_name=other")
	check(t, err)
	if o.TLS == nil || o.TLS.ServerName != "other" || o.TLS.InsecureSkipVerify {
		t.Errorf("TLS is %+v", o.TLS)
	}
}

// TestParseFaults wants a word of each fault, and of no password a part.
func TestParseFaults(t *testing.T) {
	t.Parallel()
	for url, words := range map[string]string{
		"http://me:hunter2@h":                       "redis:// or rediss://",
		"redis:h":                                   "redis://",
		"redis://me:hunter2/3@h":                    "%2F",
		"redis://me:hunter%zz2@h":                   "hexadecimal",
		"redis://me:hunter2@h:x":                    "host:port",
		"redis://me:hunter2@h:70000":                "host:port",
		"redis://me:hunter2@a b":                    "host:port",
		"redis://me:hunter2@h/x":                    "number of a database",
		"redis://me:hunter2@h/-1":                   "negative",
		"redis://me:hunter2@h?timeout=x":            "timeout",
		"redis://me:hunter2@h?timeout=-1s":          "negative",
		"redis://me:hunter2@h?pool=x&cluster=maybe": "cluster",
		"redis://me:hunter2@h?pool=100000":          "100000",
		"redis://me:hunter2@h?pool=1&pool=2":        "2 times",
		"redis://me:hunter2@h?size=3":               `"size"`,
		"redis://me:hunter2@h?a=%zz":                "percent-encoding",
		"redis://me:hunter2@h?prefix={x}":           "braces",
		"redis://me:hunter2@a,b":                    "2 addresses",
		"redis://me:hunter2@a/2?cluster=true":       "database 2",
		"redis://me:hunter2@a?cluster=true&master=m&sentinel_password=hunter2": "Sentinel",
		"redis://me:hunter2@h?ca=/x":               "rediss://",
		"rediss://me:hunter2@h?ca=/no/such/file":   "/no/such/file",
		"rediss://me:hunter2@h?cert=/no/such/file": "cert and key",
	} {
		_, err := redisstate.Parse(url)
		if err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: error %v, want one about %s", url, err, words)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, url := range []string{
		"redis://", "redis://u:p%40@a:1,[::1]:2/3?cluster=true&prefix=x", "rediss://h?ca=&cert=&key=", "redis://@,/?", "redis://%:%@%/%?%",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		o, err := redisstate.Parse(url)
		if err != nil && !cmp.Equal(o, redisstate.Options{}, cmpopts.IgnoreUnexported()) {
			t.Errorf("%q: an error and settings: %+v", url, o)
		}
		for _, address := range o.Addresses {
			if strings.ContainsAny(address, "@, ") {
				t.Errorf("%q: address %q", url, address)
			}
		}
	})
}
