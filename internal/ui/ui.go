// Package ui shows people, and programs that read along, what goes on:
// messages, errors with the source they point into, and the progress of
// activities. A [Logger] is the sink for all of it. It writes to standard error
// in one of several formats; results of commands go through [Logger.Stdout],
// so that a status line does not tear them.
//
// The plain rendering of errors and the JSON records are those of Nix, byte
// for byte, because its tests and other tools compare and parse them. On a
// terminal errors are shown in a richer form of our own; see [Renderer].
//
// The formats are described in docs/spec/log-formats.md.
package ui

// ANSI sequences as Nix uses them.
const (
	normal  = "\x1b[0m"
	bold    = "\x1b[1m"
	faint   = "\x1b[2m"
	red     = "\x1b[31;1m"
	green   = "\x1b[32;1m"
	blue    = "\x1b[34;1m"
	warning = "\x1b[35;1m"
)
