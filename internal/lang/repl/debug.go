package repl

import (
	"fmt"
	"strconv"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/eval"
)

const (
	red     = "\x1b[31;1m"
	blue    = "\x1b[34;1m"
	magenta = "\x1b[35;1m"
	normal  = "\x1b[0m"
)

// debugCommands is the table of the commands that a debugger adds.
func debugCommands() []command {
	return []command{
		{names: []string{":env"}, doc: "Show env stack", run: (*Repl).cmdEnv},
		{names: []string{":bt", ":backtrace"}, doc: "Show trace stack", run: (*Repl).cmdBacktrace},
		{names: []string{":st"}, doc: "Show current trace", arg: "<idx>", argDoc: "Change to another trace in the stack", run: (*Repl).cmdFrame},
		{names: []string{":c", ":continue"}, doc: "Go until end of program, exception, or builtins.break", ends: eval.Continue},
		{names: []string{":s", ":step"}, doc: "Go one step", ends: eval.StepInto},
	}
}

// bindFrame makes the variables of a frame those of the session.
func (r *Repl) bindFrame(f *eval.DebugFrame) {
	r.reset()
	f.Variables(r.bindValue)
}

// coloured returns text in a colour, if there are colours.
func (r *Repl) coloured(colour, text string) string {
	if !r.color {
		return text
	}
	return colour + text + normal
}

func (r *Repl) cmdEnv(string) error {
	if r.frame < len(r.stop.Frames) {
		r.showLevels(&r.stop.Frames[r.frame])
	}
	return nil
}

func (r *Repl) cmdBacktrace(string) error {
	for i := range r.stop.Frames {
		r.showFrame(i)
	}
	return nil
}

func (r *Repl) cmdFrame(arg string) error {
	if n, err := strconv.Atoi(arg); err == nil {
		r.frame = n
	}
	if r.frame < 0 || r.frame >= len(r.stop.Frames) {
		return nil
	}
	r.showFrame(r.frame)
	fmt.Fprintln(r.out)
	f := &r.stop.Frames[r.frame]
	r.showLevels(f)
	r.bindFrame(f)
	return nil
}

func (r *Repl) showFrame(i int) {
	f := &r.stop.Frames[i]
	sign, hint, place := "", f.Hint, r.host.Place(f.Pos)
	if f.Error {
		sign = r.coloured(red, "error:") + " "
	}
	if !r.color {
		hint, place = diag.Strip(hint), diag.Strip(place)
	}
	fmt.Fprintf(r.out, "\n%s: %s%s\n%s", r.coloured(blue, strconv.Itoa(i)), sign, hint, place)
}

// showLevels lists the variables that a frame sees, scope by scope.
func (r *Repl) showLevels(f *eval.DebugFrame) {
	for i, l := range r.w.Levels(f) {
		fmt.Fprintf(r.out, "Env level %d\n", i)
		if !l.Global {
			fmt.Fprint(r.out, "static: ")
		}
		r.showNames(l.Names)
		if l.With != nil {
			fmt.Fprint(r.out, "with: ")
			r.showNames(l.With)
		}
		fmt.Fprintln(r.out)
	}
}

func (r *Repl) showNames(names []string) {
	var b strings.Builder
	for _, n := range names {
		b.WriteString(n + " ")
	}
	fmt.Fprintln(r.out, r.coloured(magenta, b.String()))
}
