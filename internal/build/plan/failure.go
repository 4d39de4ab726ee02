package plan

import (
	"errors"
	"fmt"
	"strings"

	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
)

// A Failure says why a goal cannot be reached.
type Failure struct {
	Err error
	// Missing is set if nobody has the path: nothing went wrong, there is just no way.
	Missing bool
	// Dependency is set if the goal itself was never tried because something it needs failed.
	Dependency bool
	// Cause is the failure that led to this one, when the text does not tell.
	Cause *Failure

	reported  bool // it is, or was, in Planner.failures
	abandoned bool // nothing went wrong: it was not tried to the end
}

var errAbandoned = errors.New("given up because of another failure")

// Failures takes the failures that have come up, those of targets among them, in the order in which
// they did. That nobody has a path is no failure here: something else may be possible.
func (p *Planner) Failures() []*Failure {
	var list []*Failure
	for _, f := range p.failures {
		if !f.Missing {
			list = append(list, f)
		}
	}
	p.failures = nil
	return list
}

func (f *Failure) Error() string { return f.Err.Error() }
func (f *Failure) Unwrap() error { return f.Err }

// A DependencyError says that a derivation was not built because Failed of its inputs do not exist.
type DependencyError struct {
	Drv     string // full path
	Failed  int
	Outputs []string // full paths of the outputs that are missing for it, where known
}

func (e *DependencyError) Error() string {
	noun := "dependencies"
	if e.Failed == 1 {
		noun = "dependency"
	}
	return fmt.Sprintf("Cannot build '%s'.\nReason: %d %s failed.%s", e.Drv, e.Failed, noun, KnownOutputs(e.Outputs))
}

// KnownOutputs words the paragraph of error messages that names the output paths.
func KnownOutputs(paths []string) string {
	if len(paths) == 0 {
		return ""
	}
	return "\nOutput paths:\n  " + strings.Join(paths, "\n  ")
}

// OutputPaths lists the full output paths of d that are known, sorted.
func OutputPaths(dir storepath.Dir, d *derivation.Derivation) []string {
	var list []string
	for i := range d.Outputs {
		if o := &d.Outputs[i]; o.Path != "" {
			list = append(list, dir.Join(o.Path))
		}
	}
	sortStrings(list)
	return list
}

func (p *Planner) full(path storepath.Path) string { return p.set.Dir.Join(path) }

func failf(format string, args ...any) *Failure { return &Failure{Err: fmt.Errorf(format, args...)} }

// because is failf for something that was given up because of another failure.
func because(cause *Failure, format string, args ...any) *Failure {
	if cause.abandoned {
		return cause
	}
	f := failf(format, args...)
	f.Dependency, f.Cause, f.Missing = true, cause, cause.Missing
	return f
}

// dependencyFailure words the failure of a derivation's inputs, for stopped.
func (p *Planner) dependencyFailure(drv storepath.Path, d *derivation.Derivation) func(failed, missing int, first *Failure) *Failure {
	return func(failed, _ int, first *Failure) *Failure {
		return &Failure{Dependency: true, Cause: first, Err: &DependencyError{Drv: p.full(drv), Failed: failed, Outputs: OutputPaths(p.set.Dir, d)}}
	}
}
