package realise

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"firn/internal/build/sandbox"
)

// cgroups makes control groups for builds. They are named as Nix names them.
type cgroups struct {
	last atomic.Uint64
	tidy sync.Once
}

const cgroupPrefix = "nix-build-pid"

// newCgroup gives the build a control group if that is asked for, nil otherwise. A build with a range of ids gets one
// where the machine has them.
func (b *build) newCgroup() (*sandbox.Cgroup, error) {
	wide := b.user != nil && b.user.count > 1
	if !b.r.Config.UseCgroups && !wide {
		return nil, nil
	}
	b.r.cgroups.tidy.Do(func() { sandbox.RemoveStaleCgroups(cgroupPrefix) })
	name := fmt.Sprintf("%s-%d-%d", cgroupPrefix, os.Getpid(), b.r.cgroups.last.Add(1))
	if b.user != nil {
		// A build that was interrupted may have left processes in the one of its user.
		name = fmt.Sprintf("nix-build-uid-%d", b.user.uid)
	}
	c, err := sandbox.NewCgroup(name)
	switch {
	case errors.Is(err, sandbox.ErrUnsupported) && !b.r.Config.UseCgroups:
		return nil, nil
	case errors.Is(err, sandbox.ErrUnsupported):
		return nil, fmt.Errorf("cannot give '%s' a control group, which the setting 'use-cgroups' asks for: %w", b.full(b.drv), err)
	case err != nil:
		return nil, err
	}
	if wide {
		if err := c.Own(b.user.uid, b.user.gid); err != nil {
			c.Remove()
			return nil, err
		}
	}
	return c, nil
}

// runSandbox runs the builder and notes what it used.
func (b *build) runSandbox(spec *sandbox.Spec) (*sandbox.Result, error) {
	group, err := b.newCgroup()
	if err != nil {
		return nil, err
	}
	spec.Cgroup = group
	res, err := sandbox.Run(b.ctx, spec)
	used, removeErr := group.Remove()
	if err = errors.Join(err, removeErr); err != nil {
		return nil, err
	}
	o := &b.result
	o.Start, o.Stop = res.Start, res.Stop
	o.User, o.System, o.MaxRSS = res.UserTime, res.SystemTime, res.MaxRSS
	o.ReadBytes, o.WrittenBytes = res.ReadBytes, res.WrittenBytes
	if group != nil {
		// All processes count, those that nobody waited for, too.
		o.User, o.System, o.PeakMemory = max(o.User, used.UserTime), max(o.System, used.SystemTime), used.PeakMemory
		o.ReadBytes, o.WrittenBytes = max(o.ReadBytes, used.ReadBytes), max(o.WrittenBytes, used.WriteBytes)
	}
	return res, nil
}
