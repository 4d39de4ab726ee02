package oracle

import (
	"io"

	"github.com/klauspost/compress/zstd"
)

func decompress(r io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r)
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}
