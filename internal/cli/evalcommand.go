package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/lang/convert"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

var (
	evalRawFlag  = Flag{Long: "raw", Doc: "Print a string as it is, without quotes or line end."}
	applyFlag    = Flag{Long: "apply", Labels: []string{"expr"}, Doc: "Apply the function *expr* to the value."}
	writeToFlag  = Flag{Long: "write-to", Labels: []string{"path"}, Doc: "Write a string, or a set of strings and such sets, as a file or a directory tree to *path*, which must not exist."}
	readOnlyFlag = Flag{Long: "read-only", Doc: "Do not write derivations and sources to the store. Evaluation that has to build something fails."}
)

var evalCommand = Command{
	Name: "eval", Category: Infrequent, Feature: config.NixCommand,
	Summary: "evaluate an expression and print its value",
	Doc: `Prints the value of *installable* with everything in it; derivations are shown by their path. Failures inside the value are shown in place.

Evaluation is pure unless ` + "`--file`" + ` or ` + "`--impure`" + ` is given.`,
	Examples: []Example{
		{"Evaluate an expression", "nix eval --expr '1 + 2'"},
		{"Print an attribute of a file as JSON", "nix eval --file ./default.nix --json meta"},
		{"List the attributes of a set", "nix eval --file ./default.nix --apply builtins.attrNames"},
		{"Write files", `nix eval --write-to ./out --expr '{ a = "text"; }'`},
	},
	Flags: [][]*Flag{{&applyFlag, &evalRawFlag, &readOnlyFlag, &writeToFlag}, jsonFlags, installableFlags, evalFlags},
	Args:  []Arg{installableArg},
	Run:   runEval,
}

func runEval(ctx context.Context, c *Call) error {
	if c.Has(&evalRawFlag) && c.Has(&jsonFlag) {
		return diag.Misuse(diag.Usage, "--raw and --json are mutually exclusive")
	}
	arg := ""
	if len(c.Args) > 0 {
		arg = c.Args[0]
	}
	e, err := c.newEvaluation(ctx, c.Has(&readOnlyFlag))
	if err != nil {
		return err
	}
	defer e.Close()
	var out []byte
	err = e.Run(func(w *eval.Worker) {
		v, pos, _ := e.installable(w, arg)
		if f, ok := c.Value(&applyFlag); ok {
			v = w.Cell(w.Call1(w.Eval(w.ParseString(f, w.World.Cwd, diag.FromString, nil), nil), v, 0))
		}
		out = e.show(w, v, pos)
	})
	if err != nil {
		return err
	}
	_, err = c.Out.Write(out)
	return err
}

// show renders a value as the flags ask for.
func (e *evaluation) show(w *eval.Worker, v *value.Value, pos diag.Pos) []byte {
	c := e.call
	var set value.ContextSet
	if path, ok := c.Value(&writeToFlag); ok {
		e.writeTo(w, v, pos, path)
		return nil
	}
	switch {
	case c.Has(&evalRawFlag):
		s, _ := w.CoerceCell(v, 0, eval.Ctx("while generating the eval command output"), eval.Coercion{Copy: true})
		return []byte(s)
	case c.Has(&jsonFlag):
		text := convert.PrintJSON(w, v, pos, true, false, &set)
		if c.Pretty() {
			text = indentJSON(text)
		}
		return append(text, '\n')
	}
	return append(w.Print(nil, v, eval.PrintOptions{Force: true, DerivationPaths: true}), '\n')
}

// writeTo writes a tree of strings. What was written before a failure stays.
func (e *evaluation) writeTo(w *eval.Worker, v *value.Value, pos diag.Pos, path string) {
	if _, err := os.Lstat(path); err == nil {
		w.Fail(diag.New(diag.InvalidArgument, "path '%s' already exists", path))
	}
	writeTree(w, v, pos, path)
}

func writeTree(w *eval.Worker, c *value.Value, pos diag.Pos, path string) {
	switch v := w.Force(c, pos); v.Kind() {
	case value.KindString:
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
		w.Check(err)
		_, err = io.WriteString(f, v.Str())
		if failure := f.Close(); err == nil {
			err = failure
		}
		w.Check(err)
	case value.KindAttrs:
		w.Check(os.Mkdir(path, 0o777))
		for _, a := range v.Attrs().ByName() {
			w.PushAttr(a.Name, a.Pos)
			name := a.Name.String()
			if name == "." || name == ".." || filepath.Base(name) != name {
				w.Fail(diag.New(diag.InvalidName, "invalid file name '%s'", name))
			}
			writeTree(w, a.Val, a.Pos, filepath.Join(path, name))
			w.Pop()
		}
	default:
		w.Fail(diag.New(diag.WrongType, "value at '%s' is not a string or an attribute set", w.Where(pos)))
	}
}
