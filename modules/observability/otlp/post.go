package otlp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxAnswer bounds what is read of a collector's answer.
const maxAnswer = 64 << 10

// A laterError says that a collector could not be reached, or wants to be asked again: nothing is lost yet.
type laterError struct{ err error }

func (e *laterError) Error() string { return e.err.Error() }

func (e *laterError) Unwrap() error { return e.err }

// post sends one request and returns how many of its parts the collector did not take.
func (e *Exporter) post(ctx context.Context, path string, body []byte) (rejected int, err error) {
	ctx, cancel := context.WithTimeout(ctx, e.o.Timeout)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, e.o.Endpoint+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	for name, value := range e.o.Headers {
		q.Header.Set(name, value)
	}
	q.Header.Set("Content-Type", "application/x-protobuf")
	q.Header.Set("User-Agent", e.o.Scope+"/"+e.o.Version)
	answer, err := e.o.HTTP.Do(q)
	if err != nil {
		return 0, &laterError{bare(path, err)}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case answer.StatusCode == http.StatusOK && err != nil:
		return 0, nil // it has taken them, whatever else it had to say
	case answer.StatusCode/100 == 2:
		return partial(text), nil
	case retryable(answer.StatusCode):
		e.wait(ctx, answer.Header.Get("Retry-After"))
		return 0, &laterError{fmt.Errorf("%s: %s", path, answer.Status)}
	default:
		return 0, fmt.Errorf("%s: the collector refused it: %s", path, answer.Status)
	}
}

// Probe asks whether the collector takes what is sent: it is sent a request without spans. The error says why it does not.
func (e *Exporter) Probe(ctx context.Context) error {
	_, err := e.post(ctx, "/v1/traces", nil)
	return err
}

// retryable are the answers after which a client may ask again (OTLP specification, "OTLP/HTTP Response").
func retryable(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// wait heeds how long a collector wants to be left alone, in seconds, but no longer than a request may take.
func (e *Exporter) wait(ctx context.Context, seconds string) {
	n, err := strconv.Atoi(seconds)
	if err != nil || n <= 0 {
		return
	}
	timer := time.NewTimer(min(time.Duration(min(n, 3600))*time.Second, e.o.Timeout))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// bare leaves the URL out of an error: its path is known, and the rest is the operator's.
func bare(path string, err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// partial reads how many parts were rejected from an Export…ServiceResponse: field 1 of its field 1. What cannot be read counts as
// nothing rejected.
func partial(answer []byte) int {
	inner, ok := field(answer, 1, counted)
	if !ok {
		return 0
	}
	n, ok := field(inner, 1, varint)
	if !ok {
		return 0
	}
	v, read := binary.Uvarint(n)
	if read <= 0 || v > 1<<31 {
		return 0
	}
	return int(v)
}

// field returns the bytes of the first field of a number and a wire type: of a number, those that encode it.
func field(m []byte, number, wire uint64) ([]byte, bool) {
	for len(m) > 0 {
		key, n := binary.Uvarint(m)
		if n <= 0 {
			return nil, false
		}
		m = m[n:]
		value, rest, ok := cut(m, key&7)
		if !ok {
			return nil, false
		}
		if key>>3 == number && key&7 == wire {
			return value, true
		}
		m = rest
	}
	return nil, false
}

// cut cuts the value of a field of a wire type off.
func cut(m []byte, wire uint64) (value, rest []byte, ok bool) {
	size := uint64(0)
	switch wire {
	case varint:
		_, n := binary.Uvarint(m)
		size = uint64(max(0, n))
		ok = n > 0
	case fixed64:
		size, ok = 8, true
	case fixed32:
		size, ok = 4, true
	case counted:
		n, read := binary.Uvarint(m)
		if read <= 0 {
			return nil, nil, false
		}
		m, size, ok = m[read:], n, true
	}
	if !ok || size > uint64(len(m)) {
		return nil, nil, false
	}
	return m[:size], m[size:], true
}
