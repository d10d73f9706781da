package merkle

import (
	"errors"
	"fmt"
	"math/bits"
)

// ErrProof is wrapped by every failed verification.
var ErrProof = errors.New("proof does not hold")

// Inclusion returns the audit path (RFC 6962, section 2.1.1) of the leaf with the given index in a tree of that size,
// the sibling of the leaf first.
func Inclusion(read Tiles, index, size uint64) ([]Hash, error) {
	if index >= size {
		return nil, fmt.Errorf("leaf %d of a tree of %d: no such leaf", index, size)
	}
	return path(read, index, 0, size, size)
}

// path returns the audit path of a leaf within the subtree of leaves [low, high).
func path(read Tiles, index, low, high, size uint64) ([]Hash, error) {
	if high-low == 1 {
		return nil, nil
	}
	mid := low + split(high-low)
	from, to := mid, high // the half that the leaf is not in
	inLow, inHigh := low, mid
	if index >= mid {
		from, to, inLow, inHigh = low, mid, mid, high
	}
	proof, err := path(read, index, inLow, inHigh, size)
	if err != nil {
		return nil, err
	}
	sibling, err := subtree(read, from, to, size)
	return append(proof, sibling), err
}

// Consistency returns the proof (RFC 6962, section 2.1.2) that a tree of size to begins with the tree of size from.
// It is empty when from is 0 or equals to.
func Consistency(read Tiles, from, to uint64) ([]Hash, error) {
	if from > to {
		return nil, fmt.Errorf("consistency from %d to %d: the first is the larger", from, to)
	}
	if from == 0 || from == to {
		return nil, nil
	}
	return subproof(read, from, 0, to, to, true)
}

func subproof(read Tiles, from, low, high, size uint64, whole bool) ([]Hash, error) {
	if from == high {
		if whole {
			return nil, nil
		}
		h, err := subtree(read, low, high, size)
		return []Hash{h}, err
	}
	mid := low + split(high-low)
	inLow, inHigh, outLow, outHigh := low, mid, mid, high
	if from > mid {
		inLow, inHigh, outLow, outHigh, whole = mid, high, low, mid, false
	}
	proof, err := subproof(read, from, inLow, inHigh, size, whole)
	if err != nil {
		return nil, err
	}
	sibling, err := subtree(read, outLow, outHigh, size)
	return append(proof, sibling), err
}

// subtree returns the root over leaves [low, high); low is a multiple of a power of two that is no smaller than the
// range, as all ranges in proofs are.
func subtree(read Tiles, low, high, size uint64) (Hash, error) {
	if n := high - low; n&(n-1) == 0 {
		level := bits.TrailingZeros64(n)
		return read.node(level, low>>level, size)
	}
	mid := low + split(high-low)
	left, err := subtree(read, low, mid, size)
	if err != nil {
		return Hash{}, err
	}
	right, err := subtree(read, mid, high, size)
	return Node(left, right), err
}

// split returns the largest power of two smaller than n; n is at least 2.
func split(n uint64) uint64 { return 1 << (bits.Len64(n-1) - 1) }

// VerifyInclusion checks that the leaf is number index of the tree with that size and root.
func VerifyInclusion(proof []Hash, index, size uint64, leaf, root Hash) error {
	if index >= size {
		return fmt.Errorf("%w: leaf %d of a tree of %d", ErrProof, index, size)
	}
	node, last := leaf, size-1
	for _, sibling := range proof {
		if last == 0 {
			return fmt.Errorf("%w: path too long", ErrProof)
		}
		if index&1 == 1 || index == last {
			node = Node(sibling, node)
			for index&1 == 0 && index != 0 {
				index, last = index>>1, last>>1
			}
		} else {
			node = Node(node, sibling)
		}
		index, last = index>>1, last>>1
	}
	if last != 0 || node != root {
		return fmt.Errorf("%w: the path does not lead to the root", ErrProof)
	}
	return nil
}

// VerifyConsistency checks that the tree of size to and root toRoot begins with the tree of size from and root fromRoot
// (RFC 9162, section 2.1.4.2).
func VerifyConsistency(proof []Hash, from, to uint64, fromRoot, toRoot Hash) error {
	switch {
	case from > to:
		return fmt.Errorf("%w: from %d to %d", ErrProof, from, to)
	case from == 0 || from == to:
		if len(proof) != 0 || from == to && fromRoot != toRoot || from == 0 && fromRoot != Empty() {
			return fmt.Errorf("%w: roots differ at size %d", ErrProof, from)
		}
		return nil
	}
	if from&(from-1) == 0 {
		proof = append([]Hash{fromRoot}, proof...)
	}
	if len(proof) == 0 {
		return fmt.Errorf("%w: proof is empty", ErrProof)
	}
	return climb(proof, from-1, to-1, fromRoot, toRoot)
}

// climb recomputes both roots from a consistency proof that begins with the last node the trees share.
func climb(proof []Hash, index, last uint64, fromRoot, toRoot Hash) error {
	for index&1 == 1 {
		index, last = index>>1, last>>1
	}
	old, now := proof[0], proof[0]
	for _, sibling := range proof[1:] {
		if last == 0 {
			return fmt.Errorf("%w: proof too long", ErrProof)
		}
		if index&1 == 1 || index == last {
			old, now = Node(sibling, old), Node(sibling, now)
			for index&1 == 0 && index != 0 {
				index, last = index>>1, last>>1
			}
		} else {
			now = Node(now, sibling)
		}
		index, last = index>>1, last>>1
	}
	if last != 0 || old != fromRoot || now != toRoot {
		return fmt.Errorf("%w: the trees are not one", ErrProof)
	}
	return nil
}
