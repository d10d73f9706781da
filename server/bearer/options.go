package bearer

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// An Issuer is an authorization server whose tokens are taken.
type Issuer struct {
	// URL is the issuer's identifier, to the letter as its tokens have it in iss: https, or http on a loopback address,
	// without query and fragment.
	URL string
	// JWKS is where its keys are. Empty: its metadata say so (RFC 8414, or OpenID Connect Discovery).
	JWKS string
}

// Options say whose tokens are taken, and for whom they must be. Resource or Audiences and at least one issuer are needed.
type Options struct {
	Resource  string   // the canonical URI of this server, which aud must have (RFC 8707)
	Audiences []string // other values of aud that mean this server
	Issuers   []Issuer
	Groups    string        // the claim that lists groups, at the top of the token; empty is "groups"
	Leeway    time.Duration // that clocks may differ; 0 is a minute, and five are the most
	Outage    time.Duration // for which an issuer's keys hold that it does not confirm; 0 is a day
	Now       func() time.Time
	Client    *http.Client // that fetches metadata and keys; nil has limits of its own. It must follow no redirects
	OnFault   func(error)  // told when an issuer's keys cannot be had; nil drops it
}

const (
	usualLeeway = time.Minute
	mostLeeway  = 5 * time.Minute
	usualOutage = 24 * time.Hour
	maxIssuers  = 32
)

// validate reports every fault of the options, and fills in what is left out.
func (o *Options) validate() error {
	var faults []error
	if o.Resource == "" && len(o.Audiences) == 0 {
		faults = append(faults, errors.New("resource: missing: tokens name it as their audience"))
	}
	if o.Resource != "" {
		faults = append(faults, CheckURL("resource", o.Resource))
	}
	if slices.Contains(o.Audiences, "") {
		faults = append(faults, errors.New("audiences: one is empty"))
	}
	if len(o.Issuers) == 0 || len(o.Issuers) > maxIssuers {
		faults = append(faults, fmt.Errorf("issuers: %d: want 1 to %d", len(o.Issuers), maxIssuers))
	}
	seen := map[string]bool{}
	for i, issuer := range o.Issuers {
		name := fmt.Sprintf("issuers[%d].", i)
		faults = append(faults, CheckURL(name+"url", issuer.URL))
		if issuer.JWKS != "" {
			faults = append(faults, CheckURL(name+"jwks_url", issuer.JWKS))
		}
		if seen[issuer.URL] {
			faults = append(faults, fmt.Errorf("%surl: %q is there twice", name, issuer.URL))
		}
		seen[issuer.URL] = true
	}
	if o.Leeway < 0 || o.Leeway > mostLeeway {
		faults = append(faults, fmt.Errorf("leeway: %s: want at most %s", o.Leeway, mostLeeway))
	}
	if o.Outage < 0 {
		faults = append(faults, errors.New("outage: must not be negative"))
	}
	o.fill()
	return errors.Join(faults...)
}

func (o *Options) fill() {
	if o.Groups == "" {
		o.Groups = "groups"
	}
	if o.Leeway == 0 {
		o.Leeway = usualLeeway
	}
	if o.Outage == 0 {
		o.Outage = usualOutage
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Client == nil {
		o.Client = newClient()
	}
	if o.OnFault == nil {
		o.OnFault = func(error) {}
	}
}

// CheckURL reports why a text is no URL that keys may come from, or a server be known by; name is what it is called in the
// error. It must be https, or http on a loopback address, and have neither a user, a query nor a fragment.
func CheckURL(name, text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || strings.ContainsAny(text, "?#@ \t\r\n"):
		return fmt.Errorf("%s: %q must be like https://issuer.example, without user, query and fragment", name, text)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	default:
		return fmt.Errorf("%s: %q must be https: keys and names that came in plain text prove nothing", name, text)
	}
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

const fetchTimeout = 5 * time.Second

// newClient returns a client that goes where it is sent and nowhere else.
func newClient() *http.Client {
	return &http.Client{
		Timeout: fetchTimeout,
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: fetchTimeout}).DialContext,
			TLSHandshakeTimeout:    fetchTimeout,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        30 * time.Second,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
