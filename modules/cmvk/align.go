package cmvk

import (
	"slices"
	"unicode/utf8"
)

// earlier orders two keys as canonical JSON does: by UTF-16 code units. They are the order of code points but for those
// beyond U+FFFF, whose surrogates come before U+E000.
func earlier(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			continue
		}
		const private, surrogates = 0xEE, 0xF0 // lead bytes of U+E000 and of U+10000
		if a[i] >= private && b[i] >= private && (a[i] >= surrogates) != (b[i] >= surrogates) {
			return int(b[i]) - int(a[i])
		}
		return int(a[i]) - int(b[i])
	}
	return len(a) - len(b)
}

// array compares lists: equal elements in their common order stand for each other, and what lies between two of them is
// paired by likeness.
func (w *walker) array(i, j int32) {
	as, bs := w.trees[0].list(i), w.trees[1].list(j)
	x, y := 0, 0
	for _, p := range w.anchors(as, bs) {
		w.gap(as[x:p[0]], bs[y:p[1]], x)
		x, y = p[0]+1, p[1]+1
	}
	w.gap(as[x:], bs[y:], x)
}

// anchors returns pairs of equal elements, rising on both sides: equal ends first, then the longest rising run of the
// k-th of each value on both sides (patience sorting). It takes n·log n time.
func (w *walker) anchors(as, bs []int32) (pairs [][2]int) {
	a, b := w.trees[0], w.trees[1]
	n, m := len(as), len(bs)
	head := 0
	for head < min(n, m) && a.span(as[head]) == b.span(bs[head]) {
		pairs = append(pairs, [2]int{head, head})
		head++
	}
	for n > head && m > head && a.span(as[n-1]) == b.span(bs[m-1]) {
		n, m = n-1, m-1
	}
	if n > head && m > head && (n-head > 1 || m-head > 1) { // one of each are known to differ
		where := make(map[string][]int, m-head)
		for k := head; k < m; k++ {
			where[b.span(bs[k])] = append(where[b.span(bs[k])], k)
		}
		var met [][2]int
		for k := head; k < n; k++ {
			s := a.span(as[k])
			if at := where[s]; len(at) > 0 {
				met = append(met, [2]int{k, at[0]})
				where[s] = at[1:]
			}
		}
		pairs = append(pairs, rising(met)...)
	}
	for ; n < len(as); n, m = n+1, m+1 {
		pairs = append(pairs, [2]int{n, m})
	}
	return pairs
}

// rising returns a longest part of pairs, which rise in their first numbers, whose second numbers rise too.
func rising(pairs [][2]int) [][2]int {
	var tops []int // of each length, the pair that ends it lowest
	before := make([]int, len(pairs))
	for i, p := range pairs {
		at, _ := slices.BinarySearchFunc(tops, p[1], func(t, v int) int { return pairs[t][1] - v })
		before[i] = -1
		if at > 0 {
			before[i] = tops[at-1]
		}
		if at == len(tops) {
			tops = append(tops, i)
		} else {
			tops[at] = i
		}
	}
	out := make([][2]int, len(tops))
	if len(tops) == 0 {
		return out
	}
	for i, k := tops[len(tops)-1], len(tops)-1; k >= 0; i, k = before[i], k-1 {
		out[k] = pairs[i]
	}
	return out
}

// gap compares the elements between two anchors. at is the index of the first one.
func (w *walker) gap(as, bs []int32, at int) {
	const most = 1024 // comparisons; above it elements are paired in their order
	if len(as) != len(bs) && len(as)*len(bs) <= most {
		w.best(as, bs, at)
		return
	}
	both := min(len(as), len(bs))
	for k := range both {
		w.element(as[k], bs[k], at+k)
	}
	w.rest(0, as[both:], at+both)
	w.rest(1, bs[both:], at+both)
}

func (w *walker) element(i, j int32, at int) {
	w.path = append(w.path, step{index: at})
	w.value(i, j)
	w.path = w.path[:len(w.path)-1]
}

func (w *walker) rest(side int, list []int32, at int) {
	for k, i := range list {
		w.only(side, i, step{index: at + k}, 0)
	}
}

// best pairs elements so that the likenesses of the pairs add up to the most, in order.
func (w *walker) best(as, bs []int32, at int) {
	n, m := len(as), len(bs)
	sums := make([]int, (n+1)*(m+1))
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			k := i*(m+1) + j
			sums[k] = max(sums[k+m+1], sums[k+1], sums[k+m+2]+w.likeness(as[i], bs[j]))
		}
	}
	i, j := 0, 0
	for i < n && j < m {
		switch k := i*(m+1) + j; {
		case sums[k] == sums[k+m+2]+w.likeness(as[i], bs[j]):
			w.element(as[i], bs[j], at+i)
			i, j = i+1, j+1
		case sums[k] == sums[k+m+1]:
			w.rest(0, as[i:i+1], at+i)
			i++
		default:
			w.rest(1, bs[j:j+1], at+j)
			j++
		}
	}
	w.rest(0, as[i:], at+i)
	w.rest(1, bs[j:], at+j)
}

// likeness is a quick measure of how well two values fit each other: their type, and what the first members share.
func (w *walker) likeness(i, j int32) int {
	const sameType, sameKey, sameMember, looked = 1, 1, 4, 8
	a, b := w.trees[0], w.trees[1]
	if a.nodes[i].kind != b.nodes[j].kind {
		return 0
	}
	like := sameType
	if a.nodes[i].kind != objectKind {
		return like + sharedStart(a.span(i), b.span(j))
	}
	x, y := i+1, j+1
	for range looked {
		if x >= a.nodes[i].end || y >= b.nodes[j].end {
			break
		}
		switch order := earlier(a.key(x), b.key(y)); {
		case order < 0:
			x = a.nodes[x].end
		case order > 0:
			y = b.nodes[y].end
		default:
			like += sameKey
			if a.span(x) == b.span(y) {
				like += sameMember
			}
			x, y = a.nodes[x].end, b.nodes[y].end
		}
	}
	return like
}

// sharedStart counts the first characters that two values share, up to eight.
func sharedStart(a, b string) (n int) {
	const most = 8
	for i, r := range a {
		if n == most || i >= len(b) || r == utf8.RuneError {
			break
		}
		if other, _ := utf8.DecodeRuneInString(b[i:]); other != r {
			break
		}
		n++
	}
	return n
}
