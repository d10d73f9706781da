package dial_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/dial"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"1.1.1.1": true, "93.184.215.14": true, "172.15.0.1": true, "172.32.0.1": true, "100.128.0.1": true, "223.255.255.255": true,
		"0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false, "100.64.0.1": false, "100.127.255.255": false, "127.0.0.1": false,
		"127.255.0.1": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false, "192.0.0.1": false, "192.0.2.1": false,
		"192.88.99.1": false, "192.168.1.1": false, "198.18.0.1": false, "198.19.255.255": false, "198.51.100.1": false, "203.0.113.1": false,
		"224.0.0.1": false, "239.255.255.250": false, "240.0.0.1": false, "255.255.255.255": false,
		"2606:4700:4700::1111": true, "2a00::1": true,
		"::": false, "::1": false, "::2": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false,
		"ff02::1": false, "2001::1": false, "2001:db8::1": false, "2002:7f00:1::": false, "2002:101:101::": false, "3fff::1": false, "fec0::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:1.1.1.1": true, "::127.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b::101:101": true, "64:ff9b:1::101:101": false, "100::1": false,
	} {
		if got := dial.Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
	if dial.Public(netip.Addr{}) {
		t.Error("no address at all is public")
	}
}

// get makes a request and returns what the body says.
func get(t *testing.T, o dial.Options, method, address string, headers map[string]string) (string, error) {
	t.Helper()
	c := dial.Client(o)
	defer c.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	answer, err := c.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

// No form of an address leads to where it must not.
func TestForbidden(t *testing.T) {
	t.Parallel()
	all := dial.Options{Permit: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
	for name, test := range map[string]struct {
		o       dial.Options
		address string
	}{
		"loopback":            {dial.Options{}, "https://127.0.0.1:1/"},
		"loopback by name":    {dial.Options{}, "https://localhost:1/"},
		"loopback of IPv6":    {dial.Options{}, "https://[::1]:1/"},
		"mapped":              {dial.Options{}, "https://[::ffff:127.0.0.1]:1/"},
		"unspecified":         {dial.Options{}, "https://0.0.0.0:1/"},
		"unspecified of IPv6": {dial.Options{}, "https://[::]:1/"},
		"private":             {dial.Options{}, "https://10.0.0.1:1/"},
		"metadata":            {dial.Options{}, "http://169.254.169.254/latest/meta-data/"},
		"metadata always":     {all, "http://169.254.169.254/latest/meta-data/"},
		"metadata mapped":     {all, "http://[::ffff:169.254.169.254]/"},
		"metadata translated": {all, "http://[64:ff9b::a9fe:a9fe]/"},
		"metadata of IPv6":    {dial.Options{Permit: dial.Private()}, "http://[fd00:ec2::254]/"},
		"metadata of Alibaba": {dial.Options{Permit: dial.Private()}, "http://100.100.100.200/"},
		"link-local":          {dial.Options{Permit: dial.Private()}, "https://169.254.1.1/"},
		"public without TLS":  {dial.Options{Permit: dial.Private()}, "http://1.1.1.1/"},
		"name for loopback":   {dial.Options{Resolver: resolver(map[string]string{"inner.example.": "127.0.0.1"})}, "https://inner.example:1/"},
		"name for metadata":   {dial.Options{Resolver: resolver(map[string]string{"inner.example.": "169.254.169.254"}), Permit: dial.Private()}, "http://inner.example/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := get(t, test.o, http.MethodGet, test.address, nil); !errors.Is(err, dial.ErrForbidden) {
				t.Error(err)
			}
		})
	}
}

// resolver answers for names from a table: a DNS server over a pipe, which frames messages as TCP does (RFC 1035).
func resolver(names map[string]string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() { // it ends with the resolver's end of the pipe
			defer func() { _ = ours.Close() }()
			var size [2]byte
			for {
				if _, err := io.ReadFull(ours, size[:]); err != nil {
					return
				}
				question := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(ours, question); err != nil {
					return
				}
				reply := answer(question, names)
				if _, err := ours.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
					return
				}
			}
		}()
		return theirs, nil
	}}
}

