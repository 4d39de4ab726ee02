package local

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"firn/internal/activity"
)

// Space says when a store collects garbage by itself.
type Space struct {
	// Below MinFree bytes of free space garbage is collected until there are
	// MaxFree.
	MinFree, MaxFree uint64
	Interval         time.Duration // between two looks
	// Free, if set, tells how many bytes are free in place of the file system.
	Free func() (uint64, error)
}

// worthwhile is how much of the space that the last collection left has to be in
// use again before the next: without it one that finds nothing would be repeated.
const worthwhile = 0.97

// KeepSpace collects garbage whenever little space is left, until ctx ends. What
// goes wrong is told and tried again.
func (s *Store) KeepSpace(ctx context.Context, sp Space, o CollectOptions) {
	tick := time.NewTicker(max(sp.Interval, 100*time.Millisecond))
	defer tick.Stop()
	after := uint64(1<<63 - 1)
	for {
		free, err := s.freeSpace(&sp)
		if err == nil && free < sp.MinFree && free < sp.MaxFree && float64(free) <= float64(after)*worthwhile {
			o.MaxFreed = sp.MaxFree - free
			s.say(activity.Info, fmt.Sprintf("running auto-GC to free %d bytes", o.MaxFreed))
			_, err = s.Collect(ctx, o)
			if left, e := s.freeSpace(&sp); e == nil {
				after = left
			}
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn(fmt.Sprintf("garbage cannot be collected although space runs out: %v", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Store) freeSpace(sp *Space) (uint64, error) {
	if sp.Free != nil {
		return sp.Free()
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(s.o.Real, &st); err != nil {
		return 0, fmt.Errorf("getting filesystem info about '%s': %w", s.o.Real, err)
	}
	return st.Bavail * uint64(st.Bsize), nil
}
