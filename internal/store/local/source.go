package local

import (
	"context"
	"fmt"

	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// AddSource implements [store.Writer].
func (s *Store) AddSource(ctx context.Context, src store.Source) (*pathinfo.Info, error) {
	if err := src.Check(); err != nil {
		return nil, err
	}
	if s.o.ReadOnly {
		return nil, fmt.Errorf("add source '%s': %w", src.Name, errReadOnly)
	}
	sp := s.newSpool(ctx, &src, src.Method == storepath.Flat)
	defer sp.discard()
	if err := sp.finish(src.Write(sp)); err != nil {
		return nil, err
	}
	narHash, narSize, err := sp.archiveHash()
	if err != nil {
		return nil, err
	}
	info, err := src.Info(s.o.Dir, sp.hash.Sum(), narHash, narSize)
	if err != nil {
		return nil, err
	}
	return info, s.add(ctx, info.Path, false, func(dest string) (entry, error) {
		return entry{info: info, isFile: sp.flat}, sp.put(dest)
	})
}
