package nar

import "io"

// Copy reads one archive from r and writes it to w. Since only archives in their
// one form are read, w gets the same bytes; what it passes on before an error is
// the beginning of an archive. A *wire.Reader is read just to the end of the
// archive, and a *wire.Writer is not flushed.
func Copy(w io.Writer, r io.Reader) error {
	src, dst := NewReader(r), NewWriter(w)
	for {
		h, err := src.Next()
		if err == io.EOF {
			return dst.Close()
		}
		if err != nil {
			return err
		}
		if err := dst.WriteHeader(h); err != nil {
			return err
		}
		if _, err := src.WriteTo(dst); err != nil {
			return err
		}
	}
}
