package git

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// Objects is an object database: a directory of loose objects and packs, and the alternates that it names. It notices
// packs that are added while it is open.
type Objects struct {
	dirs []string
	hash int // bytes in a name

	mu     sync.Mutex
	packs  []*pack
	loaded bool
	bases  baseCache
}

// openObjects opens the database in dir, an "objects" directory.
func openObjects(dir string, hash int) *Objects {
	o := &Objects{hash: hash}
	o.addDir(dir, 0)
	return o
}

// addDir adds dir and its alternates. Nesting is bounded, as Git does, so that a cycle ends.
func (o *Objects) addDir(dir string, depth int) {
	o.dirs = append(o.dirs, dir)
	text, err := os.ReadFile(filepath.Join(dir, "info", "alternates"))
	if err != nil || depth >= 5 {
		return
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if !filepath.IsAbs(line) {
			line = filepath.Join(dir, line)
		}
		o.addDir(line, depth+1)
	}
}

// Close releases the packs. Nothing may be in use.
func (o *Objects) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range o.packs {
		p.close()
	}
	o.packs, o.loaded = nil, false
}

// Has reports whether the object exists.
func (o *Objects) Has(id ID) bool {
	if _, _, ok := o.findPacked(&id); ok {
		return true
	}
	_, err := o.statLoose(id)
	return err == nil
}

// Read returns an object. The bytes belong to the database and must not be changed.
func (o *Objects) Read(id ID) (Kind, []byte, error) { return o.read(id, 0) }

// read is Read, depth packs away from where it began.
func (o *Objects) read(id ID, depth int) (Kind, []byte, error) {
	if p, offset, ok := o.findPacked(&id); ok {
		kind, data, err := o.readPacked(p, offset, depth)
		if err != nil {
			err = fmt.Errorf("object %s in '%s': %w", id, p.path, err)
		}
		return kind, data, err
	}
	kind, size, r, err := o.openLoose(id)
	if err != nil {
		return 0, nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, size+1))
	if err == nil && int64(len(data)) != size {
		err = errors.New("loose object has the wrong size")
	}
	if err != nil {
		return 0, nil, fmt.Errorf("object %s: %w", id, err)
	}
	return kind, data, nil
}

// ReadKind is Read for an object that must be of the given kind.
func (o *Objects) ReadKind(id ID, want Kind) ([]byte, error) {
	kind, data, err := o.Read(id)
	if err == nil && kind != want {
		err = fmt.Errorf("object %s is a %s, not a %s", id, kind, want)
	}
	return data, err
}

// Stat returns the kind of an object and the number of its bytes.
func (o *Objects) Stat(id ID) (Kind, int64, error) {
	p, offset, ok := o.findPacked(&id)
	if !ok {
		kind, size, r, err := o.openLoose(id)
		if err == nil {
			r.Close()
		}
		return kind, size, err
	}
	kind, size, err := o.statPacked(p, offset)
	if err != nil {
		err = fmt.Errorf("object %s in '%s': %w", id, p.path, err)
	}
	return kind, size, err
}

// streamFrom is the size above which Open does not hold an object in memory.
const streamFrom = 1 << 20

// Open returns a reader for an object. Large ones are inflated while they are read, unless they are deltas.
func (o *Objects) Open(id ID) (Kind, int64, io.ReadCloser, error) {
	p, offset, ok := o.findPacked(&id)
	if !ok {
		return o.openLoose(id)
	}
	e, err := p.entry(offset)
	if err == nil && e.kind < offsetDelta && e.size > streamFrom {
		z := new(inflater)
		if err = z.reset(bytes.NewReader(e.data)); err == nil {
			return e.kind, e.size, io.NopCloser(io.LimitReader(z, e.size)), nil
		}
	}
	if err != nil {
		return 0, 0, nil, fmt.Errorf("object %s in '%s': %w", id, p.path, err)
	}
	kind, data, err := o.Read(id)
	return kind, int64(len(data)), io.NopCloser(bytes.NewReader(data)), err
}

// findPacked looks id up in all packs; on a miss it looks for new packs.
func (o *Objects) findPacked(id *ID) (*pack, int64, bool) {
	o.mu.Lock()
	packs, loaded := o.packs, o.loaded
	o.mu.Unlock()
	if !loaded {
		packs = o.reload()
	}
	if p, offset, ok := findIn(packs, id); ok {
		return p, offset, true
	}
	if !loaded {
		return nil, 0, false
	}
	if _, err := o.statLoose(*id); err == nil {
		return nil, 0, false
	}
	if again := o.reload(); len(again) > len(packs) {
		return findIn(again[len(packs):], id)
	}
	return nil, 0, false
}

func findIn(packs []*pack, id *ID) (*pack, int64, bool) {
	for _, p := range packs {
		if offset, ok := p.index.find(id); ok {
			return p, offset, true
		}
	}
	return nil, 0, false
}

// reload opens the packs that are new and returns all. A pack that cannot be read is as if it were not there.
func (o *Objects) reload() []*pack {
	o.mu.Lock()
	defer o.mu.Unlock()
	known := map[string]bool{}
	for _, p := range o.packs {
		known[p.path] = true
	}
	for _, dir := range o.dirs {
		names, err := filepath.Glob(filepath.Join(globEscape(dir), "pack", "pack-*.idx"))
		if err != nil {
			continue
		}
		for _, name := range names {
			name = strings.TrimSuffix(name, ".idx") + ".pack"
			if known[name] {
				continue
			}
			if p, err := openPack(name, o.hash); err == nil {
				o.packs = append(o.packs, p)
			}
		}
	}
	o.loaded = true
	return o.packs
}

func globEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

// readPacked reads the object at offset: it follows deltas down to a whole object and applies them back up.
func (o *Objects) readPacked(p *pack, offset int64, depth int) (Kind, []byte, error) {
	var deltas []entry
	var at []int64 // offsets of deltas
	var kind Kind
	var data []byte
	for {
		if k, d, ok := o.bases.get(p, offset); ok {
			kind, data = k, d
			break
		}
		e, err := p.entry(offset)
		if err != nil {
			return 0, nil, err
		}
		if e.kind == referenceDelta {
			base, ok := p.index.find(&e.ref)
			if !ok { // a thin pack, completed from elsewhere
				if depth > maxThin {
					return 0, nil, errDelta
				}
				k, d, err := o.read(e.ref, depth+1)
				if err != nil {
					return 0, nil, err
				}
				deltas, at = append(deltas, e), append(at, offset)
				kind, data = k, d
				break
			}
			e.base = base
		}
		if e.kind < offsetDelta {
			if data, err = inflate(e.data, e.size); err != nil {
				return 0, nil, err
			}
			kind = e.kind
			if len(deltas) > 0 {
				o.bases.put(p, offset, kind, data)
			}
			break
		}
		if len(deltas) >= maxChain {
			return 0, nil, errDelta
		}
		deltas, at = append(deltas, e), append(at, offset)
		offset = e.base
	}
	for i := len(deltas) - 1; i >= 0; i-- {
		delta, err := inflate(deltas[i].data, deltas[i].size)
		if err != nil {
			return 0, nil, err
		}
		if data, err = applyDelta(data, delta); err != nil {
			return 0, nil, err
		}
		if i > 0 {
			o.bases.put(p, at[i], kind, data)
		}
	}
	return kind, data, nil
}

// maxChain bounds how many deltas are applied to reach an object. Git makes at most 4095 (pack.depth).
const maxChain = 4096

// maxThin bounds how many packs an object's bases may be spread over.
const maxThin = 16

// statPacked is readPacked for the kind and size alone.
func (o *Objects) statPacked(p *pack, offset int64) (kind Kind, size int64, err error) {
	for depth := 0; ; depth++ {
		e, err := p.entry(offset)
		switch {
		case err != nil:
			return 0, 0, err
		case depth > maxChain:
			return 0, 0, errDelta
		case depth == 0:
			size = e.size
		}
		if e.kind < offsetDelta {
			return e.kind, size, nil
		}
		if depth == 0 {
			if size, err = resultSize(e.data); err != nil {
				return 0, 0, err
			}
		}
		if e.kind == referenceDelta {
			base, ok := p.index.find(&e.ref)
			if !ok {
				kind, _, err := o.Read(e.ref)
				return kind, size, err
			}
			e.base = base
		}
		offset = e.base
	}
}

// resultSize inflates the head of a delta.
func resultSize(deflated []byte) (int64, error) {
	z := inflaters.Get().(*inflater)
	defer inflaters.Put(z)
	if err := z.reset(bytes.NewReader(deflated)); err != nil {
		return 0, err
	}
	var head [20]byte
	n, err := io.ReadFull(z, head[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, err
	}
	_, size, _, err := deltaSizes(head[:n])
	return size, err
}

func (o *Objects) loosePath(dir string, id ID) string {
	s := id.String()
	return filepath.Join(dir, s[:2], s[2:])
}

func (o *Objects) statLoose(id ID) (fs.FileInfo, error) {
	if int(id.size) != o.hash {
		return nil, NotFound{id}
	}
	for _, dir := range o.dirs {
		if st, err := os.Stat(o.loosePath(dir, id)); err == nil {
			return st, nil
		}
	}
	return nil, NotFound{id}
}

// looseFile is an open loose object after its head.
type looseFile struct {
	io.Reader
	f *os.File
}

func (l looseFile) Close() error { return l.f.Close() }

// openLoose opens a loose object: zlib of "<kind> <size>\x00<data>".
func (o *Objects) openLoose(id ID) (Kind, int64, io.ReadCloser, error) {
	if int(id.size) != o.hash {
		return 0, 0, nil, NotFound{id}
	}
	for _, dir := range o.dirs {
		f, err := os.Open(o.loosePath(dir, id))
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return 0, 0, nil, err
		}
		kind, size, r, err := looseHead(f)
		if err != nil {
			f.Close()
			return 0, 0, nil, fmt.Errorf("loose object %s: %w", id, err)
		}
		return kind, size, looseFile{io.LimitReader(r, size), f}, nil
	}
	return 0, 0, nil, NotFound{id}
}

func looseHead(f io.Reader) (Kind, int64, *bufio.Reader, error) {
	z := new(inflater)
	if err := z.reset(bufio.NewReader(f)); err != nil {
		return 0, 0, nil, err
	}
	r := bufio.NewReaderSize(z, 4096)
	head, err := r.ReadSlice(0)
	if err != nil {
		return 0, 0, nil, errors.New("malformed head")
	}
	name, digits, _ := strings.Cut(string(head[:len(head)-1]), " ")
	size, err := strconv.ParseInt(digits, 10, 64)
	kind := kindByName(name)
	if err != nil || size < 0 || kind == 0 {
		return 0, 0, nil, errors.New("malformed head")
	}
	return kind, size, r, nil
}
