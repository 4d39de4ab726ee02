package repl

import (
	"fmt"
	"strconv"
	"strings"

	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/packages"
	"firn/internal/lang/value"
)

// A command is one row of the table.
type command struct {
	names []string
	arg   string
	doc   string
	// argDoc is the description with an argument, where it differs.
	argDoc string
	run    func(r *Repl, arg string) error // nil if it ends the session
	ends   eval.Answer
}

// commands is the table of commands, in the order of the help text.
func commands() []command {
	return []command{
		{names: []string{":a", ":add"}, arg: "<expr>", doc: "Add attributes from resulting set to scope", run: (*Repl).cmdAdd},
		{names: []string{":b"}, arg: "<expr>", doc: "Build a derivation", run: func(r *Repl, arg string) error { return r.build(arg, false) }},
		{names: []string{":bl"}, arg: "<expr>", doc: "Build a derivation, creating GC roots in the\nworking directory", run: func(r *Repl, arg string) error { return r.build(arg, true) }},
		{names: []string{":e", ":edit"}, arg: "<expr>", doc: "Open package or function in $EDITOR", run: (*Repl).cmdEdit},
		{names: []string{":i"}, arg: "<expr>", doc: "Build derivation, then install result into\ncurrent profile", run: func(r *Repl, arg string) error { return r.runOn(arg, "nix-env", "-i") }},
		{names: []string{":l", ":load"}, arg: "<path>", doc: "Load Nix expression and add it to scope", run: (*Repl).cmdLoad},
		{names: []string{":lf", ":load-flake"}, arg: "<ref>", doc: "Load Nix flake and add it to scope", run: (*Repl).loadFlake},
		{names: []string{":ll", ":last-loaded"}, doc: "Show most recently loaded variables added to scope", run: (*Repl).cmdLastLoaded},
		{names: []string{":p", ":print"}, arg: "<expr>", doc: "Evaluate and print expression recursively\nStrings are printed directly, without escaping.", run: (*Repl).cmdPrint},
		{names: []string{":q", ":quit"}, doc: "Exit nix-repl", ends: eval.Quit},
		{names: []string{":r", ":reload"}, doc: "Reload all files", run: func(r *Repl, _ string) error { r.reload(); return nil }},
		{names: []string{":sh"}, arg: "<expr>", doc: "Build dependencies of derivation, then start\nnix-shell", run: func(r *Repl, arg string) error { return r.runOn(arg, "nix-shell") }},
		{names: []string{":t"}, arg: "<expr>", doc: "Describe result of evaluation", run: (*Repl).cmdType},
		{names: []string{":u"}, arg: "<expr>", doc: "Build derivation, then start nix-shell", run: (*Repl).cmdShellWith},
		{names: []string{":doc"}, arg: "<expr>", doc: "Show documentation of a builtin function", run: (*Repl).cmdDoc},
		{names: []string{":log"}, arg: "<expr>", doc: "Show logs for a derivation", run: (*Repl).cmdLog},
		{names: []string{":te", ":trace-enable"}, arg: "[bool]", doc: "Enable, disable or toggle showing traces for\nerrors", run: (*Repl).cmdTrace},
		{names: []string{":?", ":help"}, doc: "Brings up this help menu", run: (*Repl).cmdHelp},
	}
}

// commands returns the commands of the session.
func (r *Repl) commands() []command {
	if r.stop == nil {
		return commands()
	}
	return append(commands(), debugCommands()...)
}

// How wide the first column of the help text is.
const (
	commandWidth      = 29
	debugCommandWidth = 17
)

func (r *Repl) cmdHelp(string) error {
	fmt.Fprint(r.out, "The following commands are available:\n\n")
	r.helpRow(commandWidth, "<expr>", "Evaluate and print expression")
	r.helpRow(commandWidth, "<x> = <expr>", "Bind expression to variable")
	for _, c := range commands() {
		r.helpRow(commandWidth, strings.TrimSpace(strings.Join(c.names, ", ")+" "+c.arg), c.doc)
	}
	if r.stop == nil {
		return nil
	}
	fmt.Fprint(r.out, "\n        Debug mode commands\n")
	for _, c := range debugCommands() {
		r.helpRow(debugCommandWidth, strings.Join(c.names, ", "), c.doc)
		if c.arg != "" {
			r.helpRow(debugCommandWidth, c.names[0]+" "+c.arg, c.argDoc)
		}
	}
	return nil
}

func (r *Repl) helpRow(width int, what, doc string) {
	for line := range strings.SplitSeq(doc, "\n") {
		fmt.Fprintf(r.out, "  %-*s%s\n", width, what, line)
		what = ""
	}
}

func (r *Repl) cmdAdd(arg string) error {
	v, err := r.eval(arg)
	if err != nil {
		return err
	}
	r.addAttrs(v)
	return nil
}

func (r *Repl) cmdLoad(arg string) error {
	r.w.ForgetFiles()
	r.loadFile(arg)
	return nil
}

func (r *Repl) cmdLastLoaded(string) error {
	if r.lastLoaded == nil {
		return diag.New(diag.Usage, "nothing has been loaded yet")
	}
	for _, a := range r.lastLoaded.List() {
		fmt.Fprintln(r.out, a.Name)
	}
	return nil
}

