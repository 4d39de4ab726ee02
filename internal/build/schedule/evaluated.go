package schedule

import (
	"firn/internal/format/derivation"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// readEvaluated reads a derivation from the store of the evaluation; nil if it is not there either.
func (c *call) readEvaluated(drv storepath.Path) (*derivation.Derivation, error) {
	if c.s.evaluated == nil {
		return nil, nil
	}
	if valid, err := c.s.evaluated.IsValid(c.ctx, drv); err != nil || !valid {
		return nil, err
	}
	return store.ReadDerivation(c.ctx, c.s.evaluated, drv)
}

// takeEvaluated copies those of paths from the store of the evaluation that are not valid and that follow from
// their contents, which sources do, and notes that they are valid.
func (c *call) takeEvaluated(paths []storepath.Path, valid map[storepath.Path]bool) error {
	to, ok := c.s.store.(store.Destination)
	if c.s.evaluated == nil || !ok {
		return nil
	}
	var missing []storepath.Path
	for _, p := range paths {
		if !valid[p] {
			missing = append(missing, p)
		}
	}
	found, err := store.ValidPaths(c.ctx, c.s.evaluated, missing)
	if err != nil {
		return err
	}
	infos, err := c.addressed(found)
	if err != nil || len(infos) == 0 {
		return err
	}
	if err := store.Copy(c.ctx, c.s.evaluated, to, infos, store.CopyOptions{Recorder: c.s.recorder, Unsigned: true}); err != nil {
		return err
	}
	for _, info := range infos {
		valid[info.Path] = true
	}
	return nil
}

// addressed returns the closures of those paths of the evaluation's store that follow from their contents.
func (c *call) addressed(paths []storepath.Path) ([]*pathinfo.Info, error) {
	var roots []storepath.Path
	for _, p := range paths {
		info, err := c.s.evaluated.PathInfo(c.ctx, p)
		if err != nil {
			return nil, err
		}
		if !info.CA.IsZero() {
			roots = append(roots, p)
		}
	}
	if len(roots) == 0 {
		return nil, nil
	}
	return store.Closure(c.ctx, c.s.evaluated, roots...)
}
