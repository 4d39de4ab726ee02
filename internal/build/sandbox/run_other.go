//go:build !linux

package sandbox

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"time"
)

// Check says that there is no sandbox for this system yet.
func Check() error { return ErrUnsupported }

// CanChangeUser tells whether the process may run builders as other users.
func CanChangeUser() bool { return false }

// DropsGroups has no meaning here.
func DropsGroups() bool { return false }

// Run carries out spec, which must be Open. Output comes through a pipe; MaxSilent and MaxOutput are
// not kept here.
func Run(ctx context.Context, spec *Spec) (*Result, error) {
	if !spec.Open {
		return nil, ErrUnsupported
	}
	if spec.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, spec.Timeout)
		defer cancel()
	}
	res := &Result{Start: time.Now()}
	cmd := exec.CommandContext(ctx, spec.Path)
	cmd.Args, cmd.Env, cmd.Dir = spec.Args, spec.Env, spec.Dir
	cmd.Stdout, cmd.Stderr = spec.Output, spec.Output
	err := cmd.Run()
	res.Stop = time.Now()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return res, err
	}
	res.ExitCode = exit.ExitCode()
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		res.Signal = status.Signal()
	}
	switch context.Cause(ctx) {
	case context.DeadlineExceeded:
		res.Cause = TimedOut
	case context.Canceled:
		res.Cause = Cancelled
	}
	return res, nil
}

// Enter is not possible without mount namespaces.
func Enter(ctx context.Context, e *Entry) (*Result, error) { return nil, ErrUnsupported }

// HasUserNamespaces says no.
func HasUserNamespaces() bool { return false }

// KillUser does nothing here.
func KillUser(uid int) error { return nil }

// AsUser does nothing here.
func AsUser(cmd *exec.Cmd, uid, gid int) {}

// A Cgroup does not exist here.
type Cgroup struct{ Dir string }

// Usage is what the processes of a cgroup used.
type Usage struct {
	UserTime, SystemTime  time.Duration
	PeakMemory            int64
	ReadBytes, WriteBytes int64
}

// NewCgroup is not possible here.
func NewCgroup(name string) (*Cgroup, error) { return nil, ErrUnsupported }

// RemoveStaleCgroups does nothing here.
func RemoveStaleCgroups(prefix string) error { return nil }

// Own does nothing here.
func (c *Cgroup) Own(uid, gid int) error { return nil }

// Remove does nothing here.
func (c *Cgroup) Remove() (Usage, error) { return Usage{}, nil }
