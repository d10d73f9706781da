package primitives

import "slices"

// A stack holds its first few elements in itself and moves them to the heap when there are more. So one that lives on a
// goroutine's own stack costs no allocation as long as it is low. Elements hold no pointers: what is popped is not
// cleared.
type stack[T member | span | unsorted] struct {
	size int
	few  [16]T
	many []T // all elements, once there were too many; its length means nothing
}

// list returns the elements, the last one pushed at the end. It is valid until the next push.
func (s *stack[T]) list() []T {
	if s.many != nil {
		return s.many[:s.size]
	}
	return s.few[:s.size]
}

// push makes room for one element more, which the caller fills: it holds what stood there before.
func (s *stack[T]) push() *T {
	s.size++
	if s.many == nil && s.size <= len(s.few) {
		return &s.few[s.size-1]
	}
	return s.spill()
}

// spill goes on in the heap.
func (s *stack[T]) spill() *T {
	if s.many == nil {
		s.many = append(make([]T, 0, 4*len(s.few)), s.few[:]...)
	}
	s.many = slices.Grow(s.many[:s.size-1], 1)[:s.size]
	return &s.many[s.size-1]
}

// clear drops all elements, and the memory for them when it is large.
func (s *stack[T]) clear() {
	const most = 1 << 10 // elements
	if s.size = 0; cap(s.many) > most {
		s.many = nil
	}
}
