package eval

import "firn/internal/diag"

// debugState is what an attached debugger keeps in a worker.
type debugState struct {
	onError func(w *Worker, e *diag.Error)
}

// Break stops in an attached debugger.
func (w *Worker) Break() {
	if w.debug != nil {
		w.debug.onError(w, &diag.Error{Msg: "breakpoint reached"})
	}
}