// answer is the reply to a question of DNS.
func answer(question []byte, names map[string]string) []byte {
	at, name := 12, ""
	for question[at] != 0 {
		n := int(question[at])
		name += string(question[at+1:at+1+n]) + "."
		at += n + 1
	}
	end := at + 5
	ip, known := names[name]
	reply := append([]byte{}, question[:end]...)
	reply[2], reply[3] = 0x81, 0x80 // a response to what was asked recursively
	copy(reply[4:12], []byte{0, 1, 0, 0, 0, 0, 0, 0})
	if known && question[at+2] == 1 { // type A
		reply[7] = 1
		to := netip.MustParseAddr(ip).As4()
		reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		reply = append(reply, to[:]...)
	}
	return reply
}

// What is permitted is reached, by its name too.
func TestPermitted(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) }))
	t.Cleanup(server.Close)
	at, _ := url.Parse(server.URL)
	o := dial.Options{Permit: dial.Private(), Resolver: resolver(map[string]string{"inner.example.": "127.0.0.1"})}
	for _, host := range []string{"127.0.0.1:" + at.Port(), "inner.example:" + at.Port()} {
		if got, err := get(t, o, http.MethodGet, "http://"+host, nil); err != nil || got != host {
			t.Errorf("%s: %s, %v", host, got, err)
		}
	}
	if _, err := get(t, dial.Options{}, http.MethodGet, server.URL, nil); !errors.Is(err, dial.ErrForbidden) {
		t.Error(err)
	}
}

// Redirects are judged as what they lead to, and carry no secrets away.
func TestRedirects(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Join([]string{r.Method, r.Header.Get("Authorization"), r.Header.Get("X-Key"), r.Header.Get("Accept"), r.Header.Get("Referer")}, "|"))
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if back := r.URL.Query().Get("back"); back != "" {
			http.Redirect(w, r, back, http.StatusTemporaryRedirect)
			return
		}
		echo(w, r)
	}))
	t.Cleanup(other.Close)
	var first *httptest.Server
	first = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var to string
		status := http.StatusTemporaryRedirect
		switch r.URL.Path {
		case "/end":
			echo(w, r)
			return
		case "/here":
			to = "/end"
		case "/there":
			to = other.URL
		case "/back":
			to = other.URL + "?back=" + url.QueryEscape(first.URL+"/end")
		case "/see":
			to, status = "/end", http.StatusSeeOther
		case "/metadata":
			to = "http://169.254.169.254/latest"
		case "/user":
			to = "http://a:b@" + r.Host + "/end"
		case "/file":
			to = "file:///etc/passwd"
		default: // round and round
			to = r.URL.Path + "x"
		}
		http.Redirect(w, r, to, status)
	}))
	t.Cleanup(first.Close)
	o := dial.Options{Permit: dial.Private()}
	headers := map[string]string{"Authorization": "hush", "X-Key": "hush", "Accept": "text/plain"}
	for path, want := range map[string]string{"/here": "POST|hush|hush|text/plain|", "/there": "POST|||text/plain|", "/back": "POST|||text/plain|"} {
		got, err := get(t, o, http.MethodPost, first.URL+path, headers)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v, (-want +got):\n%s", path, err, diff)
		}
	}
	for path, want := range map[string]error{"/see": dial.ErrRedirect, "/metadata": dial.ErrForbidden, "/user": dial.ErrRedirect, "/file": dial.ErrRedirect, "/x": dial.ErrRedirect} {
		if _, err := get(t, o, http.MethodPost, first.URL+path, headers); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TLS is not left, and not spoken below 1.2.
func TestTLS(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	server := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	trusted := server.Client().Transport.(*http.Transport).TLSClientConfig
	if _, err := get(t, dial.Options{Permit: dial.Private(), TLS: trusted}, http.MethodGet, server.URL, nil); !errors.Is(err, dial.ErrRedirect) {
		t.Error(err)
	}
	if _, err := get(t, dial.Options{Permit: dial.Private()}, http.MethodGet, server.URL, nil); err == nil || errors.Is(err, dial.ErrRedirect) {
		t.Error(err)
	}
}
