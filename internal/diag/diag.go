// Package diag holds what every room says about trouble: positions in source
// text, coded errors with the frames that led to them, and the table that turns
// a position into a line. It renders nothing and reads nothing; package ui
// renders, and the loader of a [Table] is injected.
//
// Messages carry highlights as ANSI sequences around the values they mention,
// exactly as Nix's do, so that a terminal shows them coloured and the internal
// JSON log passes them on; [Strip] removes them.
package diag

import (
	"errors"
	"fmt"
	"strings"
)

// A Code names one kind of failure. The table in codes.go explains each.
type Code string

// A Frame is one step on the way to an error, as shown by --show-trace.
type Frame struct {
	Pos Pos
	Msg string
	// Always marks frames that are shown even without --show-trace
	// (those of builtins.addErrorContext).
	Always bool
}

// An Error is a failure that a person will read.
type Error struct {
	Code   Code
	Msg    string  // may hold highlights
	Pos    Pos     // where it happened; zero if nowhere in a source text
	Frames []Frame // outermost first
	// Suggestions are near names, best first.
	Suggestions []string
	// Notes are further facts, one a line, shown after the message in the
	// extended rendering only.
	Notes []string
	// Err is the cause for errors.Is, if there is one.
	Err error
	// Status is the exit code that the error asks for; zero means 1.
	Status int
	// Bare marks a warning that is its message and nothing else: it is shown
	// without indentation and recorded without parts.
	Bare bool
}

// Error returns the message alone, without highlights.
func (e *Error) Error() string { return Strip(e.Msg) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of the given code; see [Msgf] for the format.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Msg: Msgf(format, args...)}
}

// At returns the error with its position set.
func (e *Error) At(p Pos) *Error {
	e.Pos = p
	return e
}

// As returns err as an *Error, wrapping a plain one.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Msg: err.Error(), Err: err}
}

// Plain marks an argument of [Msgf] that is not highlighted.
type Plain string

const (
	highlightOn  = "\x1b[35;1m"
	highlightOff = "\x1b[0m"
)

// Msgf formats like fmt.Sprintf and highlights every argument but those of type
// [Plain]. Only verbs that print text (%s, %d, %v) make sense.
func Msgf(format string, args ...any) string {
	if len(args) == 0 {
		return strings.ReplaceAll(format, "%%", "%")
	}
	wrapped := make([]any, len(args))
	for i, a := range args {
		if p, ok := a.(Plain); ok {
			wrapped[i] = string(p)
			continue
		}
		wrapped[i] = highlightOn + fmt.Sprint(a) + highlightOff
	}
	return fmt.Sprintf(strings.ReplaceAll(format, "%d", "%s"), wrapped...)
}

// Strip removes ANSI escape sequences.
func Strip(s string) string {
	if strings.IndexByte(s, 0x1b) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != 0x1b {
			b.WriteByte(s[i])
			i++
			continue
		}
		i = skipEscape(s, i)
	}
	return b.String()
}

// skipEscape returns the index after the escape sequence that starts at i.
func skipEscape(s string, i int) int {
	i++
	if i < len(s) && s[i] == '[' {
		for i++; i < len(s); i++ {
			if c := s[i]; c >= 0x40 && c <= 0x7e {
				return i + 1
			}
		}
	}
	return i
}
