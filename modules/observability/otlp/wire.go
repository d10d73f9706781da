package otlp

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/mcp-kernel/mcp-kernel/modules/observability/trace"
)

// The wire types of protobuf that OTLP has (https://protobuf.dev/programming-guides/encoding).
const (
	varint  = 0
	fixed64 = 1
	counted = 2
	fixed32 = 5
)

// A message is what is written of one. Fields with the value that they have anyhow are left out, as in proto3.
type message []byte

func (m *message) key(field, wire uint64) { *m = binary.AppendUvarint(*m, field<<3|wire) }

func (m *message) number(field, n uint64) {
	if n != 0 {
		m.key(field, varint)
		*m = binary.AppendUvarint(*m, n)
	}
}

func (m *message) text(field uint64, text string) {
	if text != "" {
		m.key(field, counted)
		*m = append(binary.AppendUvarint(*m, uint64(len(text))), text...)
	}
}

func (m *message) bytes(field uint64, b []byte) {
	m.key(field, counted)
	*m = append(binary.AppendUvarint(*m, uint64(len(b))), b...)
}

// word writes a field of 64 bits, also where it is zero.
func (m *message) word(field, n uint64) {
	m.key(field, fixed64)
	*m = binary.LittleEndian.AppendUint64(*m, n)
}

func (m *message) real(field uint64, v float64) { m.word(field, math.Float64bits(v)) }

func (m *message) time(field uint64, t time.Time) {
	if !t.IsZero() {
		m.word(field, uint64(t.UnixNano())) // none of ours is before 1970
	}
}

func (m *message) flags(field uint64, n uint32) {
	m.key(field, fixed32)
	*m = binary.LittleEndian.AppendUint32(*m, n)
}

// words writes a packed field.
func (m *message) words(field uint64, all []uint64) {
	if len(all) > 0 {
		m.key(field, counted)
		*m = binary.AppendUvarint(*m, uint64(8*len(all)))
		for _, n := range all {
			*m = binary.LittleEndian.AppendUint64(*m, n)
		}
	}
}

// part writes a message within this one.
func (m *message) part(field uint64, write func(*message)) {
	var inner message
	write(&inner)
	m.bytes(field, inner)
}

// attrs writes attributes, as KeyValue messages.
func (m *message) attrs(field uint64, all []trace.Attr) {
	for _, a := range all {
		m.part(field, func(m *message) {
			m.text(1, a.Key)
			m.part(2, func(m *message) {
				if a.Text != "" {
					m.text(1, a.Text)
				} else {
					m.key(3, varint)
					*m = binary.AppendUvarint(*m, uint64(a.Number)) // as protobuf has its int64: two's complement
				}
			})
		})
	}
}
