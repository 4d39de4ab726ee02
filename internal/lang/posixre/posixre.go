// Package posixre matches POSIX extended regular expressions the way builtins.match and builtins.split see them: as
// libstdc++'s std::regex does with the flag `extended`, compiled with strict conformance.
//
// That differs from POSIX, and from every regular expression package of Go, in ways that programs can see:
//
//   - Text and pattern are bytes; `.` is any byte but NUL, a newline included. Bracket expressions compare bytes as
//     signed numbers, and classes know ASCII alone.
//   - A quantifier is greedy and keeps the first count that leads to a match, but both sides of `|` are tried and the
//     longer match wins, the left one if they are equal. So `a*(ab)?` finds `aa` in `aab`, and `a|ab` finds `ab`.
//   - A loop may go through its body without consuming anything, twice at each place, which shows in what groups hold
//     afterwards. Groups keep what they matched in an earlier round.
//   - Escapes exist for the characters `.[\()*+?{|^$` only; `\d` is an error. `a**` is legal, `^*` is not.
//   - The number of automaton states is limited to 100000, counted as libstdc++ counts them.
//
// The matcher backtracks over an explicit stack and begins to remember dead ends as soon as an attempt takes long, so
// that the time is bounded by the length of the text times the size of the pattern. Where even that is too much, it
// gives up with an error of kind [Limit]; it never hangs and never exhausts a goroutine's stack.
package posixre

import (
	"fmt"
)

// A Span is a range of bytes of the text that was matched. Both ends are -1 for a group that took no part.
type Span struct{ Start, End int }

// Matched tells whether the group took part in the match.
func (s Span) Matched() bool { return s.Start >= 0 }

// Of returns the text of the span, which must have matched in text.
func (s Span) Of(text string) string { return text[s.Start:s.End] }

// A Regexp is a compiled pattern. It is immutable and may be used by several goroutines at once.
type Regexp struct {
	pattern string
	groups  int
	prog    program
}

// Compile parses a pattern. Its errors are of type *Error.
func Compile(pattern string) (*Regexp, error) {
	tree, groups, err := parse(pattern)
	if err != nil {
		err.Pattern = pattern
		return nil, err
	}
	return &Regexp{pattern: pattern, groups: groups, prog: generate(tree)}, nil
}

// Pattern returns the text that the Regexp was compiled from.
func (re *Regexp) Pattern() string { return re.pattern }

// Groups returns the number of parenthesised groups.
func (re *Regexp) Groups() int { return re.groups }

// Kind says what went wrong with a pattern.
type Kind uint8

const (
	Invalid Kind = iota // the pattern is no extended regular expression
	Limit               // the pattern is too large, or matching it would take too much memory or time
)

// An Error is about one pattern.
type Error struct {
	Kind    Kind
	Pattern string
	Detail  string // the cause, for people
}

// Error words the failure as builtins.match and builtins.split do, without the detail.
func (e *Error) Error() string {
	if e.Kind == Limit {
		return fmt.Sprintf("memory limit exceeded by regular expression '%s'", e.Pattern)
	}
	return fmt.Sprintf("invalid regular expression '%s'", e.Pattern)
}

// Match tells whether the pattern matches all of text. It returns the spans of the groups, in order, in the storage
// of dst where that suffices. The error is of kind [Limit].
func (re *Regexp) Match(dst []Span, text string) (groups []Span, ok bool, err error) {
	p := &re.prog
	dst = dst[:0]
	if p.isLiteral {
		return dst, text == p.literal, nil
	}
	m := newMachine(re, text)
	defer m.release()
	if ok, err := m.match(); !ok {
		return dst, false, err
	}
	return appendSpans(dst, m.caps[2:]), true, nil
}

// Each calls yield for every match of the pattern in text, from left to right, until yield returns false. The first
// span is the whole match, the groups follow; the slice is overwritten by the next match.
//
// Matches do not overlap. After an empty one, a match that is not empty is looked for at the same place first; an
// empty match may follow another one directly. This is the stepping of std::regex_iterator.
func (re *Regexp) Each(text string, yield func(spans []Span) bool) error {
	p := &re.prog
	if p.isLiteral && p.literal != "" {
		eachLiteral(text, p.literal, yield)
		return nil
	}
	m := newMachine(re, text)
	defer m.release()
	return m.each(yield)
}

// each is Each on a machine.
func (m *machine) each(yield func(spans []Span) bool) error {
	var spans []Span
	found, err := m.search(0, true)
	for found && err == nil {
		spans = appendSpans(spans[:0], m.best)
		if !yield(spans) {
			return nil
		}
		found, err = m.next(spans[0])
	}
	return err
}

// next looks for the match after last.
func (m *machine) next(last Span) (bool, error) {
	from := last.End
	if last.Start == last.End {
		if from == len(m.text) {
			return false, nil
		}
		found, err := m.searchNotEmpty(from, !m.stepped)
		if found || err != nil {
			return found, err
		}
		from++
	}
	m.stepped = true
	if m.memory != nil {
		m.steps -= m.memory.forget(from)
	}
	return m.search(from, false)
}

func appendSpans(dst []Span, ends []int) []Span {
	for i := 0; i+1 < len(ends); i += 2 {
		span := Span{ends[i], ends[i+1]}
		if span.End < 0 {
			span = Span{-1, -1}
		}
		dst = append(dst, span)
	}
	return dst
}
