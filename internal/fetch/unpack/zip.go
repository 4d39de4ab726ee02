package unpack

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"firn/internal/compress"
)

// zipMethods are the ways in which members of zip archives are compressed, besides those of archive/zip.
var zipMethods = []struct {
	id     uint16
	method compress.Method
}{{12, compress.Bzip2}, {93, compress.Zstd}, {95, compress.Xz}}

// zipReader reads a zip archive in the order of its directory.
type zipReader struct {
	files    []*zip.File
	streamed bool
	current  io.ReadCloser // nil before the first and after each directory and link
}

func newZip(src io.Reader, o Options) (*zipReader, error) {
	if o.Spool == nil {
		o.Spool = spoolInMemory
	}
	at, size, err := o.Spool(src)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(at, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, err
	}
	for _, m := range zipMethods {
		z.RegisterDecompressor(m.id, func(r io.Reader) io.ReadCloser {
			dec, err := compress.NewReader(m.method, r)
			if err != nil {
				return io.NopCloser(failing{err})
			}
			return dec
		})
	}
	return &zipReader{files: z.File, streamed: o.Streamed}, nil
}

func spoolInMemory(src io.Reader) (io.ReaderAt, int64, error) {
	data, err := io.ReadAll(src)
	return bytes.NewReader(data), int64(len(data)), err
}

// failing is a reader that has failed.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func (z *zipReader) next() (*Entry, error) {
	if z.current != nil {
		z.current.Close()
		z.current = nil
	}
	if len(z.files) == 0 {
		return nil, io.EOF
	}
	f := z.files[0]
	z.files = z.files[1:]
	e, err := z.entry(f)
	if err != nil {
		return nil, fmt.Errorf("cannot read file '%s' from zip archive: %w", f.Name, err)
	}
	return e, nil
}

func (z *zipReader) entry(f *zip.File) (*Entry, error) {
	name := f.Name
	if f.CreatorVersion>>8 == 0 && !strings.Contains(name, "/") {
		name = strings.ReplaceAll(name, `\`, "/") // made by some programs on DOS and Windows
	}
	clean, err := cleanName(name)
	if err != nil {
		return nil, err
	}
	e := &Entry{Path: clean, ModTime: f.Modified.Unix()}
	mode := f.Mode()
	if strings.HasSuffix(name, "/") {
		mode = fs.ModeDir
	} else if z.streamed {
		mode = 0
	}
	switch mode.Type() {
	case fs.ModeDir:
		e.Kind = Directory
		return e, nil
	case fs.ModeSymlink, 0:
	default:
		return nil, fmt.Errorf("unsupported file type %s", mode.Type())
	}
	if f.Flags&1 != 0 {
		return nil, errors.New("it is encrypted")
	}
	if z.current, err = f.Open(); err != nil {
		return nil, err
	}
	if mode.Type() == 0 {
		e.Size, e.Executable = int64(f.UncompressedSize64), mode&0o100 != 0
		return e, nil
	}
	target, err := io.ReadAll(io.LimitReader(z.current, maxTarget+1))
	if err == nil && len(target) > maxTarget {
		err = errors.New("its link target is too long")
	}
	e.Kind, e.Target = Symlink, string(target)
	return e, err
}

// maxTarget is the longest target of a symbolic link in bytes, as on Linux.
const maxTarget = 4095

func (z *zipReader) Read(p []byte) (int, error) {
	if z.current == nil {
		return 0, io.EOF
	}
	return z.current.Read(p)
}
