// Package repl is the interactive loop: it reads expressions, bindings and
// commands from a line editor, and prints values.
//
// What needs more than the language (building, editing, running programs) is
// asked of the [Host].
package repl

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/syntax"
	"firn/internal/lang/value"
)

// A LineReader reads one line, showing a prompt where there is a person. At the
// end it returns io.EOF; an interrupted line is ErrInterrupted.
type LineReader interface {
	ReadLine(prompt string) (string, error)
}

// ErrInterrupted is what a LineReader returns when a line was given up.
var ErrInterrupted = errors.New("interrupted")

// A Host does what the loop can't do itself.
type Host interface {
	// Notice shows a remark that is no result.
	Notice(text string)
	// Error shows a failure.
	Error(err error)
	// ShowTrace reports and sets whether failures are shown with all frames.
	ShowTrace() bool
	SetShowTrace(on bool)
	// FileArgument finds what :load names.
	FileArgument(w *eval.Worker, arg string) string
	// AutoArgs are passed to functions that are loaded.
	AutoArgs(w *eval.Worker) *value.Attrs
	// Markdown renders documentation.
	Markdown(text string) string
	// Edit opens a file at a line, 0 for none, and waits.
	Edit(path string, line int) error
	// EditText opens a copy of a text that no file holds.
	EditText(name, text string, line int) error
	// Build builds a derivation and returns its outputs; links says to make
	// result links.
	Build(drv storepath.Path, links bool) ([]string, error)
	// Log returns a build log.
	Log(drv storepath.Path) (string, error)
	// Run runs a command of this program with arguments.
	Run(program string, args ...string) error
	// LoadFlake evaluates a flake.
	LoadFlake(w *eval.Worker, ref string) (*value.Value, error)
	// Place shows a position and the lines around it, "" for none.
	Place(p diag.Pos) string
}

// envSize is how many variables a session can bind.
const envSize = 32768

// A Repl is one session. Use New.
type Repl struct {
	w     *eval.Worker
	in    LineReader
	out   io.Writer
	host  Host
	color bool

	scope      *eval.Scope
	env        *value.Env
	names      map[string]bool
	stop       *eval.Stop // where a debugged evaluation stands, nil for none
	frame      int        // of stop, that :st chose
	files      []string
	flakes     []string
	lastLoaded *value.Attrs
	// Preload yields what the command line names, each with its text.
	Preload func(w *eval.Worker) []Preloaded
}

// A Preloaded is a value that the command line names.
type Preloaded struct {
	Text string
	Cell *value.Value
}

// New returns a session that prints to out, in colours if color is set.
func New(w *eval.Worker, in LineReader, out io.Writer, color bool, host Host) *Repl {
	r := &Repl{w: w, in: in, out: out, color: color, host: host}
	r.reset()
	return r
}

// reset forgets all variables.
func (r *Repl) reset() {
	r.scope = eval.NewScope(nil)
	r.env = r.w.Env(nil, envSize)
	r.names = make(map[string]bool)
	for _, s := range r.w.Globals() {
		r.names[s.String()] = true
	}
}

// AddFile notes a file to be loaded at the start and by :reload.
func (r *Repl) AddFile(path string) { r.files = append(r.files, path) }

const (
	prompt       = "nix-repl> "
	continuation = "        > "
)

// Loop runs until the end of the input or :quit.
func (r *Repl) Loop() error {
	_, err := r.loop()
	return err
}

// Debug runs a session where a debugged evaluation stands, with the variables
// seen there, and returns how it is to go on.
func (r *Repl) Debug(s *eval.Stop) (eval.Answer, error) {
	r.stop = s
	r.bindFrame(&s.Frames[0])
	return r.loop()
}

