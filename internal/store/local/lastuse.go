package local

import (
	"context"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"

	"firn/internal/par"
)

// rank finds out when what is dead was last used, and spares what was used too
// lately. What refers to a path uses it.
func (c *collection) rank(ctx context.Context) error {
	c.mu.Lock()
	dead := c.live.Dead()
	c.mu.Unlock()
	c.lastUse = slices.Clone(c.rows.Registered)
	err := par.Each(ctx, runtime.GOMAXPROCS(0), dead, func(ctx context.Context, n int32) error {
		c.lastUse[n] = max(c.lastUse[n], lastAccess(c.s.RealPath(c.rows.Paths[n])))
		return nil
	})
	if err != nil {
		return err
	}
	for _, n := range dead { // referrers come first
		c.graph.References(n, func(to int32) { c.lastUse[to] = max(c.lastUse[to], c.lastUse[n]) })
	}
	if c.o.UnusedSince.IsZero() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range dead {
		if c.lastUse[n] >= c.o.UnusedSince.Unix() {
			c.live.Spare(n)
		}
	}
	return nil
}

// surplus orders dead paths by their last use, which leaves referrers first, and
// drops those with which what is left is no more than it may be.
func (c *collection) surplus(dead []int32) []int32 {
	slices.SortStableFunc(dead, func(a, b int32) int {
		switch {
		case c.lastUse[a] < c.lastUse[b]:
			return -1
		case c.lastUse[a] > c.lastUse[b]:
			return 1
		}
		return 0
	})
	if c.o.Remain == 0 {
		return dead
	}
	var total uint64
	for _, size := range c.rows.Sizes {
		total += size
	}
	for i, n := range dead {
		if total <= c.o.Remain {
			return dead[:i]
		}
		total -= c.rows.Sizes[n]
	}
	return dead
}

// lastAccess returns when something in a tree was last read, in seconds since
// 1970, as far as the file system keeps that; 0 if the tree cannot be read. It
// looks at some hundred files: who used an object has read one of these.
func lastAccess(root string) (latest int64) {
	const enough = 500
	seen := 0
	filepath.WalkDir(root, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return fs.SkipDir
		}
		if info, err := d.Info(); err == nil {
			latest = max(latest, accessed(info))
		}
		if seen++; seen == enough {
			return fs.SkipAll
		}
		return nil
	})
	return latest
}
