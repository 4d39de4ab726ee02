package local

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"firn/internal/activity"
	"firn/internal/filelock"
	"firn/internal/format/storepath"
	"firn/internal/sqlite"
	"firn/internal/store/db"
	"firn/internal/store/fstree"
	"firn/internal/store/gc"
)

// CollectOptions say what is collected. The zero value deletes nothing: MaxFreed
// has to be set.
type CollectOptions struct {
	// Paths, if not nil, are the only ones that may be deleted. Whatever refers
	// to them has to be among them, unless Referrers lets it be deleted too.
	Paths     []storepath.Path
	Referrers bool
	// IgnoreRoots deletes Paths although permanent roots keep them.
	IgnoreRoots bool
	// MustDelete makes it an error if one of Paths is alive.
	MustDelete bool

	KeepOutputs     bool // what derivations that are kept make is kept
	KeepDerivations bool // what made paths that are kept is kept
	DryRun          bool // nothing is deleted

	// Pause, if set, is called once others could add paths before they can tell
	// us (false) and once it is known what is dead (true).
	Pause func(surveyed bool)

	// The rest leaves garbage for later. What was used last goes last.

	MaxFreed    uint64    // bytes; once more are freed, the collection ends
	Remain      uint64    // bytes; once the archives of what is left have no more, it ends
	UnusedSince time.Time // what was used later stays, unless this is zero
}

// spares tells whether a collection leaves garbage for later.
func (o *CollectOptions) spares() bool {
	return o.MaxFreed < Unlimited && !o.DryRun || o.Remain > 0 || !o.UnusedSince.IsZero()
}

// Unlimited is a MaxFreed that is never reached.
const Unlimited = math.MaxUint64

// Collected is what a collection did, or would do.
type Collected struct {
	Deleted []string // full names, also of what is no store path; the dead ones in a dry run
	Alive   []storepath.Path
	Freed   uint64 // bytes
}

// Collect deletes what nothing keeps. Others may go on adding paths meanwhile.
func (s *Store) Collect(ctx context.Context, o CollectOptions) (Collected, error) {
	if o.Paths != nil && len(o.Paths) == 0 || o.MaxFreed == 0 && !o.DryRun {
		return Collected{}, nil
	}
	if err := s.ready(ctx); err != nil {
		return Collected{}, err
	}
	if !o.DryRun {
		os.Remove(s.state("db", "reserved")) // the disk may be full
		defer s.reserve()
	}
	lock, err := filelock.Open(s.state("gc.lock"))
	if err != nil {
		return Collected{}, err
	}
	defer lock.Close()
	if err := s.lock(ctx, lock, filelock.Exclusive, "waiting for the big garbage collector lock..."); err != nil {
		return Collected{}, err
	}
	if o.Pause != nil {
		o.Pause(false)
	}
	c := &collection{s: s, o: o}
	c.changed.L = &c.mu
	stop, err := c.listen()
	if err != nil {
		return Collected{}, err
	}
	defer stop()
	if err := c.survey(ctx); err != nil {
		return Collected{}, err
	}
	if o.Pause != nil {
		o.Pause(true)
	}
	err = c.collect(ctx)
	return c.result, err
}

// survey finds roots and loads the graph of references.
func (c *collection) survey(ctx context.Context) error {
	c.s.say(activity.Info, "finding garbage collector roots...")
	// Temporary roots come first: who makes a link of one and ends in between is
	// still seen.
	//
	// Nix: looks at them last (2.34), and so may miss both.
	if err := c.s.eachTempRoot(ctx, func(p storepath.Path, _ string) { c.addRoot(p, false) }); err != nil {
		return err
	}
	var roots FoundRoots
	if !c.o.IgnoreRoots {
		var err error
		if roots, err = c.s.permanentRoots(ctx, true); err != nil {
			return err
		}
	}
	rows, err := c.s.graphRows(ctx)
	if err != nil {
		return err
	}
	graph := newGraph(rows, c.o)
	c.rows = rows
	c.mu.Lock()
	c.graph, c.live = graph, graph.Start()
	for p := range roots {
		if n, ok := graph.Find(p); ok {
			c.live.Spare(n)
		}
	}
	for hash := range c.temp {
		c.spareHash(hash)
	}
	c.mu.Unlock()
	return nil
}

