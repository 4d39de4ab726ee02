package ui

import (
	"os"

	"golang.org/x/term"
)

// A Terminal says what the place that messages go to understands.
type Terminal struct {
	// Colour allows escape sequences for colours.
	Colour bool
	// Live allows a line that is drawn again and again.
	Live bool
	// Width returns the number of columns, 0 for unknown.
	Width func() int
}

// Inspect looks at a file, usually standard error, and at the environment:
// NO_COLOR and NOCOLOR (set at all) and CLICOLOR=0 forbid colours,
// CLICOLOR_FORCE asks for them where there is no terminal, and TERM=dumb is
// none.
//
// Nix: knows neither CLICOLOR nor CLICOLOR_FORCE, and NO_COLOR also switches off
// the status line there.
func Inspect(f *os.File, env func(string) (string, bool)) Terminal {
	name, named := env("TERM")
	tty := named && name != "dumb" && name != "" && term.IsTerminal(int(f.Fd()))
	t := Terminal{
		Colour: tty,
		Live:   tty,
		Width: func() int {
			w, _, err := term.GetSize(int(f.Fd()))
			if err != nil {
				return 0
			}
			return w
		},
	}
	if v, ok := env("CLICOLOR_FORCE"); ok && v != "" && v != "0" {
		t.Colour = true
	}
	if v, ok := env("CLICOLOR"); ok && v == "0" {
		t.Colour = false
	}
	for _, no := range [...]string{"NO_COLOR", "NOCOLOR"} {
		if _, ok := env(no); ok {
			t.Colour, t.Live = false, false
		}
	}
	return t
}
