//go:build linux

package cache_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"firn/internal/cache"
	"firn/internal/compress"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/local"
	"firn/internal/store/mem"
)

// mostMemory is what a process may need to pass an archive of any size on, in bytes.
const mostMemory = 64 << 20

// TestLargeArchive passes an archive through a cache, into it and out of it into a local store, in a process of its own whose
// memory is measured. FIRN_LARGE=1 makes the archive 4 GiB instead of a few blocks of the codecs.
func TestLargeArchive(t *testing.T) {
	if dir := os.Getenv("FIRN_LARGE_DIR"); dir != "" {
		passLarge(t, dir, os.Getenv("FIRN_LARGE_METHOD"), os.Getenv("FIRN_LARGE_SIZE"))
		return
	}
	size := uint64(40 << 20)
	if os.Getenv("FIRN_LARGE") != "" {
		size = 4 << 30
	}
	for _, method := range []compress.Method{compress.None, compress.Zstd, compress.Xz} {
		t.Run(method.String(), func(t *testing.T) {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLargeArchive$")
			child.Env = append(os.Environ(), "FIRN_LARGE_DIR="+t.TempDir(), "FIRN_LARGE_METHOD="+method.String(), fmt.Sprint("FIRN_LARGE_SIZE=", size))
			out, err := child.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			_, text, _ := strings.Cut(string(out), "peak ")
			text, _, _ = strings.Cut(text, " kB")
			peak, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil {
				t.Fatalf("%v in %s", err, out)
			}
			t.Logf("peak of %d KiB for %d MiB", peak, size>>20)
			if peak<<10 > mostMemory {
				t.Errorf("%d MiB took %d KiB of memory, more than %d", size>>20, peak, mostMemory>>10)
			}
		})
	}
}

// passLarge is what the process does whose memory is measured.
func passLarge(t *testing.T, dir, method, size string) {
	n, err := strconv.ParseUint(size, 10, 64)
	must(t, err)
	m, err := compress.Parse(method)
	must(t, err)
	from := newLarge(t, n)
	o := cache.Defaults(storepath.Default)
	o.Compression = m
	c := openWith(filepath.Join(dir, "cache"), o)
	infos := []*pathinfo.Info{from.info}
	must(t, store.Copy(t.Context(), from, c, infos, store.CopyOptions{}))
	rooted := local.Rooted(dir)
	rooted.Durability, rooted.AllowSymlinks = local.Careless, true
	to, err := local.New(rooted)
	must(t, err)
	defer to.Close()
	must(t, store.Copy(t.Context(), c, to, infos, store.CopyOptions{}))
	if ok, err := to.IsValid(t.Context(), from.info.Path); !ok || err != nil {
		t.Errorf("the path is not valid: %v", err)
	}
	text, err := os.ReadFile("/proc/self/status")
	must(t, err)
	_, peak, _ := strings.Cut(string(text), "VmHWM:")
	peak, _, _ = strings.Cut(peak, "\n")
	fmt.Println("peak", peak)
}

// large is a store with one object, a file that is made while it is read: mostly zeros, and a sixteenth that nothing compresses.
type large struct {
	*mem.Store
	info *pathinfo.Info
	size uint64
}

func newLarge(t *testing.T, size uint64) *large {
	l := &large{mem.New(storepath.Default), &pathinfo.Info{}, size}
	h := nixhash.NewWriter(nixhash.SHA256)
	must(t, store.FileNAR(h, l.contents(), size))
	path, err := storepath.ParseBase("00000000000000000000000000000000-large")
	must(t, err)
	l.info.Path, l.info.NARHash, l.info.NARSize = path, h.Sum(), h.Size()
	return l
}

func (l *large) WriteNAR(_ context.Context, _ storepath.Path, w io.Writer) error {
	return store.FileNAR(w, l.contents(), l.size)
}

func (l *large) contents() io.Reader {
	return io.LimitReader(&pattern{rng: rand.NewChaCha8([32]byte{}), page: make([]byte, 1<<20)}, int64(l.size))
}

type pattern struct {
	rng  *rand.ChaCha8
	page []byte
	rest []byte
}

func (p *pattern) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		p.rng.Read(p.page[:len(p.page)/16])
		p.rest = p.page
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
