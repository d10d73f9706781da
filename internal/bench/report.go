package bench

import (
	"encoding/json"
	"math"
	"time"
)

// A usage is what processes have used so far. Fields are 0 where they cannot be read.
type usage struct {
	CPU      time.Duration // user and system
	Peak     int64         // bytes of memory at most, since they started
	Resident int64         // bytes of memory now
}

// Micros is a duration that JSON gives in microseconds, to a tenth.
type Micros time.Duration

// MarshalJSON writes the number of microseconds.
func (m Micros) MarshalJSON() ([]byte, error) {
	return json.Marshal(math.Round(float64(m)/100) / 10)
}

// UnmarshalJSON reads the number of microseconds.
func (m *Micros) UnmarshalJSON(text []byte) error {
	var f float64
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	*m = Micros(math.Round(f * 1000))
	return nil
}

// String is the duration as Go writes it, to three digits or so.
func (m Micros) String() string {
	d := time.Duration(m)
	unit := time.Nanosecond
	for d >= 1000*unit {
		unit *= 10
	}
	return d.Round(unit).String()
}

// Latencies are quantiles of durations: within 1 %, the greatest and the mean exact.
type Latencies struct {
	P50  Micros `json:"p50_us"`
	P90  Micros `json:"p90_us"`
	P99  Micros `json:"p99_us"`
	P999 Micros `json:"p999_us"`
	Max  Micros `json:"max_us"`
	Mean Micros `json:"mean_us"`
}

func latencies(h *Histogram) Latencies {
	return Latencies{
		P50: Micros(h.Quantile(0.5)), P90: Micros(h.Quantile(0.9)), P99: Micros(h.Quantile(0.99)), P999: Micros(h.Quantile(0.999)),
		Max: Micros(h.Max()), Mean: Micros(h.Mean()),
	}
}

// A SentCall is one kind of request of the mix, as it was sent.
type SentCall struct {
	Call   string `json:"call"`   // the tool, or the method
	Weight int    `json:"weight"` // share of the mix
	Bytes  int    `json:"bytes"`  // of the message
}

// A Report is what came of a Load.
type Report struct {
	Name        string     `json:"name"`                  // the target's
	Server      string     `json:"server,omitempty"`      // what the server calls itself
	Transport   string     `json:"transport"`             // "stdio" or "http"
	Era         Era        `json:"era"`                   //
	Loop        string     `json:"loop"`                  // "closed" or "open"
	TargetRate  float64    `json:"target_rate,omitempty"` // of an open loop, requests a second
	Connections int        `json:"connections"`           //
	Pipeline    int        `json:"pipeline"`              // requests in flight on each
	Seed        uint64     `json:"seed"`                  // of the mix
	Calls       []SentCall `json:"calls"`                 //

	Requests int64   `json:"requests"`         // that were sent while measuring
	Good     int64   `json:"good"`             // of those, answered without an error
	Errors   int64   `json:"errors"`           // what else came of requests, answers to nothing included
	Faults   []Fault `json:"faults,omitempty"` // the errors by kind, the most frequent first
	Redials  int64   `json:"redials"`          // connections that were opened again
	Elapsed  Micros  `json:"elapsed_us"`       // from the first request to the last answer, or all of the time that was set
	Rate     float64 `json:"rate"`             // good answers a second

	// Latency is of all answers, those that are errors too. In a closed loop it counts from when a request was sent; in an
	// open one from when it was due.
	Latency  Latencies  `json:"latency"`
	Wait     *Latencies `json:"wait,omitempty"`     // in an open loop: from when a request was due to when it was sent
	Sent     int64      `json:"sent_bytes"`         // with HTTP's headers
	Received int64      `json:"received_bytes"`     //
	CPU      Micros     `json:"cpu_us,omitempty"`   // processor time of the server for one request
	OwnCPU   Micros     `json:"own_cpu_us"`         // of this client for one request
	Peak     int64      `json:"peak_bytes"`         // of the server's memory since it started; 0 where it cannot be read
	Resident int64      `json:"resident_bytes"`     // of the server's memory afterwards
	First    Micros     `json:"first_us,omitempty"` // from starting the server to its first answer
}

// report sums a phase up.
func (b *bench) report(p *phase, u usage, own time.Duration) Report {
	faults, errs := p.list()
	requests := p.given.Load()
	each := func(d time.Duration) Micros { return Micros(d / time.Duration(max(1, requests))) }
	r := Report{
		Name: b.target.name(), Server: b.who, Transport: "stdio", Era: b.load.Era, Loop: "closed", TargetRate: b.load.Rate,
		Connections: b.load.Connections, Pipeline: b.load.Pipeline, Seed: b.load.Seed, Calls: b.calls(),
		Requests: requests, Good: p.good.Load(), Errors: errs, Faults: faults, Redials: p.dialled.Load(),
		Elapsed: Micros(p.elapsed()), Latency: latencies(&p.took), Sent: p.sent.Load(), Received: p.received.Load(),
		CPU: each(u.CPU), OwnCPU: each(own), Peak: u.Peak, Resident: u.Resident,
	}
	if r.Elapsed > 0 {
		r.Rate = math.Round(float64(r.Good)/time.Duration(r.Elapsed).Seconds()*10) / 10
	}
	if b.target.overHTTP() {
		r.Transport = "http"
	}
	if len(b.processes) > 0 {
		r.First = Micros(b.first)
	}
	if r.TargetRate > 0 {
		wait := latencies(&p.waited)
		r.Loop, r.Wait = "open", &wait
	}
	return r
}

func (b *bench) calls() []SentCall {
	calls := make([]SentCall, len(b.mix.requests))
	for i := range b.mix.requests {
		calls[i] = SentCall{b.mix.requests[i].label, max(1, b.load.Calls[i].Weight), b.mix.requests[i].size()}
	}
	return calls
}
