package upstreams

import (
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/retry"
)

// retries are the attempts at a call, as they are written.
type retries struct {
	Attempts int    `yaml:"attempts"`
	First    string `yaml:"first,omitempty"`
	Most     string `yaml:"most,omitempty"`
	Each     string `yaml:"each,omitempty"`
}

// policy is what the entry says; span reads a time.
func (r *retries) policy(span func(key, text string) time.Duration) retry.Policy {
	return retry.Policy{
		Attempts: r.Attempts, First: span("retries.first", r.First), Most: span("retries.most", r.Most), Each: span("retries.each", r.Each),
	}
}

// retriesOf is how a policy is written.
func retriesOf(p retry.Policy) *retries {
	if p == (retry.Policy{}) {
		return nil
	}
	return &retries{Attempts: p.Attempts, First: said(p.First), Most: said(p.Most), Each: said(p.Each)}
}
