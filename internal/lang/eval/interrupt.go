package eval

import (
	"math"

	"firn/internal/diag"
)

// stepsBetweenLooks is how many steps a worker takes until it looks whether it
// should stop: few enough for somebody who waits, too many to cost anything.
const stepsBetweenLooks = 1 << 12

// Interrupt has every worker fail with err at its next look, or, if err is nil,
// no longer. Any goroutine may call it.
func (ev *Evaluator) Interrupt(err *diag.Error) { ev.interrupt.Store(err) }

func (ev *Evaluator) budget() int64 {
	if ev.Steps > 0 {
		return ev.Steps
	}
	return math.MaxInt64
}

// look is called when the steps until the next look are taken.
func (w *Worker) look() {
	if w.limits.budget == 0 {
		w.limits.steps = 1 // handlers of the error take none, either
		w.Fail(diag.New(diag.StepLimit, "the evaluation took more steps than allowed"))
	}
	w.nextSteps()
	if err := w.interrupt.Load(); err != nil {
		copied := *err // frames are added to it
		w.Fail(&copied)
	}
}

// nextSteps takes steps from the budget.
func (w *Worker) nextSteps() {
	w.limits.steps = min(stepsBetweenLooks, w.limits.budget)
	w.limits.budget -= w.limits.steps
}
