// Package compress reads and writes compressed streams under the names by which
// Nix calls the methods: none, gzip, bzip2, xz, zstd, br, lz4 and lzma.
//
// Every reader here takes streams that are concatenations of several (gzip
// members, bzip2 and xz streams, zstd and lz4 frames; lzma has no such thing) as
// their concatenated contents, uses an amount of memory that does not depend on the length of the
// stream and is bounded whatever the stream claims, and never takes a stream
// that breaks off for a whole one: that is [io.ErrUnexpectedEOF].
//
// Writers give the same bytes for the same input and options.
package compress

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Method is a way to compress.
type Method uint8

const (
	None Method = iota
	Gzip
	Bzip2
	Xz
	Zstd
	Brotli
	LZ4
	LZMA
)

// methods has one row for each Method.
var methods = [...]struct {
	name      string
	extension string // of files, with the dot
	levels    [2]int // the least and the greatest level
	read      func(io.Reader) (io.ReadCloser, error)
	write     func(io.Writer, Options) (io.WriteCloser, error)
}{
	None:   {"none", "", [2]int{}, readNone, writeNone},
	Gzip:   {"gzip", ".gz", [2]int{0, 9}, readGzip, writeGzip},
	Bzip2:  {"bzip2", ".bz2", [2]int{1, 9}, readBzip2, writeBzip2},
	Xz:     {"xz", ".xz", [2]int{0, 9}, readXz, writeXz},
	Zstd:   {"zstd", ".zst", [2]int{1, 22}, readZstd, writeZstd},
	Brotli: {"br", ".br", [2]int{0, 11}, readBrotli, writeBrotli},
	LZ4:    {"lz4", ".lz4", [2]int{0, 9}, readLZ4, writeLZ4},
	LZMA:   {"lzma", ".lzma", [2]int{0, 9}, readLZMA, writeLZMA},
}

// elsewhere are methods that Nix names and this package does not have.
var elsewhere = []string{"compress", "grzip", "lrzip", "lzip", "lzop"}

// Parse returns the method of that name. The empty name is none.
func Parse(name string) (Method, error) {
	if name == "" {
		return None, nil
	}
	for m := range methods {
		if methods[m].name == name {
			return Method(m), nil
		}
	}
	if slices.Contains(elsewhere, name) {
		return None, fmt.Errorf("compression method '%s' is not supported; use one of %s", name, strings.Join(Names(), ", "))
	}
	return None, fmt.Errorf("unknown compression method '%s'", name)
}

// Names returns the names of all methods.
func Names() []string {
	var names []string
	for _, m := range methods {
		names = append(names, m.name)
	}
	return names
}

// String returns the method's name.
func (m Method) String() string { return methods[m].name }

// Extension returns what compressed files' names end in, such as ".xz"; it is
// empty for none.
func (m Method) Extension() string { return methods[m].extension }

// Options say how to compress.
type Options struct {
	// Level trades time for size, on the scale of the method's own program.
	// HasLevel distinguishes level 0 from none given.
	Level    int
	HasLevel bool

	// Workers is how many goroutines may compress at once, where the method can
	// use more than one. The result does not depend on it.
	Workers int
}

// Level returns options with only a level.
func Level(n int) Options { return Options{Level: n, HasLevel: true} }

func (o Options) level(ifNone int) int {
	if o.HasLevel {
		return o.Level
	}
	return ifNone
}

// NewReader returns a reader of what r holds compressed. Closing it does not
// close r, which may have been read beyond the end of the compressed stream.
func NewReader(m Method, r io.Reader) (io.ReadCloser, error) {
	dec, err := methods[m].read(r)
	if err != nil {
		return nil, broken(m, err)
	}
	return &reader{method: m, dec: dec}, nil
}

// NewWriter returns a writer that compresses into w. Closing it ends the
// compressed stream and does not close w.
func NewWriter(m Method, w io.Writer, o Options) (io.WriteCloser, error) {
	if err := m.CheckLevel(o); err != nil {
		return nil, err
	}
	return methods[m].write(w, o)
}

// CheckLevel refuses a level that the method does not have.
func (m Method) CheckLevel(o Options) error {
	if least, most := methods[m].levels[0], methods[m].levels[1]; o.HasLevel && m != None && (o.Level < least || o.Level > most) {
		return fmt.Errorf("compression level %d is not one of %d to %d that '%s' has", o.Level, least, most, m)
	}
	return nil
}

// reader names the method in errors and makes them final.
type reader struct {
	method Method
	dec    io.ReadCloser
	err    error
}

func (r *reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.dec.Read(p)
	if err != nil && err != io.EOF {
		err = broken(r.method, err)
	}
	r.err = err
	return n, err
}

func (r *reader) Close() error { return r.dec.Close() }

func broken(m Method, err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("decompress %s: %w", m, err)
}
