package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/mem"
	"firn/internal/store/storetest"
)

// chain fills a store with objects each of which refers to the one before.
func chain(t *testing.T, s *mem.Store, n int, size int) []*pathinfo.Info {
	t.Helper()
	var infos []*pathinfo.Info
	var refs []storepath.Path
	for i := range n {
		info, archive := storetest.Object("object"+strings.Repeat("x", i), strings.Repeat("c", size), refs...)
		if err := s.AddNAR(t.Context(), info, bytes.NewReader(archive), store.AddOptions{}); err != nil {
			t.Fatal(err)
		}
		infos, refs = append(infos, info), []storepath.Path{info.Path}
	}
	return infos
}

func TestCopyClosure(t *testing.T) {
	for _, size := range []int{10, 2 << 20} {
		from, to := mem.New(storepath.Default), mem.New(storepath.Default)
		infos := chain(t, from, 20, size)
		closure, err := store.Closure(t.Context(), from, infos[19].Path)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Copy(t.Context(), from, to, closure, store.CopyOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, info := range infos {
			if ok, _ := to.IsValid(t.Context(), info.Path); !ok {
				t.Errorf("%s is not there", info.Path)
			}
		}
	}
}

func TestCopyLeavesUpstreams(t *testing.T) {
	from, to, upstream := mem.New(storepath.Default), &taker{}, mem.New(storepath.Default)
	infos := chain(t, from, 3, 10)
	chain(t, upstream, 2, 10)
	if err := store.Copy(t.Context(), from, to, infos, store.CopyOptions{Upstreams: []store.Reader{upstream}}); err != nil {
		t.Fatal(err)
	}
	if len(to.took) != 1 || to.took[0] != infos[2].Path {
		t.Errorf("copied %v", to.took)
	}
}

func TestCopyFails(t *testing.T) {
	for _, size := range []int{10, 2 << 20} {
		from := mem.New(storepath.Default)
		infos := chain(t, from, 20, size)
		to := &taker{fail: infos[3].Path}
		if err := store.Copy(t.Context(), from, to, infos, store.CopyOptions{}); !errors.Is(err, errFull) {
			t.Errorf("got %v", err)
		}
		if len(to.took) != 3 {
			t.Errorf("%d paths were copied", len(to.took))
		}
	}
}

var errFull = errors.New("full")

// taker takes paths, one after the other because they are a chain.
type taker struct {
	took []storepath.Path
	fail storepath.Path
}

func (*taker) Dir() storepath.Dir                                    { return storepath.Default }
func (*taker) IsValid(context.Context, storepath.Path) (bool, error) { return false, nil }
func (*taker) PathInfo(context.Context, storepath.Path) (*pathinfo.Info, error) {
	return nil, store.ErrNotValid
}
func (*taker) WriteNAR(context.Context, storepath.Path, io.Writer) error { return store.ErrNotValid }
func (t *taker) AddNAR(_ context.Context, info *pathinfo.Info, r io.Reader, _ store.AddOptions) error {
	if info.Path == t.fail {
		return errFull
	}
	t.took = append(t.took, info.Path)
	_, err := io.Copy(io.Discard, r)
	return err
}
