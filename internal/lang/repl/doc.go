package repl

import (
	"fmt"
	"strconv"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

func (r *Repl) cmdDoc(arg string) error {
	code, err := r.parse(arg)
	if err != nil {
		return err
	}
	w := r.w
	var attr *value.Attr
	name := arg
	if set, last, ok := w.Final(code, r.env); ok && set.Kind() == value.KindAttrs {
		attr, name = set.Attrs().Get(last), last.String()
	}
	v := w.Eval(code, r.env)
	text := r.documentation(v)
	if text == "" && attr != nil && attr.Pos != 0 {
		text = "Attribute `" + name + "`\n\n  … defined at " + w.Where(attr.Pos) + "\n\nNo documentation found.\n"
	}
	if text == "" {
		return diag.New(diag.InvalidArgument, "value does not have documentation")
	}
	fmt.Fprintln(r.out, strings.TrimSpace(r.host.Markdown(text)))
	return nil
}

// documentation returns what is known of a function, as Markdown.
func (r *Repl) documentation(v value.Value) string {
	w := r.w
	switch v.Kind() {
	case value.KindBuiltin:
		b := &w.Builtins()[v.Builtin()]
		args := make([]string, len(b.Args))
		for i, a := range b.Args {
			args[i] = "*" + a + "*"
		}
		return "**Synopsis:** `builtins." + b.Name + "` " + strings.Join(args, " ") + "\n\n" + b.Doc
	case value.KindLambda:
		return r.lambdaDoc(v)
	case value.KindAttrs:
		if f := v.Attrs().Get(symbol.Functor); f != nil {
			return r.documentation(w.Call1(w.Force(f.Val, 0), w.Cell(v), 0))
		}
	}
	return ""
}

func (r *Repl) lambdaDoc(v value.Value) string {
	info := r.w.Lambda(v)
	text := r.w.DocComment(info.Doc)
	if text == "" {
		return ""
	}
	name := "Function"
	if info.Name != symbol.Empty {
		name += " `" + info.Name.String() + "`"
	}
	return name + "\\\n  … defined at " + r.w.Where(info.Pos) + "\n\n" + text
}

// packagePlace finds where a package says that it is defined: its
// meta.position.
func (r *Repl) packagePlace(c *value.Value, arg string) (string, int, error) {
	w := r.w
	missing := func() (string, int, error) {
		return "", 0, diag.New(diag.MissingAttribute, "package '%s' has no source location information", arg)
	}
	v := c.Load()
	if v.Kind() != value.KindAttrs {
		return missing()
	}
	meta := v.Attrs().Get(symbol.Meta)
	if meta == nil {
		return missing()
	}
	p := w.ForceAttrs(meta.Val, meta.Pos, eval.NoFrame).Get(symbol.Intern("position"))
	if p == nil {
		return missing()
	}
	text, _ := w.ForceString(p.Val, p.Pos, eval.Ctx("while evaluating the 'meta.position' attribute of a derivation"))
	path, line, ok := strings.Cut(text, ":")
	n, err := strconv.Atoi(line)
	if !ok || err != nil {
		return "", 0, diag.New(diag.InvalidArgument, "cannot parse 'meta.position' attribute '%s'", text)
	}
	return path, n, nil
}
