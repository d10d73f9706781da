package server

// Admission returns how full the server is, and how many calls it has turned away since it was made.
func (h *HTTP) Admission() Admission { return h.admission.stands() }

// Load returns how many sessions of the 2025 era there are, and how many streams on which clients listen.
func (h *HTTP) Load() (sessions, streams int) {
	h.registry.mu.Lock()
	defer h.registry.mu.Unlock()
	return len(h.registry.byID), int(h.streams.Load())
}
