package builtin

import "slices"

// peekSort sorts stably by merging runs that it finds in the input, starting
// from the run in the middle (Munro and Wild's peeksort). Whatever less
// answers, the outcome is some order of the items; with an inconsistent less,
// which one depends on the questions asked, so these are asked as Nix asks them
// (since 2.30): insertion sort up to 16 items, a weakly increasing or strictly
// decreasing run around the middle beyond.
func peekSort[T any](list []T, less func(a, b T) bool) {
	n := len(list)
	if n == 2 {
		if less(list[1], list[0]) {
			list[0], list[1] = list[1], list[0]
		}
		return
	}
	if n > 2 {
		s := sorter[T]{list: list, spare: make([]T, n), less: less}
		s.sort(0, n, 0, n)
	}
}

type sorter[T any] struct {
	list, spare []T
	less        func(a, b T) bool
}

const insertionLimit = 16

// sort sorts list[lo:hi], of which [lo:left) and [right:hi) are runs already.
func (s *sorter[T]) sort(lo, hi, left, right int) {
	if left == hi || right == lo {
		return
	}
	if hi-lo <= insertionLimit {
		s.insertion(lo, hi)
		return
	}
	mid := lo + (hi-lo)/2
	switch {
	case mid <= left:
		s.sort(left, hi, left+1, right)
		s.merge(lo, left, hi)
	case mid >= right:
		s.sort(lo, right, left, right-1)
		s.merge(lo, right, hi)
	default:
		s.around(lo, hi, left, right, mid)
	}
}

// around sorts by splitting beside the run that crosses the middle.
func (s *sorter[T]) around(lo, hi, left, right, mid int) {
	falling := s.less(s.list[mid], s.list[mid-1])
	i := s.runStart(left, mid, falling)
	j := s.runEnd(mid-1, right, falling)
	if falling {
		slices.Reverse(s.list[i:j])
	}
	switch {
	case i == lo && j == hi:
	case mid-i < j-mid:
		s.sort(lo, i, left, i-1)
		s.sort(i, hi, j, right)
		s.merge(lo, i, hi)
	default:
		s.sort(lo, j, left, i)
		s.sort(j, hi, j+1, right)
		s.merge(lo, j, hi)
	}
}

// runEnd returns the end of the run that starts at lo.
func (s *sorter[T]) runEnd(lo, hi int, falling bool) int {
	if lo == hi {
		return lo
	}
	for lo+1 != hi && s.less(s.list[lo+1], s.list[lo]) == falling {
		lo++
	}
	return lo + 1
}

// runStart returns the start of the run that ends at hi.
func (s *sorter[T]) runStart(lo, hi int, falling bool) int {
	if lo == hi {
		return hi
	}
	for hi-1 > lo && s.less(s.list[hi-1], s.list[hi-2]) == falling {
		hi--
	}
	return hi - 1
}

func (s *sorter[T]) insertion(lo, hi int) {
	for k := lo + 1; k < hi; k++ {
		for p := k; p > lo && s.less(s.list[p], s.list[p-1]); p-- {
			s.list[p], s.list[p-1] = s.list[p-1], s.list[p]
		}
	}
}

// merge joins the runs [lo:mid) and [mid:hi).
func (s *sorter[T]) merge(lo, mid, hi int) {
	n := copy(s.spare, s.list[lo:hi])
	a, b := s.spare[:mid-lo], s.spare[mid-lo:n]
	out := s.list[lo:lo]
	for len(a) > 0 && len(b) > 0 {
		if s.less(b[0], a[0]) {
			out, b = append(out, b[0]), b[1:]
		} else {
			out, a = append(out, a[0]), a[1:]
		}
	}
	_ = append(append(out, a...), b...)
}
