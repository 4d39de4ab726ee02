package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// caches are copies of 2,000 small paths to and from binary caches in directories, and questions to a server that takes its time.
var caches = slices.Concat(
	copies("none"), copies("zstd"), copies("xz"),
	[]work{{name: "narinfos", what: "5,000 narinfos from a server that takes 20 ms for each", program: "nix-store", alone: true, writes: true,
		once: (*bench).serveNarinfos, clears: []string{"home/.cache"},
		args: func(b *bench) []string {
			return append([]string{"--realise", "--dry-run", "--option", "substituters", b.server, "--option", "require-sigs", "false"}, narinfoPaths()...)
		},
		cores: []int{0}, time: []float64{0}, memory: []float64{0}}},
)

const copied = 2000

func copies(method string) []work {
	into := func(b *bench) string {
		return "file://" + filepath.Join(b.scratch, "copied") + "?compression=" + method
	}
	return []work{
		{name: "copy-to-" + method, what: "2,000 paths into a file cache, " + method, program: "nix", alone: true,
			before: (*bench).addPaths, clears: []string{"copied", "home/.cache"},
			args:  func(b *bench) []string { return b.copy("--to", into(b)) },
			cores: []int{0}, time: []float64{0.3}, memory: []float64{0}},
		{name: "copy-from-" + method, what: "2,000 paths out of a file cache, " + method, program: "nix", alone: true, writes: true,
			once: func(b *bench) error { return b.fillCache(method) }, clears: []string{"home/.cache"},
			args:  func(b *bench) []string { return b.copy("--from", "file://"+b.cache(method)) },
			cores: []int{0}, time: []float64{0.3}, memory: []float64{0}},
	}
}

func (b *bench) copy(args ...string) []string {
	return append([]string{"--extra-experimental-features", "nix-command", "copy", "--all", "--no-check-sigs"}, args...)
}

func (b *bench) cache(method string) string { return filepath.Join(b.scratch, "caches", method) }

// addPaths fills a store.
func (b *bench) addPaths(bin, store string) error {
	return b.do(bin, "nix-instantiate", "--eval", "--strict", "--read-write-mode", "--store", store, "--arg", "count", fmt.Sprint(copied), b.file("paths.nix"))
}

// fillCache makes the cache that both programs read, by Nix if there is one.
func (b *bench) fillCache(method string) error {
	if _, err := os.Stat(b.cache(method)); err == nil {
		return nil
	}
	bin := b.nixBin
	if bin == "" {
		bin = b.firn
	}
	store := filepath.Join(b.scratch, "prepared", "cached")
	if _, err := os.Stat(store); err != nil {
		if err := b.addPaths(bin, store); err != nil {
			return err
		}
	}
	return b.do(bin, "nix", append(b.copy("--to", "file://"+b.cache(method)+"?compression="+method), "--store", store)...)
}

const (
	narinfoCount = 5000
	latency      = 20 * time.Millisecond
)

// narinfoPaths are paths that nobody has but the server.
func narinfoPaths() []string {
	paths := make([]string, narinfoCount)
	for i := range paths {
		paths[i] = fmt.Sprintf("/nix/store/%s-path-%d", narinfoHash(i), i)
	}
	return paths
}

func narinfoHash(i int) string { return fmt.Sprintf("%032d", i) }

// serveNarinfos starts the server. It ends with this program.
func (b *bench) serveNarinfos() error {
	if b.server != "" {
		return nil
	}
	narinfos := make(map[string]string, narinfoCount)
	for i, path := range narinfoPaths() {
		narinfos["/"+narinfoHash(i)+".narinfo"] = fmt.Sprintf("StorePath: %s\nURL: nar/%d.nar\nCompression: none\nNarHash: sha256:%s\nNarSize: 120\nReferences: \n", path, i, strings.Repeat("0", 52))
	}
	narinfos["/nix-cache-info"] = "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b.server = "http://" + l.Addr().String()
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(latency)
		text, ok := narinfos[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Write([]byte(text))
	}))
	return nil
}
