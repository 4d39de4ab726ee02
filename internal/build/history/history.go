// Package history remembers how builds on this machine went: how long they took, what they used, which
// derivation it was. Estimates for later builds come from it, and the answer to why something is built
// again.
//
// It is a file of JSON objects, one a line, to which processes append. When it has grown large it is
// rewritten without what is too old to matter. Nothing depends on it: lines that cannot be read are passed
// over, and a file that is lost costs only estimates. See docs/spec/build-history.md.
package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"firn/internal/atomicfile"
	"firn/internal/filelock"
)

// A Record is one build that ended.
type Record struct {
	Name     string    `json:"name"`   // of the derivation, with its version
	System   string    `json:"system"` // what it was built for
	Drv      string    `json:"drv"`    // base name of the derivation
	Start    time.Time `json:"start"`
	Duration Seconds   `json:"duration"`
	User     Seconds   `json:"user"` // processor time
	Kernel   Seconds   `json:"system_time"`
	MaxRSS   int64     `json:"max_rss"` // bytes
	// PeakMemory is that of all processes together, 0 if it was not counted.
	PeakMemory int64 `json:"peak_memory,omitempty"`
	Read       int64 `json:"read,omitempty"`    // bytes, from disks
	Written    int64 `json:"written,omitempty"` // bytes, to disks
	Failure    int   `json:"failure,omitempty"` // the status of the daemon protocol; 0 for success
}

// Seconds is a duration that is written as a number of seconds.
type Seconds time.Duration

// MarshalJSON writes milliseconds as the third decimal.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Duration(s).Milliseconds()) / 1000)
}

// UnmarshalJSON reads a number of seconds.
func (s *Seconds) UnmarshalJSON(text []byte) error {
	var f float64
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	*s = Seconds(f * float64(time.Second))
	return nil
}

// A History is the record of one store. It may be used concurrently, and by several processes.
type History struct {
	path string

	mu     sync.Mutex
	loaded bool
	byName map[string][]Record // the last ones, oldest first
	byPkg  map[string][]Record // the same by name without version
}

// Open returns the history in a file, which need not exist. It is read when it is asked for the first time.
func Open(path string) *History { return &History{path: path} }

const (
	perName  = 10      // records of a name that are kept
	maxBytes = 4 << 20 // at which the file is rewritten
)

// Add records a build.
func (h *History) Add(r Record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	size, err := appendLine(h.path, append(line, '\n'))
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.loaded {
		h.take(r)
	}
	if size > maxBytes {
		return h.rewrite()
	}
	return nil
}

// appendLine writes a line whole, in one call, which appending makes atomic.
func appendLine(path string, line []byte) (size int64, err error) {
	const flags = os.O_WRONLY | os.O_APPEND | os.O_CREATE
	f, err := os.OpenFile(path, flags, 0o644)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			f, err = os.OpenFile(path, flags, 0o644)
		}
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if _, err := f.Write(line); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// load reads the file once.
func (h *History) load() {
	if h.loaded {
		return
	}
	h.loaded = true
	h.byName, h.byPkg = map[string][]Record{}, map[string][]Record{}
	f, err := os.Open(h.path)
	if err != nil {
		return
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		var r Record
		if json.Unmarshal(s.Bytes(), &r) == nil && r.Name != "" {
			h.take(r)
		}
	}
}

func (h *History) take(r Record) {
	add := func(m map[string][]Record, key string) {
		list := append(m[key], r)
		if len(list) > perName {
			list = slices.Delete(list, 0, 1)
		}
		m[key] = list
	}
	add(h.byName, r.Name)
	add(h.byPkg, packageName(r.Name))
}

// rewrite keeps the last records of each name. Another process may append meanwhile to the old file; what
// it says then is lost.
func (h *History) rewrite() error {
	lock, err := filelock.TryPath(h.path)
	if lock == nil || err != nil {
		return err // somebody does it
	}
	defer lock.Release()
	fresh := Open(h.path)
	fresh.load()
	var all []Record
	for _, list := range fresh.byName {
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b Record) int { return a.Start.Compare(b.Start) })
	if most := maxBytes / 2 / 256; len(all) > most {
		all = all[len(all)-most:]
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	for _, r := range all {
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return atomicfile.WriteUnsynced(h.path, text.Bytes(), 0o644)
}

// packageName is the name without its version: what stands before the first dash that a letter does not follow.
func packageName(name string) string {
	for i := 0; i+1 < len(name); i++ {
		if c := name[i+1] | 0x20; name[i] == '-' && (c < 'a' || c > 'z') {
			return name[:i]
		}
	}
	return name
}

// An Estimate is what a build will probably take.
type Estimate struct {
	Duration time.Duration
	MaxRSS   int64 // bytes
	Builds   int   // successful ones it rests on
}

// Estimate tells what the build of a derivation of this name will probably take: the median of its
// last successful builds, or of those of other versions.
func (h *History) Estimate(name string) (e Estimate, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.load()
	for _, list := range [][]Record{h.byName[name], h.byPkg[packageName(name)]} {
		if e, ok = estimate(list); ok {
			return e, true
		}
	}
	return Estimate{}, false
}

func estimate(list []Record) (Estimate, bool) {
	var took []time.Duration
	var used []int64
	for _, r := range list {
		if r.Failure == 0 {
			took, used = append(took, time.Duration(r.Duration)), append(used, r.MaxRSS)
		}
	}
	if len(took) == 0 {
		return Estimate{}, false
	}
	slices.Sort(took)
	slices.Sort(used)
	return Estimate{took[len(took)/2], used[len(used)/2], len(took)}, true
}

// Last returns the last build of a derivation of this name, or else of another version, that is not the
// derivation drv itself.
func (h *History) Last(name, drv string) (Record, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.load()
	for _, list := range [][]Record{h.byName[name], h.byPkg[packageName(name)]} {
		for _, r := range slices.Backward(list) {
			if r.Drv != drv && r.Failure == 0 {
				return r, true
			}
		}
	}
	return Record{}, false
}

// LastFailed returns the build that failed last and has not succeeded since.
func (h *History) LastFailed() (last Record, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.load()
	for _, list := range h.byName {
		latest := map[string]Record{} // by derivation
		for _, r := range list {
			latest[r.Drv] = r
		}
		for _, r := range latest {
			if r.Failure != 0 && (!ok || r.Start.After(last.Start)) {
				last, ok = r, true
			}
		}
	}
	return last, ok
}
