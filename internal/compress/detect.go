package compress

import (
	"bufio"
	"bytes"
	"io"
)

// magics are the first bytes of streams. Brotli streams have none.
var magics = []struct {
	method Method
	bytes  string
}{
	{Gzip, "\x1f\x8b"},
	{Bzip2, "BZh"},
	{Xz, "\xfd7zXZ\x00"},
	{Zstd, "\x28\xb5\x2f\xfd"},
	{LZ4, "\x04\x22\x4d\x18"},
	{LZ4, "\x02\x21\x4c\x18"}, // the legacy format
}

// Detect tells from its first bytes how a stream is compressed: None if it
// begins like no method known here. Six bytes are enough.
func Detect(start []byte) Method {
	for _, m := range magics {
		if bytes.HasPrefix(start, []byte(m.bytes)) {
			return m.method
		}
	}
	return None
}

// NewAutoReader is [NewReader] with the method that the stream itself shows.
func NewAutoReader(r io.Reader) (io.ReadCloser, Method, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	start, err := b.Peek(6)
	if err != nil && err != io.EOF {
		return nil, None, err
	}
	m := Detect(start)
	dec, err := NewReader(m, b)
	return dec, m, err
}
