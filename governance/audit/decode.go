package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance"
)

// ErrMalformed is wrapped by every error about bytes that are no entry of this format.
var ErrMalformed = errors.New("not a journal entry")

// ParseLine reads one line of the journal, newline included, and checks that its hash is that of its bytes. It accepts
// exactly what this package writes: another version, an unknown field, another order or another spelling of the same
// value is an error.
func ParseLine(line []byte) (Entry, error) {
	body, hash, err := unframe(line)
	if err != nil {
		return Entry{}, err
	}
	if Hash(sha256.Sum256(body)) != hash {
		return Entry{}, fmt.Errorf("%w: the hash is not that of the entry", ErrMalformed)
	}
	e, err := decodeEntry(body)
	e.Hash = hash
	return e, err
}

// unframe splits a line into the entry's bytes and the hash beside them.
func unframe(line []byte) ([]byte, Hash, error) {
	rest, opened := bytes.CutPrefix(line, []byte(frameOpen))
	rest, closed := bytes.CutSuffix(rest, []byte(frameClose))
	at := len(rest) - len(frameHash) - 2*len(Hash{})
	if !opened || !closed || at < 2 || string(rest[at:at+len(frameHash)]) != frameHash {
		return nil, Hash{}, fmt.Errorf("%w: the line has not the form {\"entry\":…,\"hash\":…}", ErrMalformed)
	}
	hash, ok := parseHash(rest[at+len(frameHash):])
	if !ok {
		return nil, Hash{}, fmt.Errorf("%w: the hash is no hash", ErrMalformed)
	}
	return rest[:at], hash, nil
}

// decodeEntry reads the entry's fields, in the order in which encode writes them.
func decodeEntry(body []byte) (Entry, error) {
	s := scan{b: body}
	var e Entry
	s.open()
	e.Args = s.payload("args")
	e.At = s.time("at")
	e.Call = s.text("call", maxID)
	e.Caller = s.caller()
	e.Charges = s.charges()
	e.Confidence = s.ratio("confidence")
	e.Control = s.control()
	e.Counters = s.counters()
	e.Decision = s.decision()
	e.Depth = int(s.int("depth"))
	e.Elapsed = time.Duration(s.int("elapsed_us")) * time.Microsecond
	s.name("event", &e.Event)
	e.Execution = s.text("execution", maxID)
	e.Failure = s.text("failure", maxWord)
	e.Findings = s.findings()
	e.Handler = time.Duration(s.int("handler_us")) * time.Microsecond
	s.name("kind", &e.Kind)
	e.Labels = s.list("labels", maxLabels, maxShort)
	e.Name = s.text("name", maxName)
	e.Parent = s.text("parent", maxID)
	e.Policies = s.list("policies", maxPolicies, maxWord)
	e.PolicyDigest = s.text("policy_digest", maxWord)
	e.Prev = s.hash("prev")
	e.Process = s.text("process", maxID)
	e.Result = s.payload("result")
	e.SchemaValid = s.tri("schema_valid")
	e.Seq = uint64(s.int("seq"))
	s.name("status", &e.Status)
	s.name("target", &e.Target)
	e.Tokens = s.int("tokens")
	e.Usage = s.usage()
	e.Version = int(s.int("v"))
	s.close()
	if s.err == nil && s.i != len(body) {
		s.fail("bytes behind the entry")
	}
	resolveShards(&e)
	if s.err != nil {
		return e, s.err
	}
	return e, checkDecoded(&e)
}

// checkDecoded reports what an entry of this format cannot be.
func checkDecoded(e *Entry) error {
	switch {
	case e.Version != Format:
		return fmt.Errorf("%w: format version %d: this program reads version %d", ErrMalformed, e.Version, Format)
	case e.Seq == 0 || e.Kind == KindInvalid || e.At.IsZero():
		return fmt.Errorf("%w: seq, kind or at is missing", ErrMalformed)
	case (e.Kind == KindControl) != (e.Control != nil):
		return fmt.Errorf("%w: a %s entry with the wrong content", ErrMalformed, e.Kind)
	}
	return nil
}