func (r *Repl) loop() (eval.Answer, error) {
	r.loadFiles()
	input := ""
	for {
		p := prompt
		if input != "" {
			p = continuation
		}
		line, err := r.in.ReadLine(p)
		switch {
		case errors.Is(err, ErrInterrupted):
			input = ""
			continue
		case errors.Is(err, io.EOF):
			fmt.Fprintln(r.out)
			return eval.Quit, nil
		case err != nil:
			return eval.Quit, err
		}
		input += line + "\n"
		ended, incomplete := r.line(strings.Trim(input, blanks))
		if ended != nil {
			return *ended, nil
		}
		if incomplete {
			continue
		}
		input = ""
		fmt.Fprintln(r.out)
	}
}

// incompleteInput is a syntax error that more lines could mend.
type incompleteInput struct{ error }

// line carries out one input. Ended is not nil if it ends the session.
func (r *Repl) line(text string) (ended *eval.Answer, incomplete bool) {
	if text == "" {
		return nil, false
	}
	var err error
	r.w.Interrupt(nil) // one that came while nothing ran is over
	if failure := r.w.Try(func() { ended, err = r.do(text) }); failure != nil {
		err = failure
	}
	var more incompleteInput
	if errors.As(err, &more) {
		return nil, true
	}
	if err != nil {
		r.host.Error(err)
	}
	return ended, false
}

const blanks = " \n\r\t"

func (r *Repl) do(text string) (ended *eval.Answer, err error) {
	if text[0] != ':' {
		return nil, r.input(text)
	}
	name, arg := text, ""
	if i := strings.IndexAny(text, blanks); i >= 0 {
		name, arg = text[:i], text[i:]
	}
	for _, c := range r.commands() {
		if !slices.Contains(c.names, name) {
			continue
		}
		if c.run == nil {
			return &c.ends, nil
		}
		return nil, c.run(r, strings.Trim(arg, blanks))
	}
	return nil, diag.New(diag.UnknownCommand, "unknown command '%s'", name)
}

// input binds variables or prints a value.
func (r *Repl) input(text string) error {
	bound, err := r.bind(text)
	if bound || err != nil {
		return err
	}
	v, err := r.eval(text)
	if err != nil {
		return err
	}
	r.print(v, 1)
	return nil
}

// bind takes the text as bindings, with or without the last semicolon, and
// reports whether it was any.
func (r *Repl) bind(text string) (bool, error) {
	list, err := r.w.ParseBindings(text, text, r.w.World.Cwd, r.scope)
	if err != nil {
		list, err = r.w.ParseBindings(text+";", text, r.w.World.Cwd, r.scope)
	}
	if err != nil {
		if syntax.Incomplete(err) {
			return false, incompleteInput{err}
		}
		return false, nil
	}
	for _, b := range list {
		r.bindValue(b.Name, r.w.Later(b.Code, r.env))
	}
	return true, nil
}

// parse resolves an expression.
func (r *Repl) parse(text string) (eval.Code, error) {
	code, err := r.w.ParseStringIn(text, r.w.World.Cwd, r.scope)
	if err != nil && syntax.Incomplete(err) {
		return code, incompleteInput{err}
	}
	return code, err
}

// eval evaluates an expression.
func (r *Repl) eval(text string) (*value.Value, error) {
	code, err := r.parse(text)
	if err != nil {
		return nil, err
	}
	return r.w.Cell(r.w.Eval(code, r.env)), nil
}

// print shows a value; depth 0 shows everything.
func (r *Repl) print(c *value.Value, depth int) {
	r.out.Write(append(r.w.Print(nil, c, eval.PrintOptions{
		Color: r.color, Force: true, DerivationPaths: true, MaxDepth: depth, Indent: 2, Errors: eval.RaiseTopErrors,
	}), '\n'))
}

// bindValue adds a variable.
func (r *Repl) bindValue(name symbol.Symbol, c *value.Value) {
	r.needRoom(1)
	r.env.SetSlot(r.scope.Bind(name), c)
	r.names[name.String()] = true
}

// needRoom fails if n more variables can't be bound.
func (r *Repl) needRoom(n int) {
	if len(r.scope.Names())+n > envSize {
		r.w.Fail(diag.New(diag.OutOfRange, "environment full; cannot add more variables"))
	}
}
