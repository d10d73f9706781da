// Package dial makes HTTP clients for addresses that strangers may have a say in: of other servers, of what they redirect
// to, of names that somebody else's DNS resolves. Such a client reaches the public internet, and of everything else only
// what it was permitted: the address is judged when it is connected to, resolved and after every redirect, so that no name
// leads to the machine itself, to its network, or to the service that hands out a cloud's credentials.
package dial

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// What bounds a client where Options say nothing.
const (
	DefaultConnect   = 10 * time.Second // to connect, and again for TLS
	DefaultRedirects = 3
	maxHeaders       = 64 << 10 // bytes of a response's headers
	maxConnections   = 256      // to one host
	maxIdle          = 16       // of them without a request
	idle             = 60 * time.Second
)

// The errors of a client. Both are found in what it returns with errors.Is.
var (
	ErrForbidden = errors.New("the address is not permitted")
	ErrRedirect  = errors.New("the redirect is not followed")
)

// Options say what a client may reach. The zero value reaches public addresses, over TLS.
type Options struct {
	// Permit are addresses that may be reached though they are not public, with or without TLS. Those where clouds keep
	// their machines' credentials cannot be permitted. See Private.
	Permit []netip.Prefix
	// Proxy says through which proxy a request goes, as http.ProxyFromEnvironment does. The proxy's own address is then the
	// one that is judged, and what it connects to is its business. Nil goes through none, whatever the environment says.
	Proxy func(*http.Request) (*url.URL, error)
	// Resolver looks up names. Nil is the system's.
	Resolver *net.Resolver
	// TLS is what servers are verified with. Nil is the system's. At least version 1.2 is spoken either way.
	TLS *tls.Config
	// Connect is for how long a connection is tried, and then TLS; 0 is DefaultConnect.
	Connect time.Duration
}

// Private are the addresses of this machine and of private networks, for Options.Permit: loopback, RFC 1918, unique local
// (RFC 4193), and the range of RFC 6598 that overlay networks use too. Link-local addresses are not among them.
func Private() []netip.Prefix {
	return prefixes("127.0.0.0/8 ::1/128 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7")
}

// prefixes reads a list of our own.
func prefixes(list string) []netip.Prefix {
	fields := strings.Fields(list)
	all := make([]netip.Prefix, len(fields))
	for i, text := range fields {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

func within(ip netip.Addr, all []netip.Prefix) bool {
	return slices.ContainsFunc(all, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// embedded is the address that another one stands for: of IPv4 where it is mapped (RFC 4291) or translated (RFC 6052).
func embedded(ip netip.Addr) netip.Addr {
	ip = ip.WithZone("").Unmap()
	if netip.MustParsePrefix("64:ff9b::/96").Contains(ip) {
		b := ip.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return ip
}

// Public reports whether an address is one of the public internet: none of IANA's special-purpose registries for IPv4 and
// IPv6, no multicast, and no IPv6 form of such an address. Of tunnels (6to4, Teredo) none is.
func Public(ip netip.Addr) bool {
	ip = embedded(ip)
	if ip.Is4() {
		return !within(ip, prefixes(`0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
			192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
			224.0.0.0/3`))
	}
	return within(ip, prefixes("2000::/3")) && !within(ip, prefixes("2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20"))
}

// secretive reports whether an address is one where clouds keep credentials: of AWS, Google, Azure and many others, of
// AWS for containers and over IPv6, and of Alibaba.
func secretive(ip netip.Addr) bool {
	return within(ip, prefixes("169.254.169.254/32 169.254.170.2/32 169.254.170.23/32 fd00:ec2::254/128 fd00:ec2::23/128 fd20:ce::254/128 100.100.100.200/32"))
}

// permitted reports whether an address may be reached that need not be public.
func (o *Options) permitted(ip netip.Addr) bool {
	ip = embedded(ip)
	return !secretive(ip) && within(ip, o.Permit)
}

// Client returns a client that reaches what the options say and nothing else. It has no limit of time: requests have their
// contexts.
func Client(o Options) *http.Client {
	o.Permit = slices.Clone(o.Permit)
	if o.Connect == 0 {
		o.Connect = DefaultConnect
	}
	g := &guard{
		plain:  o.transport(o.permitted),
		secure: o.transport(func(ip netip.Addr) bool { return Public(ip) || o.permitted(ip) }),
	}
	g.plain.Proxy = nil // a proxy would see everything
	return &http.Client{Transport: g, CheckRedirect: redirected}
}

// transport connects to the addresses that are allowed.
func (o *Options) transport(allowed func(netip.Addr) bool) *http.Transport {
	dialer := &net.Dialer{
		Timeout: o.Connect, KeepAlive: 30 * time.Second, Resolver: o.Resolver,
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrForbidden, err)
			}
			if !allowed(to.Addr()) {
				return fmt.Errorf("%w: %s", ErrForbidden, describe(to.Addr()))
			}
			return nil
		},
	}
	secure := o.TLS.Clone()
	if secure == nil {
		secure = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	secure.MinVersion = max(secure.MinVersion, tls.VersionTLS12)
	return &http.Transport{
		Proxy: o.Proxy, DialContext: dialer.DialContext, TLSClientConfig: secure, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: o.Connect, MaxResponseHeaderBytes: maxHeaders,
		MaxConnsPerHost: maxConnections, MaxIdleConnsPerHost: maxIdle, MaxIdleConns: maxIdle, IdleConnTimeout: idle,
	}
}

// describe says why an address is not reached, for whoever may want to permit it.
func describe(ip netip.Addr) string {
	switch plain := embedded(ip); {
	case secretive(plain):
		return ip.String() + ", where a cloud keeps credentials"
	case Public(plain):
		return ip.String() + " without TLS: use https"
	case plain.IsLoopback():
		return ip.String() + " is this machine"
	default:
		return ip.String() + " is not public"
	}
}

// A guard makes requests with TLS to where they may go, and without it to where those may.
type guard struct{ plain, secure *http.Transport }

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" {
		return g.plain.RoundTrip(r)
	}
	return g.secure.RoundTrip(r)
}

// CloseIdleConnections is called by http.Client's.
func (g *guard) CloseIdleConnections() {
	g.plain.CloseIdleConnections()
	g.secure.CloseIdleConnections()
}

// redirected judges a redirect, and takes from a request to another origin whatever was meant for the first one.
func redirected(r *http.Request, via []*http.Request) error {
	first, from := via[0], via[len(via)-1]
	switch {
	case len(via) > DefaultRedirects:
		return fmt.Errorf("%w: there were %d before it", ErrRedirect, DefaultRedirects)
	case r.URL.Scheme != "https" && r.URL.Scheme != from.URL.Scheme:
		return fmt.Errorf("%w: it leads away from TLS", ErrRedirect)
	case r.URL.User != nil:
		return fmt.Errorf("%w: it has a user or password", ErrRedirect)
	case r.Method != first.Method:
		return fmt.Errorf("%w: it makes a %s of a %s", ErrRedirect, r.Method, first.Method)
	}
	r.Header.Del("Referer") // an address may have secrets
	if elsewhere(r, first) || slices.ContainsFunc(via, func(v *http.Request) bool { return elsewhere(v, first) }) {
		for name := range r.Header {
			if !slices.Contains([]string{"Accept", "Content-Type", "User-Agent"}, name) {
				delete(r.Header, name)
			}
		}
	}
	return nil
}

// elsewhere reports whether two requests go to different origins.
func elsewhere(a, b *http.Request) bool {
	return a.URL.Scheme != b.URL.Scheme || !strings.EqualFold(a.URL.Host, b.URL.Host)
}
