package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"firn/internal/oracle"
)

var once = []int{0} // nothing is evaluated

// stores is work on local stores and trees of files. firn syncs what it writes, Nix does not.
var stores = []work{
	{name: "add-tree", what: "add a tree of many small files, nixpkgs 14.04", program: "nix-store", needs: "nixpkgs-14.04", writes: true,
		args:  func(b *bench) []string { return []string{"--add", filepath.Join(b.corpora, "nixpkgs-14.04")} },
		cores: once, time: []float64{0.3}, memory: []float64{0}},
	{name: "dump-tree", what: "write the archive of a tree of 1 GiB", program: "nix-store", once: (*bench).bigTree, discard: true,
		args: func(b *bench) []string { return []string{"--dump", b.bigTreeDir()} }, cores: once, time: []float64{0.9}, memory: []float64{0}},
	{name: "hash-tree", what: "hash the archive of a tree of 1 GiB", program: "nix-hash", once: (*bench).bigTree,
		args: func(b *bench) []string { return []string{"--type", "sha256", b.bigTreeDir()} }, cores: once, time: []float64{0.9}, memory: []float64{0}},
	{name: "requisites", what: "the closure of a path, 10,000 paths", program: "nix-store", before: fill(10000, 10000),
		args: func(b *bench) []string { return []string{"--query", "--requisites", pathName(0)} }, cores: once, time: []float64{0.3}, memory: []float64{0}},
	{name: "path-info", what: "path-info -rS over 10,000 paths", program: "nix", before: fill(10000, 10000),
		args: func(b *bench) []string {
			return []string{"path-info", "-rS", pathName(0), "--extra-experimental-features", "nix-command"}
		}, cores: once, time: []float64{0.3}, memory: []float64{0}},
	{name: "verify", what: "verify --check-contents, 10,000 paths", program: "nix-store", before: fill(10000, 10000),
		args: func(b *bench) []string { return []string{"--verify", "--check-contents"} }, cores: once, time: []float64{0.6}, memory: []float64{0}},
	{name: "collect", what: "delete 15,000 of 20,000 paths", program: "nix-store", before: fill(20000, 5000), spoils: true,
		args: func(b *bench) []string { return []string{"--gc"} }, cores: once, time: []float64{0.2}, memory: []float64{0}, alone: true},
	{name: "optimise", what: "optimise a store of 10,000 paths", program: "nix-store", before: fill(10000, 10000), spoils: true,
		args: func(b *bench) []string { return []string{"--optimise"} }, cores: once, alone: true},
}

// pathName is the n-th of the paths that fill makes.
func pathName(n int) string { return fmt.Sprintf("/nix/store/%032d-object-%d", n, n) }

// fill returns what makes a store of paths, of which a root keeps the first alive: files, and at every other name a
// folder with four files. The living and the rest are a tree each, in which a path refers to two others, and to one of those
// that refer to nothing.
func fill(paths, living int) func(b *bench, bin, store string) error {
	return func(b *bench, bin, store string) error {
		if err := os.MkdirAll(filepath.Join(store, "nix/store"), 0o755); err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(1, 2))
		var register strings.Builder
		for n := range paths {
			if err := makeObject(filepath.Join(store, pathName(n)), n, rng); err != nil {
				return err
			}
			first, end := 0, living
			if n >= living {
				first, end = living, paths
			}
			var refs []int
			for _, child := range []int{2*(n-first) + 1 + first, 2*(n-first) + 2 + first} {
				if child < end {
					refs = append(refs, child)
				}
			}
			if leaves := first + (end-first)/2 + 1; n < leaves {
				if leaf := leaves + rng.IntN((end-leaves)/10+1); !slices.Contains(refs, leaf) {
					refs = append(refs, leaf)
				}
			}
			fmt.Fprintf(&register, "%s\n\n%d\n", pathName(n), len(refs))
			for _, r := range refs {
				register.WriteString(pathName(r) + "\n")
			}
		}
		res, err := oracle.Run{Bin: bin, Name: "nix-store", Args: []string{"--register-validity", "--store", store}, Dir: b.scratch,
			Env: b.env, Stdin: register.String(), Limit: 5 * time.Minute}.Do()
		if err == nil && res.Exit != 0 {
			err = errors.New(oracle.LastError(res.Stderr))
		}
		if err != nil {
			return err
		}
		debug.FreeOSMemory() // what is started next is taken to have as much as this program has
		return os.Symlink(pathName(0), filepath.Join(store, "nix/var/nix/gcroots/bench"))
	}
}

// makeObject makes a file of up to 4 KiB, or a folder of four of up to 8 KiB.
func makeObject(path string, n int, rng *rand.Rand) error {
	if n%2 == 0 {
		return os.WriteFile(path, noise(rng, rng.IntN(4<<10)), 0o444)
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		return err
	}
	for i := range 4 {
		if err := os.WriteFile(filepath.Join(path, fmt.Sprint("file-", i)), noise(rng, rng.IntN(8<<10)), 0o444); err != nil {
			return err
		}
	}
	return nil
}

func noise(rng *rand.Rand, size int) []byte {
	b := make([]byte, size+7)
	for i := 0; i < size; i += 8 {
		v := rng.Uint64()
		for j := range min(8, len(b)-i) {
			b[i+j] = byte(v >> (8 * j))
		}
	}
	return b[:size]
}

func (b *bench) bigTreeDir() string { return filepath.Join(b.scratch, "prepared", "big-tree") }

// bigTree makes a tree of 1 GiB: half of it in files of 64 MiB, half in files of 64 KiB.
func (b *bench) bigTree() error {
	if _, err := os.Stat(b.bigTreeDir()); err == nil {
		return nil
	}
	rng := rand.New(rand.NewPCG(3, 4))
	small, big := noise(rng, 64<<10), bytes.Repeat(noise(rng, 1<<20), 64)
	for dir := range 64 {
		path := filepath.Join(b.bigTreeDir(), fmt.Sprint("dir-", dir))
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		for file := range 128 {
			if err := os.WriteFile(filepath.Join(path, fmt.Sprint("file-", file)), small, 0o644); err != nil {
				return err
			}
		}
	}
	for file := range 8 {
		if err := os.WriteFile(filepath.Join(b.bigTreeDir(), fmt.Sprint("big-", file)), big, 0o644); err != nil {
			return err
		}
	}
	debug.FreeOSMemory()
	return nil
}

// copyOf copies a store that a program is about to change.
func (b *bench) copyOf(store string) (string, error) {
	if err := b.emptyStore(); err != nil {
		return "", err
	}
	out, err := exec.Command("cp", "-a", store, b.store()).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("copy a store: %w: %s", err, out)
	}
	exec.Command("sync").Run() // not to be measured
	return b.store(), nil
}
