package compress

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	dsnet "github.com/dsnet/compress/bzip2"
	"github.com/klauspost/compress/gzip"
	xzread "github.com/mikelolasagasti/xz"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz/lzma"
)

func readNone(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(r), nil }

func writeNone(w io.Writer, _ Options) (io.WriteCloser, error) { return nopCloser{w}, nil }

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func readGzip(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }

func writeGzip(w io.Writer, o Options) (io.WriteCloser, error) {
	return gzip.NewWriterLevel(w, o.level(6))
}

func readBzip2(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }

func writeBzip2(w io.Writer, o Options) (io.WriteCloser, error) {
	return dsnet.NewWriter(w, &dsnet.WriterConfig{Level: o.level(9)})
}

// maxXzDict bounds the dictionary a stream may ask for; "xz -9" asks for 64 MiB.
const maxXzDict = 256 << 20

// xzDecoders are decoders at rest. A new one clears a dictionary, of 8 MiB for most streams, that many do not fill.
var xzDecoders sync.Pool

func readXz(r io.Reader) (io.ReadCloser, error) {
	src := bufio.NewReader(&firm{r: r})
	if !wideXz(src) {
		return readBlocks(src)
	}
	x := &xzBlocks{src: src, decoders: make(chan *xzread.Reader, runtime.GOMAXPROCS(0))}
	a := newAhead(x)
	if err := x.begin(); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// readBlocks reads one block after the other.
func readBlocks(r io.Reader) (io.ReadCloser, error) {
	dec, ok := xzDecoders.Get().(*xzread.Reader)
	var err error
	if ok {
		err = dec.Reset(r)
	} else {
		dec, err = xzread.NewReader(r, maxXzDict)
	}
	if err != nil {
		return nil, xzError(err)
	}
	return &xzReader{dec}, nil
}

type xzReader struct{ dec *xzread.Reader }

func (x *xzReader) Read(p []byte) (int, error) {
	if x.dec == nil {
		return 0, io.ErrClosedPipe
	}
	n, err := x.dec.Read(p)
	return n, xzError(err)
}

func (x *xzReader) Close() error {
	if x.dec != nil {
		_ = x.dec.Reset(strings.NewReader("")) // lets go of the source; that it is empty is no matter
		xzDecoders.Put(x.dec)
		x.dec = nil
	}
	return nil
}

// xzError tells a stream that breaks off as such.
func xzError(err error) error {
	if err == xzread.ErrBuf {
		return io.ErrUnexpectedEOF
	}
	return err
}

// xzDicts are the dictionary sizes of xz's presets in bytes.
var xzDicts = [...]int{256 << 10, 1 << 20, 2 << 20, 4 << 20, 4 << 20, 8 << 20, 8 << 20, 16 << 20, 32 << 20, 64 << 20}

// lzmaHeader is the length of what a stream begins with, in bytes.
const lzmaHeader = 13

func readLZMA(r io.Reader) (io.ReadCloser, error) {
	b := bufio.NewReader(r)
	if _, err := b.Peek(lzmaHeader); err != nil {
		return nil, err
	}
	dec, err := lzma.ReaderConfig{DictCap: maxXzDict}.NewReader(b)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(&lzmaReader{b, dec}), nil
}

// lzmaReader takes nothing behind the stream.
type lzmaReader struct {
	src *bufio.Reader
	dec *lzma.Reader
}

func (l *lzmaReader) Read(p []byte) (int, error) {
	n, err := l.dec.Read(p)
	if err == io.EOF {
		if _, more := l.src.Peek(1); more == nil {
			err = errors.New("something follows the stream")
		}
	}
	return n, err
}

func writeLZMA(w io.Writer, o Options) (io.WriteCloser, error) {
	return lzma.WriterConfig{DictCap: xzDicts[o.level(6)], EOSMarker: true}.NewWriter(w)
}

func readBrotli(r io.Reader) (io.ReadCloser, error) {
	return io.NopCloser(brotli.NewReader(r)), nil
}

func writeBrotli(w io.Writer, o Options) (io.WriteCloser, error) {
	return brotli.NewWriterV2(w, o.level(6)), nil
}

func readLZ4(r io.Reader) (io.ReadCloser, error) {
	b := bufio.NewReader(r)
	if _, err := b.Peek(1); err != nil {
		return nil, err // no frame at all is no stream
	}
	return io.NopCloser(&lz4Reader{src: b, dec: lz4.NewReader(b)}), nil
}

// lz4Reader reads frame after frame.
type lz4Reader struct {
	src *bufio.Reader
	dec *lz4.Reader
}

func (l *lz4Reader) Read(p []byte) (int, error) {
	for {
		n, err := l.dec.Read(p)
		if err != io.EOF {
			return n, err
		}
		if _, err := l.src.Peek(1); err != nil {
			return n, err
		}
		l.dec.Reset(l.src)
		if n > 0 {
			return n, nil
		}
	}
}

func writeLZ4(w io.Writer, o Options) (io.WriteCloser, error) {
	enc := lz4.NewWriter(w)
	level := lz4.Fast
	if n := o.level(0); n > 0 {
		level = lz4.CompressionLevel(1 << (8 + n)) // the library's Level1 to Level9
	}
	err := enc.Apply(lz4.CompressionLevelOption(level), lz4.ConcurrencyOption(1), lz4.ChecksumOption(true))
	return enc, err
}
