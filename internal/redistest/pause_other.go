//go:build !unix

package redistest

// Pause skips the test: processes cannot be stopped here.
func (s *Server) Pause() { s.tb.Skip("no signals on this system") }

// Continue is for what Pause has stopped.
func (s *Server) Continue() {}
