package local

import (
	"context"

	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// AddSource implements [store.Writer].
func (s *Store) AddSource(ctx context.Context, src store.Source) (*pathinfo.Info, error) {
	if s.o.ReadOnly {
		return s.findSource(ctx, src)
	}
	sp, info, err := s.readSource(ctx, src)
	if err != nil {
		return nil, err
	}
	defer sp.discard()
	return info, s.addSpool(ctx, info, sp)
}

// readSource reads a source and computes its path.
func (s *Store) readSource(ctx context.Context, src store.Source) (*spool, *pathinfo.Info, error) {
	if err := src.Check(); err != nil {
		return nil, nil, err
	}
	sp := s.newSpool(ctx, &src, src.Method == storepath.Flat)
	err := sp.finish(src.Write(sp))
	var info *pathinfo.Info
	if err == nil {
		info, err = sp.pathInfo(&src)
	}
	if err != nil {
		sp.discard()
		return nil, nil, err
	}
	return sp, info, nil
}

func (sp *spool) pathInfo(src *store.Source) (*pathinfo.Info, error) {
	narHash, narSize, err := sp.archiveHash()
	if err != nil {
		return nil, err
	}
	return src.Info(sp.s.o.Dir, sp.hash.Sum(), narHash, narSize)
}

// addSpool makes the path of a source that was read valid.
func (s *Store) addSpool(ctx context.Context, info *pathinfo.Info, sp *spool) error {
	return s.add(ctx, info.Path, false, func(dest string) (entry, error) {
		err := sp.put(dest)
		return entry{info: info, isFile: sp.isFile}, err
	})
}
