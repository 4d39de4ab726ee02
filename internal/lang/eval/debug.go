package eval

import "firn/internal/diag"

// debugState is what an attached debugger keeps in a worker.
type debugState struct {
	onError func(w *Worker, e *diag.Error)
}
