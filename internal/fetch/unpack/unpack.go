// Package unpack reads tar and zip archives, compressed or not, as a stream of entries, and collects them into a tree.
//
// A [Reader] finds out by itself what it reads. Names are made relative and cleaned; one that leads out of the archive
// is an error, as is anything that is not a file, a directory or a link. Of the modes only the owner's execute bit of
// files is kept. Zip archives need random access: the caller says where to put them meanwhile.
//
// [Collect] puts entries together as extracting them in order would: later files replace earlier ones, directories in
// between are made, and nothing is ever written through a link. Contents go to the caller as they come; only the tree of
// names is in memory.
//
// Nix: a zip archive whose URL does not end in ".zip" is read as it streams by, where modes and links cannot be seen;
// [Options].Streamed does the same (TestZipStreamed).
package unpack

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"firn/internal/compress"
)

// Kind is what an entry is.
type Kind uint8

// The kinds of entries.
const (
	Regular Kind = iota
	Directory
	Symlink
	Hardlink // another name for an entry
)

// Entry is a member of an archive.
type Entry struct {
	Path       string // relative, clean, with slashes; "." for the root
	Kind       Kind
	Executable bool   // of Regular
	Target     string // of Symlink as written, of Hardlink a Path
	Size       int64  // of Regular, in bytes
	ModTime    int64  // seconds since 1970
}

// Options say how to read an archive. The zero value is good for tar.
type Options struct {
	// Spool stores what src holds where it can be read at random, until the reader is closed. If it is nil, zip archives
	// are held in memory.
	Spool func(src io.Reader) (io.ReaderAt, int64, error)

	// Streamed ignores the directory at the end of a zip archive.
	Streamed bool
}

// Reader reads an archive. It belongs to one goroutine.
type Reader struct {
	format interface {
		next() (*Entry, error)
		io.Reader // the contents of the last entry
	}
	close []io.Closer
}

// maxLayers bounds how often a stream may be compressed.
const maxLayers = 4

// NewReader opens the archive that src holds. One without a single byte has no entries.
func NewReader(src io.Reader, o Options) (*Reader, error) {
	r := &Reader{}
	b := bufio.NewReaderSize(src, 64<<10)
	for range maxLayers {
		start, err := b.Peek(blockSize)
		if err != nil && err != io.EOF {
			r.Close()
			return nil, fmt.Errorf("Failed to open archive (%w)", err)
		}
		switch method := compress.Detect(start); {
		case len(start) == 0 || isTar(start):
			r.format = newTar(b)
			return r, nil
		case bytes.HasPrefix(start, []byte("PK\x03\x04")) || bytes.HasPrefix(start, []byte("PK\x05\x06")):
			if r.format, err = newZip(b, o); err != nil {
				r.Close()
				return nil, fmt.Errorf("Failed to open archive (%w)", err)
			}
			return r, nil
		case method != compress.None:
			dec, err := compress.NewReader(method, b)
			if err != nil {
				r.Close()
				return nil, fmt.Errorf("Failed to open archive (%w)", err)
			}
			r.close = append(r.close, dec)
			b = bufio.NewReaderSize(dec, 64<<10)
			continue
		}
		break
	}
	r.Close()
	return nil, errors.New("Failed to open archive (Unrecognized archive format)")
}

// Next goes to the next entry. At the end it returns io.EOF.
func (r *Reader) Next() (*Entry, error) { return r.format.next() }

// Read reads the contents of the current entry.
func (r *Reader) Read(p []byte) (int, error) { return r.format.Read(p) }

// Close releases the decompressors.
func (r *Reader) Close() error {
	var errs []error
	for _, c := range r.close {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// cleanName makes the name of an entry relative and clean.
func cleanName(name string) (string, error) {
	if strings.IndexByte(name, 0) >= 0 {
		return "", fmt.Errorf("archive member '%s' has a NUL byte in its name", strings.ReplaceAll(name, "\x00", "␀"))
	}
	clean := path.Clean(strings.TrimLeft(name, "/"))
	if clean == ".." || strings.HasPrefix(clean, "../") {
		return "", fmt.Errorf("archive member '%s' is outside of the archive", name)
	}
	return clean, nil
}
