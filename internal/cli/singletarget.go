package cli

import (
	"regexp"
	"strings"
	"sync"

	"firn/internal/build/plan"
	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
	"firn/internal/wiring"
	"firn/internal/world"
)

// outputName is what an output may be called on a command line.
var outputName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9+\-._?=]+$`) })

// parseOutputs reads what follows the first ^ of an argument: names of outputs or
// a star for all, behind the outputs that lead there through derivations which
// are outputs themselves.
func parseOutputs(t *plan.Target, text string) error {
	parts := strings.Split(text, "^")
	last := parts[len(parts)-1]
	t.Chain = parts[:len(parts)-1]
	if last == "*" {
		t.All = true
	} else {
		t.Outputs = strings.Split(last, ",")
	}
	for _, name := range append(t.Chain[:len(t.Chain):len(t.Chain)], t.Outputs...) {
		if !outputName().MatchString(name) {
			return diag.New(diag.InvalidArgument, "invalid outputs specifier '%s'", text)
		}
	}
	return nil
}

// singleTarget recognises a value that means one thing itself, without being a
// derivation: a path, which is copied to the store, or a string that refers to
// a path or an output.
func (e *evaluation) singleTarget(w *eval.Worker, c *value.Value, pos diag.Pos, attr string) (t plan.Target, ok bool) {
	switch v := c.Load(); v.Kind() {
	case value.KindPath:
		_, context := w.CopyPath(v.Str())
		return plan.Target{Path: context.Elems()[0].Path}, true
	case value.KindString:
		step := &eval.Step{Pos: pos, Msg: "while evaluating the attribute '" + attr + "'"}
		elem := w.SingleElem(c, step)
		if elem.Kind == value.Opaque {
			e.checkText(w, v.Str(), w.StoreDir.Join(elem.Path), step, "path string '%s' has context with the different path '%s'", w.StoreDir.Join(elem.Path))
			return plan.Target{Path: elem.Path}, true
		}
		e.checkOutputText(w, v.Str(), elem, step)
		return wiring.Target(elem), true
	}
	return t, false
}

// checkOutputText makes sure that a string stands for the output that its context
// has.
func (e *evaluation) checkOutputText(w *eval.Worker, text string, elem value.Elem, step *eval.Step) {
	want := world.Placeholder(elem)
	if !strings.Contains(elem.Outputs, "!") {
		d, err := w.World.Store.ReadDerivation(elem.Path)
		w.Check(err)
		if o, ok := d.Output(elem.Outputs); ok && o.Path != "" {
			want = w.StoreDir.Join(o.Path)
		}
	}
	names := strings.Split(elem.Outputs, "!")
	drv := strings.Join(append([]string{w.StoreDir.Join(elem.Path)}, names[:len(names)-1]...), "^")
	e.checkText(w, text, want, step,
		"string '%s' has context with the output '%s' from derivation '%s', but the string is not the right placeholder for this derivation output. It should be '%s'",
		names[len(names)-1], drv, want)
}

func (e *evaluation) checkText(w *eval.Worker, text, want string, step *eval.Step, format string, args ...any) {
	if text != want {
		w.FailFrom(diag.New(diag.InvalidContext, format, append([]any{text}, args...)...), step, 0)
	}
}
