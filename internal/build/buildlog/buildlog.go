// Package buildlog keeps what builders print: in files where Nix looks for them, and as lines for
// whoever is watching.
//
// The log of the derivation HASH-NAME.drv is the file drvs/HA/SH-NAME.drv below the log directory, HA
// being the first two letters of the base name and SH-NAME.drv the rest; with ".bz2" at the end when it
// is compressed. A log belongs to the last build of its derivation. See docs/spec/build-log.md.
package buildlog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"firn/internal/compress"
)

// Path returns where the uncompressed log of a derivation, given by its base name, lies below dir.
func Path(dir, drv string) string {
	return filepath.Join(dir, "drvs", drv[:2], drv[2:])
}

// compressedExtension ends the names of compressed logs.
const compressedExtension = ".bz2"

// Open opens the log of a derivation, compressed or not. The error is fs.ErrNotExist when there is none.
func Open(dir, drv string) (io.ReadCloser, error) {
	if len(drv) < 3 {
		return nil, fmt.Errorf("no derivation has the base name %q", drv)
	}
	path := Path(dir, drv)
	f, err := os.Open(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if f, err = os.Open(path + compressedExtension); err != nil {
		return nil, err
	}
	r, err := compress.NewReader(compress.Bzip2, f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return &reader{r, f}, nil
}

// reader closes the file with the stream.
type reader struct {
	io.ReadCloser
	file *os.File
}

func (r *reader) Close() error { return errors.Join(r.ReadCloser.Close(), r.file.Close()) }

// smallLog is how much is held in memory before a compressor, with its megabytes of tables, is made.
// Most builds print less; their logs are written in one piece at the end.
const smallLog = 64 << 10

// A File is a log being written. It belongs to one goroutine.
type File struct {
	path  string // of the file to be
	file  *os.File
	held  []byte
	comp  io.WriteCloser
	plain bool
	err   error
}

// Create starts the log of a derivation, in place of an older one of either kind. A log that is not
// compressed can be read while it grows.
func Create(dir, drv string, compressed bool) (*File, error) {
	if len(drv) < 3 {
		return nil, fmt.Errorf("no derivation has the base name %q", drv)
	}
	l := &File{path: Path(dir, drv), plain: !compressed}
	if l.plain {
		return l, l.create()
	}
	return l, nil
}

// create makes the file anew. An old one is removed, not truncated: file systems write a truncated file
// out when it is closed, which takes longer than a small build.
func (l *File) create() error {
	for _, old := range []string{l.path, l.path + compressedExtension} {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if !l.plain {
		l.path += compressedExtension
	}
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	f, err := os.OpenFile(l.path, flags, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(l.path), 0o777); err == nil {
			f, err = os.OpenFile(l.path, flags, 0o666)
		}
	}
	l.file = f
	return err
}

// Write adds output. After an error, which a full disk may cause, every write gives that error.
func (l *File) Write(p []byte) (int, error) {
	if l.err == nil {
		l.err = l.write(p)
	}
	if l.err != nil {
		return 0, fmt.Errorf("write build log %s: %w", l.path, l.err)
	}
	return len(p), nil
}

func (l *File) write(p []byte) error {
	if l.plain {
		_, err := l.file.Write(p)
		return err
	}
	if l.comp == nil && len(l.held)+len(p) <= smallLog {
		l.held = append(l.held, p...)
		return nil
	}
	if l.comp == nil {
		if err := l.startCompressor(compress.Options{}); err != nil {
			return err
		}
	}
	_, err := l.comp.Write(p)
	return err
}

func (l *File) startCompressor(o compress.Options) (err error) {
	if err = l.create(); err != nil {
		return err
	}
	if l.comp, err = compress.NewWriter(compress.Bzip2, l.file, o); err != nil {
		return err
	}
	_, err = l.comp.Write(l.held)
	l.held = nil
	return err
}

// Close finishes the log.
func (l *File) Close() error {
	if l.err == nil && !l.plain && l.comp == nil {
		l.err = l.startCompressor(compress.Level(1))
	}
	err := l.err
	if l.comp != nil {
		err = errors.Join(err, l.comp.Close())
	}
	if l.file != nil {
		err = errors.Join(err, l.file.Close())
	}
	if err != nil {
		return fmt.Errorf("write build log %s: %w", l.path, err)
	}
	return nil
}
