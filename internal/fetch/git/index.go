package git

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// index is the list of tracked files.
type index struct {
	entries []indexEntry // by name, then by stage
	cache   *cacheTree   // nil if absent
	written time.Time    // when the file was
}

// indexEntry is a tracked file, or one side of a conflict.
type indexEntry struct {
	name         string
	id           ID
	mode         Mode
	stage        uint8 // 0, or 1 to 3 in a conflict
	assumeValid  bool  // the work tree is not to be asked
	skipWorktree bool  // not checked out
	intent       bool  // added without contents
	stat         statData
}

// statData is what Git remembers of a file to tell without reading that it is unchanged. Fields are cut to 32 bits.
type statData struct {
	ctimeSec, ctimeNsec, mtimeSec, mtimeNsec, dev, ino, uid, gid, size uint32
}

// before reports whether the file was last changed before t, when the index was written. If not, a later change may have
// left no trace in its times.
func (s statData) before(t time.Time) bool {
	if sec := int64(s.mtimeSec); sec != t.Unix() {
		return sec < t.Unix()
	}
	return s.mtimeNsec != 0 && int(s.mtimeNsec) < t.Nanosecond()
}

// cacheTree names the trees that directories of the index would be written as.
type cacheTree struct {
	name     string
	count    int // entries below, -1 if the tree must be computed
	id       ID
	children []*cacheTree
}

func (c *cacheTree) child(name string) *cacheTree {
	if c != nil {
		for _, s := range c.children {
			if s.name == name {
				return s
			}
		}
	}
	return nil
}

// readIndex reads the index of the work tree; a repository without one has an empty one.
func (r *Repo) readIndex() (*index, error) {
	name := filepath.Join(r.Dir, "index")
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &index{}, nil
	}
	if err != nil {
		return nil, err
	}
	st, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	x, err := parseIndex(data, r.hash)
	if err != nil {
		return nil, fmt.Errorf("read Git index '%s': %w", name, err)
	}
	x.written = st.ModTime()
	return x, nil
}

var errIndex = errors.New("malformed index")

// parseIndex reads versions 2 to 4 of the index.
func parseIndex(data []byte, hash int) (*index, error) {
	if len(data) < 12+hash || string(data[:4]) != "DIRC" {
		return nil, errIndex
	}
	version, count := binary.BigEndian.Uint32(data[4:]), int(binary.BigEndian.Uint32(data[8:]))
	if version < 2 || version > 4 {
		return nil, Unsupported{fmt.Sprintf("index version %d", version)}
	}
	p := indexParser{data: data[12 : len(data)-hash], hash: hash, version: version}
	if count > len(p.data)/(42+hash) {
		return nil, errIndex
	}
	p.text = string(p.data)
	x := &index{entries: make([]indexEntry, count)}
	for i := range x.entries {
		if err := p.entry(&x.entries[i]); err != nil {
			return nil, err
		}
	}
	if err := p.extensions(x); err != nil {
		return nil, err
	}
	for i := range x.entries {
		if name := x.entries[i].name; !fs.ValidPath(name) || i > 0 && name < x.entries[i-1].name {
			return nil, errIndex
		}
	}
	return x, nil
}

// indexParser is what is left of an index.
type indexParser struct {
	data     []byte
	text     string // the same as data, to cut names from without copying each
	at       int
	hash     int
	version  uint32
	previous string // version 4: the name before
}

func (p *indexParser) entry(e *indexEntry) error {
	start := p.at
	b := p.data[p.at:]
	fixed := 40 + p.hash + 2
	if len(b) < fixed+2 {
		return errIndex
	}
	u32 := func(i int) uint32 { return binary.BigEndian.Uint32(b[i:]) }
	e.stat = statData{u32(0), u32(4), u32(8), u32(12), u32(16), u32(20), u32(28), u32(32), u32(36)}
	var err error
	if e.mode, err = normalMode(Mode(u32(24))); err != nil {
		return err
	}
	e.id = MakeID(b[40 : 40+p.hash])
	flags := binary.BigEndian.Uint16(b[40+p.hash:])
	e.assumeValid = flags&0x8000 != 0
	e.stage = uint8(flags >> 12 & 3)
	if flags&0x4000 != 0 {
		if p.version == 2 {
			return errIndex
		}
		more := binary.BigEndian.Uint16(b[fixed:])
		e.skipWorktree = more&0x4000 != 0
		e.intent = more&0x2000 != 0
		fixed += 2
	}
	p.at += fixed
	if p.version == 4 {
		return p.compressedName(e)
	}
	n := strings.IndexByte(p.text[p.at:], 0)
	if n < 0 {
		return errIndex
	}
	e.name = p.text[p.at : p.at+n]
	p.at = start + (p.at+n-start+8)&^7
	if p.at > len(p.data) {
		return errIndex
	}
	return nil
}

// compressedName reads how many bytes to drop from the end of the name before, and what to append.
func (p *indexParser) compressedName(e *indexEntry) error {
	drop, n := deltaOffset(p.data[p.at:])
	if n == 0 || drop > int64(len(p.previous)) {
		return errIndex
	}
	p.at += n
	end := strings.IndexByte(p.text[p.at:], 0)
	if end < 0 {
		return errIndex
	}
	e.name = p.previous[:len(p.previous)-int(drop)] + p.text[p.at:p.at+end]
	p.at += end + 1
	p.previous = e.name
	return nil
}

// extensions reads what follows the entries: a name of four bytes, a length, data. A name in lower case must be
// understood.
func (p *indexParser) extensions(x *index) error {
	for b := p.data[p.at:]; len(b) >= 8; {
		name, n := string(b[:4]), int(binary.BigEndian.Uint32(b[4:]))
		if n > len(b)-8 {
			return errIndex
		}
		data := b[8 : 8+n]
		b = b[8+n:]
		if name == "TREE" {
			var err error
			if x.cache, _, err = parseCacheTree(data, p.hash, 0); err != nil {
				return err
			}
		} else if name[0] < 'A' || name[0] > 'Z' {
			return Unsupported{"index extension '" + name + "'"}
		}
	}
	return nil
}

// parseCacheTree reads "<name>\x00<entries> <subtrees>\n[<id>]" and the subtrees.
func parseCacheTree(b []byte, hash, depth int) (*cacheTree, []byte, error) {
	zero := bytes.IndexByte(b, 0)
	end := bytes.IndexByte(b, '\n')
	if zero < 0 || end < zero || depth > 4096 {
		return nil, nil, errIndex
	}
	c := &cacheTree{name: string(b[:zero])}
	entries, below, _ := strings.Cut(string(b[zero+1:end]), " ")
	count, err1 := strconv.Atoi(entries)
	subtrees, err2 := strconv.Atoi(below)
	if err1 != nil || err2 != nil || count < -1 || subtrees < 0 {
		return nil, nil, errIndex
	}
	c.count = count
	b = b[end+1:]
	if c.count >= 0 {
		if len(b) < hash {
			return nil, nil, errIndex
		}
		c.id, b = MakeID(b[:hash]), b[hash:]
	}
	for range subtrees {
		sub, rest, err := parseCacheTree(b, hash, depth+1)
		if err != nil {
			return nil, nil, err
		}
		c.children, b = append(c.children, sub), rest
	}
	return c, b, nil
}
