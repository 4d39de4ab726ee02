package compress

import (
	"bufio"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the window a frame may ask for, as zstd's own library does.
const maxWindow = 128 << 20

func readZstd(r io.Reader) (io.ReadCloser, error) {
	src := bufio.NewReader(&firm{r: r})
	if _, err := src.Peek(1); err != nil { // no frame at all is no stream
		return nil, err
	}
	if !wideZstd(src) {
		return readFrames(src)
	}
	return newAhead(&zstdFrames{src: src, decoders: make(chan *zstd.Decoder, runtime.GOMAXPROCS(0))}), nil
}

// readFrames reads one frame after the other.
func readFrames(r io.Reader) (io.ReadCloser, error) {
	if dec, ok := zstdDecoders.Get().(*zstd.Decoder); ok {
		return &zstdReader{dec}, dec.Reset(r)
	}
	dec, err := newZstdDecoder(r)
	if err != nil {
		return nil, err
	}
	return &zstdReader{dec}, nil
}

func newZstdDecoder(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderMaxWindow(maxWindow),
		zstd.WithDecoderLowmem(true))
}

// zstdDecoders are decoders at rest: making one costs more than most streams
// take to be read.
var zstdDecoders sync.Pool

type zstdReader struct{ dec *zstd.Decoder }

func (z *zstdReader) Read(p []byte) (int, error) {
	if z.dec == nil {
		return 0, zstd.ErrDecoderClosed
	}
	return z.dec.Read(p)
}

func (z *zstdReader) Close() error {
	if z.dec == nil {
		return nil
	}
	dec := z.dec
	z.dec = nil
	if err := dec.Reset(nil); err != nil { // lets go of the source
		dec.Close()
		return nil
	}
	zstdDecoders.Put(dec)
	return nil
}

// zstdLevels are what the library has, from the fastest on. Frames do not depend on each other and tell their length, so that
// several can be made, and read, at once. They are not larger than the window, so that their contents are all the history that
// is kept; larger ones save little at low levels and need memory.
var zstdLevels = [...]struct {
	frame int // bytes of input
	level zstd.EncoderLevel
}{
	{4 << 20, zstd.SpeedFastest},
	{4 << 20, zstd.SpeedDefault},
	{8 << 20, zstd.SpeedBetterCompression},
	{8 << 20, zstd.SpeedBestCompression},
}

// zstdWriter writes a stream of frames, at least one.
type zstdWriter struct{ blocks }

func writeZstd(w io.Writer, o Options) (io.WriteCloser, error) {
	index := int(zstd.EncoderLevelFromZstd(o.level(3)) - zstd.SpeedFastest)
	enc, err := zstdEncoder(index)
	if err != nil {
		return nil, err
	}
	return &zstdWriter{blocks{w: w, size: zstdLevels[index].frame, workers: max(o.Workers, 1), pack: func(dst, input []byte) packedBlock {
		return packedBlock{data: enc.EncodeAll(input, dst)}
	}}}, nil
}

// Close ends the stream.
func (z *zstdWriter) Close() error {
	z.drain()
	if z.wrote == 0 {
		z.end()
		z.drain()
	}
	return z.err
}

// zstdEncoders are the encoders by level. One makes any number of frames at
// once, and keeps what it needs for that: more than small frames cost.
var zstdEncoders [len(zstdLevels)]struct {
	once sync.Once
	enc  *zstd.Encoder
	err  error
}

func zstdEncoder(index int) (*zstd.Encoder, error) {
	e := &zstdEncoders[index]
	e.once.Do(func() {
		l := zstdLevels[index]
		e.enc, e.err = zstd.NewWriter(nil, zstd.WithEncoderLevel(l.level), zstd.WithWindowSize(l.frame), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true))
	})
	return e.enc, e.err
}
