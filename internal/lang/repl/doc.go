package repl

import (
	"fmt"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// cmdDoc shows the documentation of a function, or else of the attribute that
// the expression selects.
func (r *Repl) cmdDoc(arg string) error {
	code, err := r.parse(arg)
	if err != nil {
		return err
	}
	w := r.w
	var attr *value.Attr
	if set, name, ok := w.Final(code, r.env); ok {
		attr = w.ForceAttrs(w.Cell(set), 0, eval.Ctx("while evaluating an attribute set to look for documentation")).Get(name)
	}
	text, ok := r.documentation(w.Eval(code, r.env))
	switch {
	case ok:
		text = eval.StripIndentation(text)
	case attr != nil && attr.Pos != 0:
		text = r.attributeDoc(attr)
	default:
		return diag.New(diag.InvalidArgument, "value does not have documentation")
	}
	fmt.Fprintln(r.out, strings.Trim(r.host.Markdown(text), " \n\r\t"))
	return nil
}

// documentation returns what is known of a function, as Markdown.
func (r *Repl) documentation(v value.Value) (text string, ok bool) {
	w := r.w
	switch v.Kind() {
	case value.KindBuiltin:
		b := &w.Builtins()[v.Builtin()]
		if len(b.Args) == 0 {
			return b.Doc, true
		}
		args := make([]string, len(b.Args))
		for i, a := range b.Args {
			args[i] = "*" + a + "*"
		}
		return "**Synopsis:** `builtins." + strings.TrimPrefix(b.Name, "__") + "` " + strings.Join(args, " ") + "\n\n" + b.Doc, true
	case value.KindLambda:
		return r.lambdaDoc(v), true
	case value.KindAttrs:
		if f := v.Attrs().Get(symbol.Functor); f != nil {
			return r.functorDoc(v, f)
		}
	}
	return "", false
}

// functorDoc documents what a functor returns for the set itself: that is the
// function which callers see. It may again be a functor.
func (r *Repl) functorDoc(v value.Value, functor *value.Attr) (string, bool) {
	w := r.w
	w.Push(eval.Ctx("while partially calling '\x1b[35;1m__functor\x1b[0m' to retrieve documentation"), 0)
	f := w.Call1(w.Force(functor.Val, 0), w.Cell(v), 0)
	w.EnterCall(0)
	text, ok := r.documentation(f)
	w.LeaveCall()
	w.Pop()
	return text, ok
}

func (r *Repl) lambdaDoc(v value.Value) string {
	info := r.w.Lambda(v)
	text := "Function "
	if info.Name != symbol.Empty {
		text = "Function `" + info.Name.String() + "`\\\n"
		if info.Pos != 0 {
			text += "  … "
		}
	}
	if info.Pos != 0 {
		text += "defined at " + r.w.Where(info.Pos)
	}
	if doc := r.w.DocComment(info.Doc); doc != "" {
		text += "\n\n" + doc
	}
	return text
}

func (r *Repl) attributeDoc(a *value.Attr) string {
	text := "Attribute `" + a.Name.String() + "`\n\n  … defined at " + r.w.Where(a.Pos) + "\n\n"
	if doc := r.w.DocCommentAt(a.Pos); doc != "" {
		return text + doc
	}
	return text + "No documentation found.\n\n"
}
