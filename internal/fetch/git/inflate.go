package git

import (
	"compress/zlib"
	"io"
)

// inflater is a zlib reader that is used again and again.
type inflater struct {
	r io.ReadCloser
}

// reset starts over on src, which should be an io.ByteReader: then nothing beyond the stream is taken from it.
func (z *inflater) reset(src io.Reader) (err error) {
	if z.r == nil {
		z.r, err = zlib.NewReader(src)
		return err
	}
	return z.r.(zlib.Resetter).Reset(src, nil)
}

func (z *inflater) Read(p []byte) (int, error) { return z.r.Read(p) }
