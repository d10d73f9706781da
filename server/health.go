package server

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Component is a part of what is served, as /readyz shows it to everybody: nothing in it says why.
type Component struct {
	Name   string `json:"name"`
	Status string `json:"status"` // up; degraded; or ComponentDown, which takes the server out of service
}

// ComponentDown is the status of a component without which nothing can be served.
const ComponentDown = "down"

// What /readyz says of the whole.
const (
	isReady    = "ready"
	isNotReady = "not ready"
	isEnding   = "ending"
)

// A readiness keeps for a moment how the components are, so that strangers who ask all the time cost next to nothing.
type readiness struct {
	mu    sync.Mutex
	at    time.Time
	known []Component
}

const readinessKept = 500 * time.Millisecond

func (r *readiness) now(clock func() time.Time, ask func() []Component) []Component {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := clock(); ask != nil && (r.at.IsZero() || now.Sub(r.at) >= readinessKept || now.Before(r.at)) {
		r.known, r.at = ask(), now
	}
	return r.known
}

// healthz tells a supervisor that the process lives. Like readyz it asks nobody who they are.
func healthz(w http.ResponseWriter, r *http.Request) {
	if !probed(w, r) {
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// readyz tells a balancer whether to send requests here.
func (h *HTTP) readyz(w http.ResponseWriter, r *http.Request) {
	if !probed(w, r) {
		return
	}
	body := struct {
		Status     string      `json:"status"`
		Components []Component `json:"components,omitempty"`
	}{Status: isEnding}
	status := http.StatusServiceUnavailable
	if !h.leaving.Load() {
		body.Components = h.readiness.now(h.opts.Now, h.opts.Health)
		body.Status = isNotReady
		if !slices.ContainsFunc(body.Components, func(c Component) bool { return c.Status == ComponentDown }) {
			body.Status, status = isReady, http.StatusOK
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		text = nil // there is nothing in it that could fail
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
}

// probed reports whether a request may be a supervisor's, and answers it otherwise.
func probed(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	return false
}
