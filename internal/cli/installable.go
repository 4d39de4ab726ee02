package cli

import (
	"io"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/packages"
	"firn/internal/lang/value"
)

// Flags that say what the arguments of a command are attributes of.

const installableGroup = "Options that change the interpretation of installables"

var fileFlag = Flag{Long: "file", Short: 'f', Labels: []string{"file"}, Group: installableGroup, Complete: completeFile,
	Doc: "Interpret the arguments as attribute paths of the expression in *file*; `-` reads it from standard input. Implies `--impure`."}

var newExprFlag = Flag{Long: "expr", Labels: []string{"expr"}, Group: installableGroup,
	Doc: "Interpret the arguments as attribute paths of the expression *expr*."}

var installableFlags = []*Flag{&fileFlag, &newExprFlag}

var installableArg = Arg{Label: "installable", Optional: true}

// installable evaluates to what an argument names: an attribute of the
// expression given by --file or --expr, or all of it if the argument is empty or
// a dot.
// What follows ^ are outputs.
func (e *evaluation) installable(w *eval.Worker, arg string) (c *value.Value, pos diag.Pos, outputs string) {
	root := e.sourceExpression(w)
	if root == nil {
		w.Fail(diag.Misuse(diag.Usage, "firn has no flakes yet: name a file with '--file' or give an expression with '--expr'"))
	}
	if i := strings.LastIndexByte(arg, '^'); i >= 0 {
		arg, outputs = arg[:i], arg[i+1:]
	}
	if arg == "." {
		arg = ""
	}
	c, pos = packages.Select(w, root, arg, e.autoArgs(w))
	w.Force(c, pos)
	return c, pos, outputs
}

// fileIsImpure makes evaluation impure if --file is used, unless that was ruled
// out.
func (c *Call) fileIsImpure() error {
	switch {
	case !c.Has(&fileFlag):
		return nil
	case c.Has(&newExprFlag):
		return diag.Misuse(diag.Usage, "'--file' and '--expr' are exclusive")
	case c.Config.Eval.Pure && c.Config.Overridden("pure-eval"):
		return diag.Misuse(diag.Usage, "'--file' is not compatible with '--pure-eval'")
	}
	return c.Config.Set("pure-eval", "false")
}

// sourceExpression evaluates --file or --expr, once; nil if there is neither.
func (e *evaluation) sourceExpression(w *eval.Worker) *value.Value {
	if e.source == nil {
		e.source = e.readSource(w)
	}
	return e.source
}

func (e *evaluation) readSource(w *eval.Worker) *value.Value {
	c := e.call
	file, hasFile := c.Value(&fileFlag)
	text, hasExpr := c.Value(&newExprFlag)
	switch {
	case file == "-":
		data, err := io.ReadAll(c.Process.In)
		w.Check(err)
		return w.Cell(w.Eval(w.ParseString(string(data), w.World.Cwd, diag.FromStdin, nil), nil))
	case hasFile:
		return w.Cell(w.EvalFile(e.fileArgument(w, file)))
	case hasExpr:
		return w.Cell(w.Eval(w.ParseString(text, w.World.Cwd, diag.FromString, nil), nil))
	}
	return nil
}
