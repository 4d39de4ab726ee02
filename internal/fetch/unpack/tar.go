package unpack

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// blockSize is the unit of a tar archive, and the size of its headers.
const blockSize = 512

// isTar reports whether an archive that begins so is a tar: its first header has the right checksum, or is the block of
// zeros that ends an archive.
func isTar(start []byte) bool {
	if len(start) < blockSize {
		return len(bytes.Trim(start, "\x00")) == 0 // cut short, or padded by other rules
	}
	b := start[:blockSize]
	if len(bytes.Trim(b, "\x00")) == 0 {
		return true
	}
	want, err := strconv.ParseInt(string(bytes.Trim(b[148:156], " \x00")), 8, 64)
	if err != nil {
		return false
	}
	var unsigned, signed int64
	for i, c := range b {
		if 148 <= i && i < 156 {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return want == unsigned || want == signed
}

// tarReader reads a tar archive.
type tarReader struct{ *tar.Reader }

func newTar(r io.Reader) tarReader { return tarReader{tar.NewReader(r)} }

func (t tarReader) next() (*Entry, error) {
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil, err
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return nil, fmt.Errorf("cannot read file from tarball: %w", err)
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		return tarEntry(h)
	}
}

func tarEntry(h *tar.Header) (*Entry, error) {
	name, err := cleanName(h.Name)
	if err != nil {
		return nil, err
	}
	e := &Entry{Path: name, ModTime: h.ModTime.Unix()}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeRegA, tar.TypeCont, tar.TypeGNUSparse: //nolint:staticcheck // old archives have TypeRegA
		e.Size = h.Size
		e.Executable = h.Mode&0o100 != 0
	case tar.TypeDir:
		e.Kind = Directory
	case tar.TypeSymlink:
		e.Kind, e.Target = Symlink, h.Linkname
	case tar.TypeLink:
		e.Kind = Hardlink
		if e.Target, err = cleanName(h.Linkname); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("file '%s' in tarball has unsupported file type %q", h.Name, h.Typeflag)
	}
	return e, nil
}
