package linear_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/intent/linear"
)

// examples are of three classes, each with a feature of its own among others that tell nothing.
func examples() []linear.Example {
	var all []linear.Example
	for i := range 300 {
		e := linear.Example{Class: i % 3, Family: fmt.Sprint("family ", i%10)}
		e.Features.Add(0, uint32(1000+i%3))
		e.Features.Add(1, uint32(2000+i%7))
		e.Features.Add(2, uint32(3000+i%11))
		all = append(all, e)
	}
	return all
}

func TestFitLearns(t *testing.T) {
	t.Parallel()
	m := linear.Fit(examples(), [linear.DigestSize]byte{1})
	for class := range 3 {
		var f linear.Features
		f.Add(0, uint32(1000+class))
		f.Add(1, 77)
		p := m.Predict(&f)
		total := 0.0
		for c, q := range p {
			total += q
			if c != class && q >= p[class] {
				t.Errorf("class %d: %v", class, p)
			}
		}
		if math.Abs(total-1) > 1e-12 {
			t.Errorf("the likelihoods of class %d add up to %v", class, total)
		}
	}
}

func TestFitIsTheSameAgain(t *testing.T) {
	t.Parallel()
	first := linear.Fit(examples(), [linear.DigestSize]byte{1}).Bytes()
	if !bytes.Equal(first, linear.Fit(examples(), [linear.DigestSize]byte{1}).Bytes()) {
		t.Error("another model of the same examples")
	}
	m, err := linear.Open(string(first))
	if err != nil {
		t.Fatal(err)
	}
	if m.Digest() != [linear.DigestSize]byte{1} || !bytes.Equal(m.Bytes(), first) || !(m.Temperature() > 0) {
		t.Errorf("read back: digest %x, temperature %v", m.Digest(), m.Temperature())
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	file := linear.Fit(examples(), [linear.DigestSize]byte{}).Bytes()
	for name, bad := range map[string]string{
		"nothing": "", "too short": string(file[:len(file)-1]), "another version": "MKINTENT9" + string(file[9:]),
		"no scale": string(file[:9]) + "\x00\x00\x00\x00" + string(file[13:]),
	} {
		if _, err := linear.Open(bad); !errors.Is(err, linear.ErrModel) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestZeroModelDoesNotKnow(t *testing.T) {
	t.Parallel()
	var m linear.Model
	var f linear.Features
	f.Add(0, 1)
	for _, p := range m.Predict(&f) {
		if math.Abs(p-1.0/linear.Classes) > 1e-12 {
			t.Error(p)
		}
	}
	f.Reset()
	if len(f.Group[0]) != 0 {
		t.Error("features are left")
	}
}