// resolveShards fills in what was left out because it is the caller's own.
func resolveShards(e *Entry) {
	own := e.Caller.Identity()
	for i := range e.Charges {
		if e.Charges[i].Shard == "" {
			e.Charges[i].Shard = own
		}
	}
	for i := range e.Counters {
		if e.Counters[i].Shard == "" {
			e.Counters[i].Shard = own
		}
	}
	for i := range e.Usage {
		if e.Usage[i].Shard == "" {
			e.Usage[i].Shard = own
		}
	}
}

func (s *scan) payload(name string) (p Payload) {
	if !s.key(name) {
		return p
	}
	s.open()
	p.Bytes = s.int("bytes")
	p.Digest = s.hash("digest")
	p.Preview = s.text("preview", 2*maxPreview)
	if sealed := s.text("sealed", len(s.b)); sealed != "" {
		var err error
		if p.Sealed, err = base64.StdEncoding.Strict().DecodeString(sealed); err != nil || len(p.Sealed) == 0 {
			s.fail("sealed payload is no base64")
		}
	}
	s.close()
	return p
}

func (s *scan) caller() (c governance.Caller) {
	if !s.key("caller") {
		return c
	}
	s.open()
	c.Agent = s.text("agent", maxCaller)
	c.Label = s.text("label", maxCaller)
	c.Operator = s.yes("operator")
	c.Principal = s.text("principal", maxCaller)
	s.close()
	return c
}

func (s *scan) decision() (d Decision) {
	if !s.key("decision") {
		return d
	}
	s.open()
	d.Check = s.text("check", maxWord)
	s.name("effect", &d.Effect)
	s.name("event", &d.Event)
	d.Pointer = s.text("pointer", maxPointer)
	d.Policy = s.text("policy", maxRule)
	d.Reason = s.text("reason", maxReason)
	d.Rule = s.text("rule", maxRule)
	d.Stage = s.text("stage", maxShort)
	d.Would = s.yes("would")
	s.close()
	return d
}

func (s *scan) charges() (all []Charge) {
	for s.each("charges", MaxCharges) {
		c := Charge{Limit: s.int("limit"), N: s.int("n"), Name: s.text("name", maxWord), Shard: s.text("shard", maxShard)}
		c.Start, c.Window = s.window()
		all = append(all, c)
	}
	return all
}

func (s *scan) window() (time.Time, time.Duration) {
	start, window := s.int("start_ms"), s.int("window_ms")
	if window == 0 {
		return time.Time{}, 0
	}
	return time.UnixMilli(start).UTC(), time.Duration(window) * time.Millisecond
}

func (s *scan) counters() (all []Counter) {
	for s.each("counters", MaxCharges) {
		c := Counter{Name: s.text("name", maxWord), Shard: s.text("shard", maxShard)}
		start := s.int("start_ms")
		c.Used = s.int("used")
		if window := s.int("window_ms"); window > 0 {
			c.Start, c.Window = time.UnixMilli(start).UTC(), time.Duration(window)*time.Millisecond
		}
		all = append(all, c)
	}
	return all
}

func (s *scan) usage() (all []Usage) {
	for s.each("usage", MaxUsage) {
		u := Usage{Bound: s.int("bound"), Call: s.text("call", maxID), Shard: s.text("shard", maxShard)}
		u.Tokens = s.int("tokens")
		all = append(all, u)
	}
	return all
}

// findings sums kinds that were cut to the same text.
func (s *scan) findings() map[string]int {
	var found map[string]int
	for s.each("findings", MaxFindings) {
		if found == nil {
			found = make(map[string]int)
		}
		count := int(s.int("count"))
		found[s.text("kind", maxShort)] += count
	}
	return found
}

func (s *scan) control() *Control {
	if !s.key("control") {
		return nil
	}
	s.open()
	c := &Control{Action: Action(s.text("action", maxShort)), By: s.text("by", maxCaller)}
	c.Calls = s.list("calls", maxCalls, maxID)
	c.Count = s.int("count")
	c.Reason = s.text("reason", maxReason)
	c.Subject = s.text("subject", maxReason)
	s.close()
	return c
}
