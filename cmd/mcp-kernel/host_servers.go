package main

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-kernel/mcp-kernel/internal/hosts"
	"github.com/mcp-kernel/mcp-kernel/modules/atr"
	"github.com/mcp-kernel/mcp-kernel/modules/atr/pin"
)

// mostName is how long a server's name may be here.
const mostName = 20

// A hostServer is a server of a host's file, and what becomes of it.
type hostServer struct {
	Name string `json:"name"`          // in the host's file
	As   string `json:"as,omitempty"`  // here; empty: it stays with the host
	Why  string `json:"why,omitempty"` // it stays there

	Tools   int    `json:"tools,omitempty"`   // it offers, as was seen when it was started once
	Waiting int    `json:"waiting,omitempty"` // of its definitions are not used until somebody agrees
	Fault   string `json:"fault,omitempty"`   // why it could not be started

	server atr.Server
	known  bool // it is here already
}

// adopt says of each server of a host's file under which name it is governed here, or why it is not. Where another server has the name
// already, it gets another one if others says so.
func adopt(found []hosts.Server, known []atr.Server, others bool) []hostServer {
	all := make([]hostServer, 0, len(found))
	known = slices.Clone(known)
	for i := range found {
		f := &found[i]
		if f.Kernel {
			continue
		}
		h := hostServer{Name: f.Name, server: serverOf(f)}
		switch {
		case f.Disabled:
			h.Why = "the host does not start it"
		case f.Fault != "":
			h.Why = f.Fault
		default:
			h.settle(known, others)
		}
		if h.As != "" && !h.known {
			known = append(known, h.server)
		}
		all = append(all, h)
	}
	return all
}

// settle finds the server's name here.
func (h *hostServer) settle(known []atr.Server, others bool) {
	name := legal(h.Name)
	if name == "" {
		h.Why = "its name has no letter or digit that a name here could have"
		return
	}
	for n := 1; ; n++ {
		h.server.Name = name
		if n > 1 {
			suffix := "-" + strconv.Itoa(n)
			h.server.Name = strings.TrimRight(name[:min(len(name), mostName-len(suffix))], "_") + suffix
		}
		at := slices.IndexFunc(known, func(k atr.Server) bool { return strings.EqualFold(k.Name, h.server.Name) })
		switch {
		case at >= 0 && alike(&known[at], &h.server):
			h.known, h.As = true, known[at].Name
			return
		case at >= 0 && !others:
			h.Why = "there is another server " + known[at].Name + " here already"
			return
		case at < 0:
			if err := usable(&h.server); err != nil {
				h.Why = err.Error()
				return
			}
			h.As = h.server.Name
			return
		}
	}
}

// usable reports what keeps a server from being governed.
func usable(s *atr.Server) error {
	m, err := atr.New(atr.Options{Servers: []atr.Server{*s}})
	if err != nil {
		return err
	}
	return m.Close()
}

// alike reports whether two servers are started or reached the same way. What an operator has said of one besides does not count.
func alike(a, b *atr.Server) bool {
	return a.Command == b.Command && a.URL == b.URL && a.Dir == b.Dir && slices.Equal(a.Args, b.Args) && maps.Equal(a.Env, b.Env) && maps.Equal(a.Headers, b.Headers)
}

// serverOf is a server as it is governed.
func serverOf(f *hosts.Server) atr.Server {
	return atr.Server{
		Name: f.Name, Command: f.Command, Args: f.Args, Env: f.Env, Dir: f.Dir, URL: f.URL, Headers: f.Headers,
		Private: loopback(f.URL), Trust: pin.TrustFirst,
	}
}

// loopback reports whether a url says itself that it leads to this machine.
func loopback(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback()
}

// legal is a name as names are here, as near to a host's as can be; it is empty where nothing is left.
func legal(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r < 0x80 && ('0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z'):
			b.WriteRune(r)
		case r == '_' && b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		case r != '_' && b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	text := b.String()
	return strings.TrimRight(text[:min(len(text), mostName)], "_-")
}

// tell says what becomes of a server, as far as that is worth a line.
func (h *hostServer) tell() string {
	name := oneLine(h.Name, 80)
	if h.As != "" && h.As != h.Name {
		name += " is " + h.As + " here"
	}
	switch {
	case h.Why != "":
		return name + " stays: " + oneLine(h.Why, 200)
	case h.Fault != "":
		return name + ", and does not work: " + oneLine(h.Fault, 200)
	case h.Waiting > 0:
		return fmt.Sprintf("%s, and %d definitions are not used until you agree: mcp-kernel pins diff %s", name, h.Waiting, h.As)
	case h.As != h.Name:
		return name
	default:
		return ""
	}
}