// graphRows loads all valid paths.
func (s *Store) graphRows(ctx context.Context) (rows *db.Graph, err error) {
	err = s.read(ctx, func(d *db.DB) (err error) {
		rows, err = d.Graph(ctx)
		return err
	})
	if rows == nil {
		rows = &db.Graph{}
	}
	return rows, err
}

// newGraph makes what decides what is dead.
func newGraph(rows *db.Graph, o CollectOptions) *gc.Graph {
	g := &gc.Graph{}
	for _, p := range rows.Paths {
		g.Add(p)
	}
	for _, r := range rows.References {
		g.Refer(r[0], r[1])
	}
	if o.Paths != nil {
		return g // named paths are kept by references alone
	}
	if o.KeepOutputs {
		for _, pair := range rows.Outputs {
			g.Keep(pair[0], pair[1])
		}
	}
	if o.KeepDerivations {
		for n, drv := range rows.Derivers {
			if to, ok := g.Find(drv); ok && drv != "" {
				g.Keep(int32(n), to)
			}
		}
	}
	return g
}

// collect deletes, or lists, what survey found dead.
func (c *collection) collect(ctx context.Context) error {
	if c.o.spares() {
		if err := c.rank(ctx); err != nil {
			return err
		}
	}
	dead, err := c.candidates()
	if err != nil {
		return err
	}
	if c.o.DryRun {
		return c.list(dead)
	}
	switch {
	case c.o.Paths == nil:
		c.s.say(activity.Info, "deleting garbage...")
	case c.o.MustDelete:
		c.s.say(activity.Info, "deleting specified paths...")
	default:
		c.s.say(activity.Info, "deleting garbage within specified paths...")
	}
	err = c.deleteStrangers(ctx)
	if err == nil {
		err = c.deletePaths(ctx, dead)
	}
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err != nil {
		return err
	}
	return c.deleteLinks()
}

// candidates returns the dead paths that may be deleted, referrers first.
func (c *collection) candidates() ([]int32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	dead := c.live.Dead()
	if c.lastUse != nil {
		dead = c.surplus(dead)
	}
	if c.o.Paths == nil {
		return dead, nil
	}
	named := map[int32]bool{}
	for _, p := range c.o.Paths {
		if n, ok := c.graph.Find(p); ok {
			named[n] = true
		}
	}
	wanted := map[int32]bool{}
	for _, p := range c.o.Paths {
		n, ok := c.graph.Find(p)
		if !ok {
			continue
		}
		referrers := c.graph.Referrers(n)
		if slices.ContainsFunc(referrers, func(r int32) bool {
			return c.live.IsAlive(r) || !c.o.Referrers && !named[r]
		}) {
			if c.o.MustDelete {
				return nil, c.s.stillAlive(p)
			}
			continue
		}
		for _, r := range referrers {
			wanted[r] = true
		}
	}
	return slices.DeleteFunc(dead, func(n int32) bool { return !wanted[n] }), nil
}

func (s *Store) stillAlive(p storepath.Path) error {
	return fmt.Errorf("Cannot delete path '%s' since it is still alive. "+
		"To find out why, use: nix-store --query --roots and nix-store --query --referrers", s.o.Dir.Join(p))
}

// list fills the result of a dry run.
func (c *collection) list(dead []int32) error {
	c.s.say(activity.Info, "determining live/dead paths...")
	for _, n := range dead {
		c.result.Deleted = append(c.result.Deleted, c.s.o.Dir.Join(c.graph.Path(n)))
	}
	c.mu.Lock()
	for n := range int32(c.graph.Len()) {
		if c.live.IsAlive(n) {
			c.result.Alive = append(c.result.Alive, c.graph.Path(n))
		}
	}
	c.mu.Unlock()
	slices.Sort(c.result.Alive)
	if c.o.Paths != nil {
		return nil
	}
	return c.eachStranger(func(name string) error {
		if _, err := storepath.ParseBase(name); err == nil {
			c.result.Deleted = append(c.result.Deleted, string(c.s.o.Dir)+"/"+name)
		}
		return nil
	})
}

