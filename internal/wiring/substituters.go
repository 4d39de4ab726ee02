package wiring

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"firn/internal/cache"
	"firn/internal/cache/substitute"
	"firn/internal/config"
	"firn/internal/store"
	"firn/internal/store/local"
)

// newSubstituters returns the binary caches and other stores that a store's
// objects come from, nil if there are none. Nothing is opened before it is used.
func newSubstituters(v *config.Values, m *Machine, st *local.Store, address string) (*substitute.Pool, error) {
	if !v.Substitute.Use || len(v.Substitute.Substituters) == 0 {
		return nil, nil
	}
	keys, err := trustedKeys(address, v)
	if err != nil {
		return nil, err
	}
	return substitute.New(st, substitute.Options{Keys: keys, Recorder: m.Recorder}, func(ctx context.Context) (list []substitute.Source) {
		var seen []string
		for _, name := range v.Substitute.Substituters {
			if slices.Contains(seen, name) {
				continue
			}
			seen = append(seen, name)
			s, err := openSubstituter(ctx, name, v, m)
			if err != nil {
				m.Recorder.Warn(fmt.Sprintf("the substituter '%s' is not asked: %v", name, err))
				continue
			}
			list = append(list, s)
		}
		return list
	}), nil
}

// openSubstituter opens a store and finds out what it says of itself.
func openSubstituter(ctx context.Context, name string, v *config.Values, m *Machine) (substitute.Source, error) {
	s, err := Open(name, v, m)
	if err != nil {
		return substitute.Source{}, err
	}
	source := substitute.Source{Store: s, Name: name}
	if _, ok := s.(*cache.Cache); ok {
		if source.Priority, err = askPriority(ctx, name, v, m); err != nil {
			return source, errors.Join(err, s.Close())
		}
	}
	if t, ok := s.(store.Truster); ok {
		source.Trusted = t.Trusted()
	}
	return source, nil
}

// askPriority asks a binary cache for its priority. It is tried once only: on a
// machine without network, builds shall not wait for a cache.
func askPriority(ctx context.Context, name string, v *config.Values, m *Machine) (priority int, err error) {
	once := *v
	once.Transfer.Attempts = 1
	s, err := Open(name, &once, m)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	about, err := s.(*cache.Cache).About(ctx)
	return about.Priority, err
}
