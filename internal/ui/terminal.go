package ui

import (
	"os"

	"golang.org/x/term"
)

// A Terminal says what the place that messages go to understands.
type Terminal struct {
	// Colour allows escape sequences for colours.
	Colour bool
	// Live allows lines that are drawn again and again.
	Live bool
	// Width returns the number of columns, Height that of lines, 0 for unknown.
	Width, Height func() int
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
	// GetSize gives zeros beside an error.
	size := func() (w, h int) { w, h, _ = term.GetSize(int(f.Fd())); return w, h }
	t := Terminal{
		Colour: tty,
		Live:   tty,
		Width:  func() int { w, _ := size(); return w },
		Height: func() int { _, h := size(); return h },
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