// errEnough ends a collection that has freed as much as it may.
var errEnough = errors.New("enough was freed")

// enough tells whether the limit is passed.
func (c *collection) enough() error {
	if c.result.Freed <= c.o.MaxFreed {
		return nil
	}
	c.s.say(activity.Info, fmt.Sprintf("deleted more than %d bytes; stopping", c.o.MaxFreed))
	return errEnough
}

// groupSize is how many paths are made invalid by one transaction. Who wants to
// add one of them waits until the whole group has been moved away.
const groupSize = 1000

// deletePaths deletes valid paths in the given order, unless they have become
// roots. The files of one group are removed while the next is made invalid, unless what they free decides what is next.
func (c *collection) deletePaths(ctx context.Context, dead []int32) error {
	trash, err := c.s.tempDir(ctx)
	if err != nil {
		return err
	}
	defer trash.remove()
	removed := make(chan error, 1)
	removed <- nil
	for len(dead) > 0 && err == nil {
		if err = context.Cause(ctx); err != nil {
			break
		}
		n := c.groupLen(dead)
		group := c.begin(dead[:n])
		dead = dead[n:]
		var gone []storepath.Path
		gone, err = c.invalidate(ctx, group)
		if e := <-removed; err == nil {
			err = e
		}
		if err != nil {
			c.end(group)
			removed <- nil
			break
		}
		go func() {
			defer c.end(group)
			removed <- c.removeGroup(group, gone, trash.path)
		}()
		if c.o.MaxFreed < Unlimited {
			err = <-removed
			removed <- nil
		}
	}
	if e := <-removed; err == nil {
		err = e
	}
	return err
}

// groupLen returns how many of the paths make a group: not more than are sure
// to be needed to free enough. An archive is larger than the files that deleting
// its path can give back.
func (c *collection) groupLen(dead []int32) int {
	n := min(len(dead), groupSize)
	if c.o.MaxFreed == Unlimited {
		return n
	}
	wanted := c.o.MaxFreed - c.result.Freed
	for i, p := range dead[:n] {
		size := c.rows.Sizes[p]
		if size == 0 || size >= wanted {
			return i + 1
		}
		wanted -= size
	}
	return n
}

// removeGroup removes the files of what is not valid any more.
func (c *collection) removeGroup(group []int32, gone []storepath.Path, trash string) error {
	dir, err := fstree.OpenDir(c.s.o.Real)
	if err != nil {
		return err
	}
	defer dir.Close()
	// The paths are free for others as soon as their files are out of the way.
	var trees []storepath.Path
	for _, p := range gone {
		c.s.say(activity.Info, fmt.Sprintf("deleting '%s'", c.s.o.Dir.Join(p)))
		c.result.Deleted = append(c.result.Deleted, c.s.o.Dir.Join(p))
		freed, quick, err := dir.RemoveFile(string(p))
		c.result.Freed += uint64(freed)
		if !quick && err == nil {
			trees = append(trees, p)
			err = fstree.Move(c.s.RealPath(p), filepath.Join(trash, string(p)))
		}
		if err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("delete path '%s': %w", c.s.o.Dir.Join(p), err)
		}
	}
	c.end(group)
	for _, p := range trees {
		if err := c.remove(filepath.Join(trash, string(p))); err != nil {
			return err
		}
	}
	return c.enough()
}

// remove removes files and counts what that frees.
func (c *collection) remove(path string) error {
	n, err := fstree.Remove(path)
	c.result.Freed += uint64(n)
	if err != nil {
		return err
	}
	return c.enough()
}

