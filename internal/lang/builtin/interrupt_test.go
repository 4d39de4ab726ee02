package builtin

import (
	"testing"

	"firn/internal/diag"
	"firn/internal/lang/eval"
)

// endless calls itself without ever being deep.
const endless = `let f = n: if n == 0 then 1 else f (n - 1) + f (n - 1); in f 70`

func failure(w *worker, text string) diag.Code {
	err := w.Try(func() { w.Eval(w.ParseString(text, "/", diag.FromString, nil), nil) })
	if err == nil {
		return ""
	}
	return err.Code
}

// What says nothing about the program ends it even where it would catch failures.
func TestInterrupt(t *testing.T) {
	for _, code := range []diag.Code{diag.Interrupted, diag.MemoryLimit} {
		w := newWorker(t)
		go w.Interrupt(diag.New(code, "enough"))
		if got := failure(w, `builtins.tryEval (`+endless+`)`); got != code {
			t.Errorf("ended in %q, want %q", got, code)
		}
		w.Interrupt(nil)
		if got := run(w, `let f = n: if n == 0 then 0 else f (n - 1); in builtins.foldl' (a: n: f n) 1 (builtins.genList (n: 500) 100)`); got != "0" {
			t.Errorf("after an interrupt: %s", got)
		}
	}
}

func TestStepLimit(t *testing.T) {
	for _, steps := range []int64{1, 1000, 1 << 12, 100_000} {
		w := eval.New(eval.Options{Steps: steps, Internal: Files()}, &eval.World{}, &diag.Table{}, Table()).NewWorker()
		for range 2 {
			if got := failure(w, `builtins.tryEval (`+endless+`)`); got != diag.StepLimit {
				t.Errorf("%d steps: ended in %q", steps, got)
			}
		}
	}
}
