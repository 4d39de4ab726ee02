package local

import (
	"cmp"
	"context"
	"slices"

	"firn/internal/format/storepath"
	"firn/internal/store/gc"
)

// RootShare is a root with what it keeps alive.
type RootShare struct {
	Root string // name of the link or process
	Path storepath.Path
	gc.Share
}

// RootShares returns every root of the store and what it keeps, in bytes of
// archives: those first that alone keep most. Of the options KeepOutputs and
// KeepDerivations count.
func (s *Store) RootShares(ctx context.Context, o CollectOptions) ([]RootShare, error) {
	found, err := s.FindRoots(ctx, false)
	if err != nil {
		return nil, err
	}
	rows, err := s.graphRows(ctx)
	if err != nil {
		return nil, err
	}
	o.Paths = nil
	g := newGraph(rows, o)
	var list []RootShare
	var nodes []int32
	for p, names := range found {
		n, ok := g.Find(p)
		if !ok {
			continue // a temporary root of what is yet to be made
		}
		for _, name := range names {
			list = append(list, RootShare{Root: name, Path: p})
			nodes = append(nodes, n)
		}
	}
	for i, share := range g.Shares(nodes, func(n int32) uint64 { return rows.Sizes[n] }) {
		list[i].Share = share
	}
	slices.SortFunc(list, func(a, b RootShare) int {
		return cmp.Or(cmp.Compare(b.OwnSize, a.OwnSize), cmp.Compare(b.Size, a.Size), cmp.Compare(a.Root, b.Root), cmp.Compare(a.Path, b.Path))
	})
	return list, nil
}
