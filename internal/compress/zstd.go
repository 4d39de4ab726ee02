package compress

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the window a frame may ask for, as zstd's own library does.
const maxWindow = 128 << 20

func readZstd(r io.Reader) (io.ReadCloser, error) {
	var first [1]byte // no frame at all is no stream
	if _, err := io.ReadFull(r, first[:]); err != nil {
		return nil, err
	}
	src := io.MultiReader(bytes.NewReader(first[:]), r)
	if dec, ok := zstdDecoders.Get().(*zstd.Decoder); ok {
		return &zstdReader{dec}, dec.Reset(src)
	}
	dec, err := zstd.NewReader(src,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderMaxWindow(maxWindow),
		zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return &zstdReader{dec}, nil
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

// frameSize is how much of the input goes into one frame. Frames of this size
// tell their length and do not depend on each other, so that several can be
// made, and read, at once.
//
// Nix: 2.35 and later cut frames at the same size.
const frameSize = 16 << 20

// zstdWriter collects input until a frame is full, and has up to workers frames
// being compressed.
type zstdWriter struct {
	w       io.Writer
	enc     *zstd.Encoder
	workers int
	input   []byte
	frames  []chan []byte // being compressed, in order
	spare   [][]byte      // buffers to use again
	wrote   bool
	err     error
}

func writeZstd(w io.Writer, o Options) (io.WriteCloser, error) {
	enc, err := zstdEncoder(zstd.EncoderLevelFromZstd(o.level(3)))
	if err != nil {
		return nil, err
	}
	return &zstdWriter{w: w, enc: enc, workers: max(o.Workers, 1)}, nil
}

// zstdEncoders are the encoders by level. One makes any number of frames at
// once, and keeps what it needs for that: more than small frames cost.
var zstdEncoders sync.Map

func zstdEncoder(level zstd.EncoderLevel) (*zstd.Encoder, error) {
	if enc, ok := zstdEncoders.Load(level); ok {
		return enc.(*zstd.Encoder), nil
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithZeroFrames(true))
	if err != nil {
		return nil, err
	}
	kept, _ := zstdEncoders.LoadOrStore(level, enc)
	return kept.(*zstd.Encoder), nil
}

func (z *zstdWriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 && z.err == nil {
		n := min(len(p), frameSize-len(z.input))
		z.input = append(z.input, p[:n]...)
		p = p[n:]
		written += n
		if len(z.input) == frameSize {
			z.endFrame()
		}
	}
	return written, z.err
}

// endFrame hands the input over to be compressed, after waiting for room.
func (z *zstdWriter) endFrame() {
	if z.workers == 1 {
		z.emit(z.enc.EncodeAll(z.input, z.buffer()))
		z.input = z.input[:0]
		return
	}
	if len(z.frames) == z.workers {
		z.finishOldest()
	}
	frame := make(chan []byte, 1)
	input, out := z.input, z.buffer()
	go func() { frame <- z.enc.EncodeAll(input, out) }()
	z.frames = append(z.frames, frame)
	z.input = nil
}

func (z *zstdWriter) finishOldest() {
	frame := <-z.frames[0]
	z.frames = z.frames[1:]
	z.emit(frame)
}

func (z *zstdWriter) emit(frame []byte) {
	z.wrote = true
	if z.err == nil {
		_, z.err = z.w.Write(frame)
	}
	z.spare = append(z.spare, frame[:0])
}

func (z *zstdWriter) buffer() []byte {
	if n := len(z.spare); n > 0 {
		b := z.spare[n-1]
		z.spare = z.spare[:n-1]
		return b
	}
	return nil
}

// Close ends the stream. It waits for the goroutines even after a failure.
func (z *zstdWriter) Close() error {
	if len(z.input) > 0 || !z.wrote && len(z.frames) == 0 {
		z.endFrame()
	}
	for len(z.frames) > 0 {
		z.finishOldest()
	}
	z.input = nil
	return z.err
}
