package plan

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"firn/internal/format/storepath"
)

// A Status classifies why a build failed, with the numbers of the daemon protocol.
type Status uint8

const (
	PermanentFailure Status = 3
	InputRejected    Status = 4
	OutputRejected   Status = 5
	TransientFailure Status = 6
	TimedOut         Status = 8
	MiscFailure      Status = 9
	DependencyFailed Status = 10
	LogLimitExceeded Status = 11
	NotDeterministic Status = 12
	NoSubstituters   Status = 14
	HashMismatch     Status = 15 // on the wire OutputRejected
)

// A BuildError says why a derivation could not be built. Other errors of those who build mean that the
// machine is in trouble, not the derivation.
type BuildError struct {
	Status Status
	Text   string
}

func (e *BuildError) Error() string { return e.Text }

// Failf makes a BuildError.
func Failf(s Status, format string, args ...any) *BuildError {
	return &BuildError{s, fmt.Sprintf(format, args...)}
}

// ExitCode is the code with which a command ends after failures with these statuses: 1, or 100 with
// bits for what it was: 1 a timeout, 2 a hash mismatch, 4 any failed build, 8 a build that gave
// something else than before.
func ExitCode(statuses []Status) int {
	code := 0
	for _, s := range statuses {
		switch s {
		case TimedOut:
			code |= 5
		case HashMismatch:
			code |= 6
		case NotDeterministic:
			code |= 8
		case PermanentFailure, InputRejected:
			code |= 4
		}
	}
	if code == 0 {
		return 1
	}
	return code | 0x60
}

// An Outcome is what a build came to.
type Outcome struct {
	Outputs map[string]storepath.Path
	Found   bool // the outputs were there: another process built them meanwhile
	Start   time.Time
	Stop    time.Time
	User    time.Duration // processor time of the builder
	System  time.Duration
	MaxRSS  int64 // bytes, of the largest process
	// PeakMemory is what all processes had together, in bytes; 0 if nobody counted.
	PeakMemory              int64
	ReadBytes, WrittenBytes int64 // of disks
}

// Paths lists the outputs by name.
func (o *Outcome) Paths() []storepath.Path {
	list := make([]storepath.Path, 0, len(o.Outputs))
	for _, name := range slices.Sorted(maps.Keys(o.Outputs)) {
		list = append(list, o.Outputs[name])
	}
	return list
}