// invalidate makes paths invalid and returns those that are. One to which
// something refers that was registered meanwhile stays.
func (c *collection) invalidate(ctx context.Context, group []int32) ([]storepath.Path, error) {
	rows := make([]int64, len(group))
	gone := make([]storepath.Path, len(group))
	for i, n := range group {
		rows[i], gone[i] = c.rows.Rows[n], c.rows.Paths[n]
	}
	err := c.s.change(ctx, func(d *db.DB) error { return d.InvalidateRows(rows) })
	if errors.Is(err, sqlite.ErrConstraint) {
		return c.invalidateEach(ctx, group)
	}
	return gone, err
}

func (c *collection) invalidateEach(ctx context.Context, group []int32) (gone []storepath.Path, err error) {
	err = c.s.change(ctx, func(d *db.DB) error {
		gone = gone[:0]
		for _, n := range group {
			p := c.graph.Path(n)
			err := d.Invalidate(p)
			if errors.Is(err, sqlite.ErrConstraint) {
				continue
			}
			if err != nil {
				return err
			}
			gone = append(gone, p)
		}
		return nil
	})
	return gone, err
}

// eachStranger calls f for every name in the store directory that is not a valid
// path and that nobody protects.
func (c *collection) eachStranger(f func(name string) error) error {
	list, err := os.ReadDir(c.s.o.Real)
	if err != nil {
		return err
	}
	for _, e := range list {
		name := e.Name()
		if name == ".links" {
			continue
		}
		if p, err := storepath.ParseBase(name); err == nil {
			if _, valid := c.graph.Find(p); valid || c.isRoot(p) {
				continue
			}
		}
		if err := f(name); err != nil {
			return err
		}
	}
	return nil
}

// deleteStrangers deletes what is not valid, which is of use to nobody.
func (c *collection) deleteStrangers(ctx context.Context) error {
	if c.o.Paths != nil {
		return c.deleteInvalid(ctx)
	}
	return c.eachStranger(func(name string) error { return c.deleteStranger(ctx, name) })
}

// deleteStranger deletes what is in the store directory and not valid.
func (c *collection) deleteStranger(ctx context.Context, name string) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	path := filepath.Join(c.s.o.Real, name)
	if strings.HasPrefix(name, "tmp-") {
		lock, err := filelock.OpenDir(path)
		if err != nil {
			return nil
		}
		defer lock.Close()
		if unused, err := lock.Try(filelock.Exclusive); !unused || err != nil {
			return err
		}
	}
	p, err := storepath.ParseBase(name)
	if err == nil {
		// It may have become a root, or even valid, since the graph was loaded.
		if !c.beginHash(p.HashPart()) {
			return nil
		}
		defer c.endHash(p.HashPart())
		if valid, err := c.s.IsValid(ctx, p); valid || err != nil {
			return err
		}
	}
	c.s.say(activity.Info, fmt.Sprintf("deleting '%s/%s'", c.s.o.Dir, name))
	c.result.Deleted = append(c.result.Deleted, string(c.s.o.Dir)+"/"+name)
	return c.remove(path)
}

// deleteInvalid deletes what lies at those of the named paths that are not valid.
func (c *collection) deleteInvalid(ctx context.Context) error {
	for _, p := range c.o.Paths {
		if _, valid := c.graph.Find(p); valid {
			continue
		}
		if c.o.MustDelete && c.isRoot(p) {
			return c.s.stillAlive(p)
		}
		if err := c.deleteStranger(ctx, string(p)); err != nil {
			return err
		}
	}
	return nil
}

// deleteLinks removes shared files that no object shares any more.
func (c *collection) deleteLinks() error {
	c.s.say(activity.Info, "deleting unused links...")
	saved, err := c.s.pruneLinks()
	if err == nil {
		c.s.say(activity.Info, "note: hard linking is currently saving "+renderSize(saved))
	}
	return err
}

func (s *Store) say(level activity.Level, text string) { s.log.Say(level, text) }
