package memstate

import "container/heap"

// sweepEach is how many expired things a write removes at most: more than one, so that they become fewer.
const sweepEach = 4

// A mark is the place of something in a queue. The zero mark is in none.
type mark struct {
	at    int64 // Unix milliseconds from which on it may be removed
	place int   // in the queue, from 1
}

// expiring is what a queue orders.
type expiring interface{ marked() *mark }

// A queue orders what expires by when it does. Each thing is in it at most once, however often its time changes, so it
// is never longer than what is stored.
type queue[T expiring] []T

// set moves a thing to a new time; 0 takes it out.
func (q *queue[T]) set(thing T, at int64) {
	m := thing.marked()
	switch was := m.place; {
	case at == 0 && was > 0:
		heap.Remove(q, was-1)
	case at == 0 || at == m.at && was > 0:
	case was > 0:
		m.at = at
		heap.Fix(q, was-1)
	default:
		m.at = at
		heap.Push(q, thing)
	}
	m.at = at
}

// due returns the thing that expired first.
func (q queue[T]) due(now int64) (thing T, ok bool) {
	if len(q) == 0 || q[0].marked().at > now {
		return thing, false
	}
	return q[0], true
}

// The methods below are heap.Interface's.

// Len returns how many there are.
func (q queue[T]) Len() int { return len(q) }

// Less reports whether i expires before j.
func (q queue[T]) Less(i, j int) bool { return q[i].marked().at < q[j].marked().at }

// Swap exchanges two and notes their places.
func (q queue[T]) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].marked().place, q[j].marked().place = i+1, j+1
}

// Push adds one at the end.
func (q *queue[T]) Push(x any) {
	thing := x.(T)
	*q = append(*q, thing)
	thing.marked().place = len(*q)
}

// Pop removes the one at the end.
func (q *queue[T]) Pop() any {
	old := *q
	last := len(old) - 1
	thing := old[last]
	var none T
	old[last] = none
	*q = old[:last]
	thing.marked().place = 0
	return thing
}