func (r *Repl) cmdPrint(arg string) error {
	v, err := r.eval(arg)
	if err != nil {
		return err
	}
	if s := v.Load(); s.Kind() == value.KindString {
		fmt.Fprintln(r.out, s.Str())
		return nil
	}
	r.print(v, 0)
	return nil
}

func (r *Repl) cmdType(arg string) error {
	v, err := r.eval(arg)
	if err != nil {
		return err
	}
	fmt.Fprintln(r.out, r.w.Describe(v.Load()))
	return nil
}

func (r *Repl) cmdTrace(arg string) error {
	on := !r.host.ShowTrace()
	switch arg {
	case "":
	case "true", "false":
		on = arg == "true"
	default:
		return diag.New(diag.Usage, "unexpected argument '%s' to %s", arg, ":te")
	}
	r.host.SetShowTrace(on)
	if on {
		fmt.Fprintln(r.out, "showing error traces")
	} else {
		fmt.Fprintln(r.out, "not showing error traces")
	}
	return nil
}

// derivation evaluates an expression to a derivation.
func (r *Repl) derivation(arg string) (storepath.Path, error) {
	v, err := r.eval(arg)
	if err != nil {
		return "", err
	}
	return r.drvPath(v)
}

func (r *Repl) drvPath(v *value.Value) (storepath.Path, error) {
	p, ok := packages.One(r.w, v)
	if !ok {
		return "", diag.New(diag.InvalidDerivation, "expression does not evaluate to a derivation, so I can't build it")
	}
	drv := p.DrvPath(r.w)
	switch {
	case drv == "":
		return "", diag.New(diag.InvalidDerivation, "expression did not evaluate to a valid derivation (no 'drvPath' attribute)")
	case !r.w.World.Store.IsValid(drv):
		return "", diag.New(diag.InvalidDerivation, "expression evaluated to invalid derivation '%s'", r.w.StoreDir.Join(drv))
	}
	return drv, nil
}

func (r *Repl) build(arg string, links bool) error {
	drv, err := r.derivation(arg)
	if err != nil {
		return err
	}
	outputs, err := r.host.Build(drv, links)
	if err != nil {
		return err
	}
	fmt.Fprintln(r.out, "\nThis derivation produced the following outputs:")
	for _, o := range outputs {
		fmt.Fprintln(r.out, "  "+o)
	}
	return nil
}

func (r *Repl) runOn(arg, program string, args ...string) error {
	drv, err := r.derivation(arg)
	if err != nil {
		return err
	}
	return r.host.Run(program, append(args, r.w.StoreDir.Join(drv))...)
}

func (r *Repl) cmdShellWith(arg string) error {
	v, err := r.eval(arg)
	if err != nil {
		return err
	}
	f, err := r.eval(`drv: (import <nixpkgs> {}).runCommand "shell" { buildInputs = [ drv ]; } ""`)
	if err != nil {
		return err
	}
	drv, err := r.drvPath(r.w.Cell(r.w.Call1(f.Load(), v, 0)))
	if err != nil {
		return err
	}
	return r.host.Run("nix-shell", r.w.StoreDir.Join(drv))
}

func (r *Repl) cmdLog(arg string) error {
	drv, err := r.derivation(arg)
	if err != nil {
		return err
	}
	text, err := r.host.Log(drv)
	if err == nil {
		fmt.Fprint(r.out, text)
	}
	return err
}

func (r *Repl) cmdEdit(arg string) error {
	c, err := r.eval(arg)
	if err != nil {
		return err
	}
	w := r.w
	path, line := "", 0
	switch v := c.Load(); v.Kind() {
	case value.KindPath, value.KindString:
		path, _ = w.CoerceToPath(c, 0, eval.Ctx("while evaluating the filename to edit"))
	case value.KindLambda:
		path, line, err = r.place(w.Lambda(v).Pos)
	default:
		path, line = r.packagePlace(c, arg)
	}
	if err != nil {
		return err
	}
	if text, ok := w.Internal[path]; ok {
		return r.host.EditText(path[strings.LastIndexByte(path, '/')+1:], text, line)
	}
	if err := r.host.Edit(path, line); err != nil {
		return err
	}
	r.reload()
	return nil
}

// place returns the file and line of a position.
func (r *Repl) place(p diag.Pos) (string, int, error) {
	at := r.w.Positions.Resolve(p)
	if !at.Valid() || at.Origin.Kind != diag.FromFile {
		return "", 0, diag.New(diag.InvalidArgument, "'%s' cannot be shown in an editor", r.w.Where(p))
	}
	return at.Origin.Name, at.Line, nil
}

// packagePlace finds where a package says that it is defined: its
// meta.position.
func (r *Repl) packagePlace(c *value.Value, what string) (string, int) {
	w := r.w
	var position *value.Value
	if failure := w.Try(func() { position, _ = packages.Select(w, c, "meta.position", w.NewAttrs(nil)) }); failure != nil {
		w.Fail(diag.New(diag.MissingAttribute, "package '%s' has no source location information", what))
	}
	path, _ := w.CoerceToPath(position, 0, eval.Ctx("while evaluating the 'meta.position' attribute of a derivation"))
	i := strings.LastIndexByte(path, ':')
	if i >= 0 {
		if line, err := strconv.ParseUint(path[i+1:], 10, 32); err == nil {
			return path[:i], int(line)
		}
	}
	w.Fail(diag.New(diag.InvalidArgument, "cannot parse 'meta.position' attribute '%s'", path))
	return "", 0
}
