package realise

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"firn/internal/activity"
	"firn/internal/filelock"
)

// locks are held on the outputs of a derivation while it is built, so that of several processes one
// builds and the others wait and find its result. An output whose path is not known is locked by the
// name of the derivation.
type locks []*filelock.Path

// lock takes all locks, in the order of their names, which excludes deadlocks.
func (b *build) lock() (locks, error) {
	var paths []string
	for _, o := range b.outputs {
		if o.Path != "" {
			paths = append(paths, b.real(o.Path))
		} else {
			paths = append(paths, b.real(b.drv)+"."+o.Name)
		}
	}
	slices.Sort(paths)
	var held locks
	for _, p := range paths {
		l, err := b.lockOne(b.ctx, p, paths)
		if err != nil {
			held.release(false)
			return nil, fmt.Errorf("locking '%s': %w", p, err)
		}
		held = append(held, l)
	}
	return held, nil
}

func (b *build) lockOne(ctx context.Context, path string, all []string) (*filelock.Path, error) {
	var waiting *activity.Activity
	defer func() { waiting.Stop() }()
	return filelock.LockPath(ctx, path, func() {
		waiting = b.r.Activity.Start(activity.BuildWaiting, activity.Warn, "waiting for lock on '"+strings.Join(all, "', '")+"'")
	})
}

// release gives the locks up. After success the files are removed: whoever waits sees that the outputs
// are valid.
func (l locks) release(done bool) {
	for _, one := range slices.Backward(l) {
		if done {
			one.Release()
		} else {
			one.Keep()
		}
	}
}
