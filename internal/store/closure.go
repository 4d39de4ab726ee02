package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/par"
)

// ClosureReader is a store that can tell whole closures at once.
type ClosureReader interface {
	// Closure returns the infos of roots and of everything that they refer to,
	// directly or not, in any order.
	Closure(ctx context.Context, roots []storepath.Path) ([]*pathinfo.Info, error)
}

// queries is how many questions are asked at once of a store that is asked
// about one path at a time.
const queries = 256

// Closure returns the infos of roots and of everything that they refer to,
// directly or not, sorted by path. All roots have to be valid.
func Closure(ctx context.Context, r Reader, roots ...storepath.Path) ([]*pathinfo.Info, error) {
	var infos []*pathinfo.Info
	var err error
	if bulk, ok := r.(ClosureReader); ok {
		infos, err = bulk.Closure(ctx, roots)
	} else {
		infos, err = walkClosure(ctx, r, roots)
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(infos, func(a, b *pathinfo.Info) int { return strings.Compare(string(a.Path), string(b.Path)) })
	return infos, nil
}

func walkClosure(ctx context.Context, r Reader, roots []storepath.Path) ([]*pathinfo.Info, error) {
	var mu sync.Mutex
	var infos []*pathinfo.Info
	err := par.Walk(ctx, queries, roots, func(ctx context.Context, p storepath.Path) ([]storepath.Path, error) {
		info, err := r.PathInfo(ctx, p)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		infos = append(infos, info)
		mu.Unlock()
		return info.References, nil
	})
	return infos, err
}

// ReferrersFirst orders infos so that each comes before what it refers to. What
// is not among them does not matter; neither do references to itself. Cycles,
// which a store cannot hold, are cut anywhere.
func ReferrersFirst(infos []*pathinfo.Info) []*pathinfo.Info {
	list := ReferencesFirst(infos)
	slices.Reverse(list)
	return list
}

// ReferencesFirst orders infos so that each comes after what it refers to, and
// otherwise as they are. It is the order in which objects can be added.
func ReferencesFirst(infos []*pathinfo.Info) []*pathinfo.Info {
	byPath := make(map[storepath.Path]*pathinfo.Info, len(infos))
	for _, i := range infos {
		byPath[i.Path] = i
	}
	out := make([]*pathinfo.Info, 0, len(infos))
	type frame struct {
		info *pathinfo.Info
		next int // reference to look at
	}
	var stack []frame
	enter := func(i *pathinfo.Info) {
		if i != nil {
			delete(byPath, i.Path)
			stack = append(stack, frame{info: i})
		}
	}
	for _, i := range infos {
		enter(byPath[i.Path])
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next == len(top.info.References) {
				out = append(out, top.info)
				stack = stack[:len(stack)-1]
				continue
			}
			top.next++
			enter(byPath[top.info.References[top.next-1]])
		}
	}
	return out
}

// CycleError says that objects refer to each other in a circle.
type CycleError struct {
	Dir    storepath.Dir
	Path   storepath.Path
	Parent storepath.Path // refers to Path, and is referred to by it, directly or not
}

func (e *CycleError) Error() string {
	return fmt.Sprintf("cycle detected in the references of '%s' from '%s'", e.Dir.Join(e.Path), e.Dir.Join(e.Parent))
}

// CheckCycles fails with a *[CycleError] if infos refer to each other in a
// circle; that an object refers to itself is no circle.
func CheckCycles(dir storepath.Dir, infos []*pathinfo.Info) error {
	rank := make(map[storepath.Path]int, len(infos))
	for n, i := range ReferencesFirst(infos) {
		rank[i.Path] = n
	}
	for _, i := range infos {
		for _, ref := range i.References {
			if n, among := rank[ref]; among && n > rank[i.Path] {
				return &CycleError{Dir: dir, Path: ref, Parent: i.Path}
			}
		}
	}
	return nil
}
