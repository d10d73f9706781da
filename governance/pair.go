package governance

import "sync"

// Constants of places whose value is another one time after time.
const (
	restlessFade = 0.75
	restless     = 2.2 // reached with the third change in a row
	maxRestless  = 64  // places
)

// A reader is what reading one answer needs, reused.
type reader struct {
	profiler   profiler
	difference difference
}

// A pair is what is known of one agent and one tool.
type pair struct {
	key       pairKey
	accounted int // guarded by the Baselines' lock; all else by its own

	mu       sync.Mutex
	bytes    int
	habit    habit
	samples  []sample           // the most recently used last
	restless map[uint64]float64 // by place: a decaying count of changes
	last     []byte             // the answer before, for Shape
}

// A sample is the last answer to one question.
type sample struct {
	question uint64
	whole    uint64 // of all bytes of the answer
	settled  uint64 // whole of the last answer that was no alarm
	leaves   []leaf
	raw      []byte  // for Compare
	alarm    float64 // drift of the change that is still remembered
	age      int     // calls since
}

// answer compares an answer with those before and takes it in. The lock is held.
func (p *pair) answer(o *BaselineOptions, r *reader, question uint64, result []byte) float64 {
	drift := p.habit.answered(&r.profiler.profile, o.Window, func() (float64, bool) { return p.shape(o, result) })
	s := p.sample(question)
	if s == nil {
		p.remember(o, r, question, result)
		return drift
	}
	drift = max(drift, p.content(o, r, s, result))
	s.take(o, r, result)
	return drift
}

// shape asks the foreign comparison of forms, and keeps the answer for the next time.
func (p *pair) shape(o *BaselineOptions, result []byte) (float64, bool) {
	if o.Shape == nil {
		return 0, false
	}
	before := p.last
	p.last = nil
	if len(result) <= rawSample {
		p.last = append([]byte(nil), result...)
	}
	if before == nil || p.last == nil {
		return 0, false
	}
	drift, err := o.Shape(before, result)
	return within(drift), err == nil
}

// sample returns the answer to the question, as the most recently used, or nil.
func (p *pair) sample(question uint64) *sample {
	for i := range p.samples {
		if p.samples[i].question == question {
			s := p.samples[i]
			copy(p.samples[i:], p.samples[i+1:])
			p.samples[len(p.samples)-1] = s
			return &p.samples[len(p.samples)-1]
		}
	}
	return nil
}

// remember takes in the answer to a new question, in the place of the least recently used.
func (p *pair) remember(o *BaselineOptions, r *reader, question uint64, result []byte) {
	if len(p.samples) < maxSamples {
		p.samples = append(p.samples, sample{})
	} else {
		first := p.samples[0]
		copy(p.samples, p.samples[1:])
		p.samples[maxSamples-1] = sample{leaves: first.leaves[:0], raw: first.raw[:0]}
	}
	s := &p.samples[len(p.samples)-1]
	s.question, s.settled = question, r.profiler.whole
	s.take(o, r, result)
}

// take keeps the answer.
func (s *sample) take(o *BaselineOptions, r *reader, result []byte) {
	if s.whole != r.profiler.whole || s.leaves == nil {
		s.leaves = append(s.leaves[:0], r.profiler.leaves...)
		if o.Compare != nil {
			s.raw = s.raw[:0]
			if len(result) <= rawSample {
				s.raw = append(s.raw, result...)
			}
		}
	}
	s.whole = r.profiler.whole
}

// content returns how far the answer has moved from those before to the same question.
func (p *pair) content(o *BaselineOptions, r *reader, s *sample, result []byte) float64 {
	now := 0.0
	if s.whole != r.profiler.whole {
		now = p.compare(o, r, s, result)
	}
	if s.alarm > 0 {
		s.age++
	}
	kept := max(0, s.alarm*(1-float64(s.age)/float64(o.Window)))
	switch {
	case r.profiler.whole == s.settled:
		s.alarm, s.age = 0, 0
		return now
	case now > kept:
		s.alarm, s.age, kept = now, 0, now
	}
	if kept == 0 {
		s.alarm, s.age, s.settled = 0, 0, r.profiler.whole
	}
	return kept
}

// compare returns how far two answers to the same question differ. Places that change every time count no more, and
// when only such have changed, it is no difference whatever a foreign comparison says.
func (p *pair) compare(o *BaselineOptions, r *reader, s *sample, result []byte) float64 {
	d := &r.difference
	d.compare(s.leaves, r.profiler.leaves, func(place uint64) bool { return p.restless[place] >= restless })
	fresh := p.unrest(d)
	if !fresh && len(d.moved) > 0 {
		s.alarm, s.age = 0, 0 // what moves is known to move
	}
	if o.Compare != nil && len(s.raw) > 0 && len(result) <= rawSample && (fresh || len(d.moved) == 0) {
		if drift, err := o.Compare(s.raw, result); err == nil {
			return within(drift)
		}
	}
	return d.drift()
}

// unrest counts the places that moved and reports whether there is one that does not always move.
func (p *pair) unrest(d *difference) bool {
	fresh := false
	for _, place := range d.moved {
		if p.restless == nil {
			p.restless = make(map[uint64]float64)
		}
		was, known := p.restless[place]
		fresh = fresh || was < restless
		if known || len(p.restless) < maxRestless {
			p.restless[place] = was*restlessFade + 1
		}
	}
	for _, place := range d.kept {
		if was, known := p.restless[place]; known {
			if was *= restlessFade; was < 0.1 {
				delete(p.restless, place)
				continue
			}
			p.restless[place] = was
		}
	}
	return fresh
}

// What things weigh in memory, about, in bytes.
const (
	pairWeight   = 512
	sampleWeight = 96
	leafWeight   = 16
	placeWeight  = 24
	entryWeight  = 32 // of a map
)

// size returns about how many bytes the pair holds.
func (p *pair) size() int {
	n := pairWeight + len(p.key.identity) + len(p.key.tool) + cap(p.last)
	n += placeWeight*cap(p.habit.places) + entryWeight*len(p.restless)
	for i := range p.samples {
		n += sampleWeight + leafWeight*cap(p.samples[i].leaves) + cap(p.samples[i].raw)
	}
	return n
}
