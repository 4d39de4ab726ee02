package diag

import (
	"sort"
	"strconv"
	"strings"
	"sync"
)

// A Pos is a byte position in some source text registered with a [Table]. Zero
// is no position.
type Pos uint32

// OriginKind tells where a source text came from.
type OriginKind uint8

const (
	FromFile   OriginKind = iota // Name is its path
	FromString                   // given on the command line or in a test
	FromStdin
)

// An Origin is one source text.
type Origin struct {
	Kind OriginKind
	Name string // the path for files
	Text string // the text, for those that can't be read again
}

// String returns the name as messages show it.
func (o *Origin) String() string {
	switch o.Kind {
	case FromString:
		return "«string»"
	case FromStdin:
		return "«stdin»"
	}
	return o.Name
}

// A Position is a resolved Pos. Line and Column count from 1, Column in bytes.
type Position struct {
	Origin *Origin
	Line   int
	Column int
}

// Valid reports whether the position names a place.
func (p Position) Valid() bool { return p.Origin != nil }

// A Table gives every source text its range of positions. It is safe for
// concurrent use. Texts of files are not kept: they are read again when a
// message needs their lines.
type Table struct {
	// Read returns the text of a file origin; nil or an error means that
	// positions resolve to line 0 of the file.
	Read func(path string) (string, error)

	mu      sync.RWMutex
	entries []*entry
	next    Pos
}

type entry struct {
	origin Origin
	base   Pos
	size   uint32
	once   sync.Once
	text   string
	lines  []uint32 // offset of each line's first byte
}

// Add registers a text of size bytes and returns the position of its first byte.
// Positions up to and including base+size are valid.
func (t *Table) Add(o Origin, size int) (base Pos) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next == 0 {
		t.next = 1
	}
	base = t.next
	t.entries = append(t.entries, &entry{origin: o, base: base, size: uint32(size)})
	t.next += Pos(size) + 1
	return base
}

// Origin returns the text that p lies in, or nil.
func (t *Table) Origin(p Pos) *Origin {
	if e := t.find(p); e != nil {
		return &e.origin
	}
	return nil
}

// Resolve returns the place of p.
func (t *Table) Resolve(p Pos) Position {
	e := t.find(p)
	if e == nil {
		return Position{}
	}
	lines := e.index(t.Read)
	if lines == nil {
		return Position{Origin: &e.origin}
	}
	off := uint32(p - e.base)
	i := sort.Search(len(lines), func(i int) bool { return lines[i] > off }) - 1
	return Position{Origin: &e.origin, Line: i + 1, Column: int(off-lines[i]) + 1}
}

// Line returns the text of the line numbered n (from 1) of the text that p lies
// in, without its newline.
func (t *Table) Line(p Pos, n int) (string, bool) {
	e := t.find(p)
	if e == nil {
		return "", false
	}
	lines := e.index(t.Read)
	if n < 1 || n > len(lines) {
		return "", false
	}
	rest := e.text[lines[n-1]:]
	if end := strings.IndexAny(rest, "\n\r"); end >= 0 {
		return rest[:end], true
	}
	// After the last line end there is one more line, empty as it is.
	return rest, e.text != ""
}

func (t *Table) find(p Pos) *entry {
	if p == 0 {
		return nil
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	i := sort.Search(len(t.entries), func(i int) bool { return t.entries[i].base > p }) - 1
	if i < 0 || p > t.entries[i].base+Pos(t.entries[i].size) {
		return nil
	}
	return t.entries[i]
}

func (e *entry) index(read func(string) (string, error)) []uint32 {
	e.once.Do(func() {
		e.text = e.origin.Text
		if e.origin.Kind == FromFile && e.text == "" {
			if read == nil {
				return
			}
			text, err := read(e.origin.Name)
			if err != nil {
				return
			}
			e.text = text
		}
		e.lines = lineStarts(e.text)
	})
	return e.lines
}

// lineStarts finds the lines of s; they end in LF, CR or CRLF.
func lineStarts(s string) []uint32 {
	starts := []uint32{0}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\n':
			starts = append(starts, uint32(i+1))
		case s[i] == '\r' && (i+1 == len(s) || s[i+1] != '\n'):
			starts = append(starts, uint32(i+1))
		}
	}
	return starts
}

// String shows the place as file:line:column.
func (p Position) String() string {
	return p.Origin.String() + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// Source returns the text that p lies in, and where in it.
func (t *Table) Source(p Pos) (text string, offset int, ok bool) {
	e := t.find(p)
	if e == nil || e.index(t.Read) == nil || int(p-e.base) > len(e.text) {
		return "", 0, false
	}
	return e.text, int(p - e.base), true
}
