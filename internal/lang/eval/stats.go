package eval

// Stats counts what an evaluation did.
type Stats struct {
	Forces       int64
	Calls        int64
	BuiltinCalls int64
	Lookups      int64
	Updates      int64
	Files        int64
	Bytes        int64
}

// Done adds the worker's counters to the evaluator's. It may be called again
// after more work.
func (w *Worker) Done() {
	w.statsLock.Lock()
	defer w.statsLock.Unlock()
	s := &w.stats
	s.Forces += w.count.Forces
	s.Calls += w.count.Calls
	s.BuiltinCalls += w.count.BuiltinCalls
	s.Lookups += w.count.Lookups
	s.Updates += w.count.Updates
	s.Files += w.count.Files
	s.Bytes += int64(w.Bytes)
	w.count, w.Bytes = Stats{}, 0
}

// Stats returns the counters of all workers that are done.
func (ev *Evaluator) Stats() Stats {
	ev.statsLock.Lock()
	defer ev.statsLock.Unlock()
	return ev.stats
}
