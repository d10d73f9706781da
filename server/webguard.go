package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// A guard decides who may speak to the endpoint before anything is read of what they say.
type guard struct {
	hosts   []string
	origins []string
}

func newGuard(o HTTPOptions) guard { return guard{hosts: o.Hosts, origins: o.Origins} }

// host reports whether the request was sent to a name of ours. A web page that its owner let resolve to this machine
// (DNS rebinding) sends the name of that page. Where clients come from elsewhere and no names are configured, what they
// authenticate with is what keeps such a page out.
func (g *guard) host(r *http.Request) bool {
	name := hostName(r.Host)
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	switch {
	case slices.ContainsFunc(g.hosts, func(known string) bool { return strings.EqualFold(known, name) }):
		return true
	case isLoopback(local):
		return isLoopbackName(name)
	default:
		return len(g.hosts) == 0
	}
}

// hostName is the host of a Host header, without its port and without brackets.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

func isLoopbackName(name string) bool {
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.Unmap().IsLoopback()
}

// origin reports whether a page of that origin may call, and whether it has to be told so because it is not ours.
func (g *guard) origin(r *http.Request) (allowed, foreign bool) {
	values := r.Header["Origin"]
	if len(values) == 0 {
		return true, false
	}
	if len(values) > 1 {
		return false, true
	}
	if slices.ContainsFunc(g.origins, func(known string) bool { return strings.EqualFold(known, values[0]) }) {
		return true, true
	}
	page, err := url.Parse(values[0])
	return err == nil && page.Host != "" && strings.EqualFold(page.Host, r.Host), false
}

// endpoint checks who asks, and from where, and answers by the method.
func (h *HTTP) endpoint(w http.ResponseWriter, r *http.Request) {
	allowed, foreign := h.guard.origin(r)
	switch {
	case !h.guard.host(r):
		h.refuse(w, http.StatusForbidden, codeInvalid, "the Host header names no host of this server")
		return
	case !allowed:
		h.refuse(w, http.StatusForbidden, codeInvalid, "the Origin header names a page that may not call this server")
		return
	case foreign:
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Expose-Headers", headerSession+", WWW-Authenticate")
		w.Header().Add("Vary", "Origin")
	}
	switch r.Method {
	case http.MethodPost, http.MethodGet, http.MethodDelete:
		h.admit(w, r)
	case http.MethodOptions:
		options(w, r, foreign)
	default:
		h.notAllowed(w, allMethods, "the endpoint knows "+allMethods)
	}
}

const allMethods = "POST, GET, DELETE, OPTIONS"

// notAllowed answers a method that is not served.
func (h *HTTP) notAllowed(w http.ResponseWriter, allow, why string) {
	w.Header().Set("Allow", allow)
	h.refuse(w, http.StatusMethodNotAllowed, codeInvalid, why)
}

// options says what is served, and to a page of another origin what it may send.
func options(w http.ResponseWriter, r *http.Request, foreign bool) {
	w.Header().Set("Allow", allMethods)
	if foreign && r.Header.Get("Access-Control-Request-Method") != "" {
		w.Header().Set("Access-Control-Allow-Methods", allMethods)
		w.Header().Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		w.Header().Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}

// admit finds out who asks and counts the request among theirs.
func (h *HTTP) admit(w http.ResponseWriter, r *http.Request) {
	caller := h.opts.Local
	if h.opts.Authenticate != nil {
		var err error
		if caller, err = h.opts.Authenticate(r); err != nil || caller.Principal == "" {
			h.challenge(w, r, err)
			return
		}
	}
	p, err := h.registry.enter(caller)
	if err != nil {
		h.overloaded(w, err)
		return
	}
	defer h.registry.exit(p)
	switch r.Method {
	case http.MethodPost:
		// In the 2026 era every message is a request; in the other it may be an answer that a running call waits for.
		if isModern(r.Header) {
			if err := h.admission.hopeless(caller.Principal); err != nil {
				h.overloaded(w, err)
				return
			}
		}
		h.post(w, r, p, &caller)
	case http.MethodGet:
		h.get(w, r, p)
	default:
		h.delete(w, r, p)
	}
}

// overloaded answers who asks for more than there is.
func (h *HTTP) overloaded(w http.ResponseWriter, err error) {
	h.turnAway(w, nil, refused(statusOfBusy(err), codeUnavailable, "%s", err))
}
