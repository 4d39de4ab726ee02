package local

import (
	"context"
	"fmt"
	"time"

	"firn/internal/activity"
)

// Space says when a store collects by itself because its disk gets full.
type Space struct {
	Min      uint64        // bytes; as soon as fewer are free, garbage is deleted; 0 for never
	Max      uint64        // bytes; as soon as so many are free, no more is deleted
	Interval time.Duration // between two looks at what is free

	KeepOutputs, KeepDerivations bool // as in [CollectOptions]

	// Free returns how many bytes are free; nil asks the file system of the store
	// directory.
	Free func() (uint64, error)
}

// spaceWatch is what is known of the free space.
type spaceWatch struct {
	busy    chan struct{} // holds a token while someone looks, or collects
	checked time.Time
	left    uint64 // bytes that were free after the last collection
	full    bool   // that collection did not reach Max: there is no more garbage
}

// KeepFree collects if fewer bytes are free than the store is to keep, and
// returns when that is done. Who adds something calls it before, holding no
// lock; what it costs when there is nothing to do is next to nothing.
func (s *Store) KeepFree(ctx context.Context) error {
	if s.o.Space.Min == 0 || s.o.ReadOnly {
		return nil
	}
	w := &s.space
	if err := acquire(ctx, w.busy); err != nil {
		return err
	}
	defer release(w.busy)
	if !w.checked.IsZero() && time.Since(w.checked) < s.o.Space.Interval {
		return nil
	}
	free, err := s.free()
	w.checked = time.Now()
	if err != nil || free >= min(s.o.Space.Min, s.o.Space.Max) || w.full && free > w.left-w.left/32 {
		return err // where all garbage is gone already, looking for more would cost time at every call
	}
	wanted := s.o.Space.Max - free
	s.say(activity.Info, fmt.Sprintf("running auto-GC to free %d bytes", wanted))
	got, err := s.Collect(ctx, CollectOptions{
		KeepOutputs: s.o.Space.KeepOutputs, KeepDerivations: s.o.Space.KeepDerivations, MaxFreed: wanted,
	})
	if err != nil {
		return err
	}
	w.full = got.Freed < wanted
	w.checked = time.Now()
	w.left, err = s.free()
	return err
}

// KeepSpace calls KeepFree again and again until ctx ends, for work whose writing
// nobody counts. What goes wrong is told and tried again.
func (s *Store) KeepSpace(ctx context.Context) {
	tick := time.NewTicker(max(s.o.Space.Interval, time.Second))
	defer tick.Stop()
	for {
		if err := s.KeepFree(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn(fmt.Sprintf("garbage cannot be collected although space runs out: %v", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Store) free() (uint64, error) {
	if s.o.Space.Free != nil {
		return s.o.Space.Free()
	}
	return freeBytes(s.o.Real)
}
