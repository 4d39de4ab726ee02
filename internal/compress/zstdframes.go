package compress

import (
	"bufio"
	"bytes"
	"io"

	"github.com/klauspost/compress/zstd"
)

// zstdFrames cuts a zstd stream into frames. Only those that tell how long their contents are can be decoded apart; at one that
// does not, what follows is read in one go.
type zstdFrames struct {
	src      *bufio.Reader
	decoders chan *zstd.Decoder // that have been made
}

// maxZstdHeader is how many bytes tell all about a frame but its blocks.
const maxZstdHeader = 18

// wideZstd tells whether a stream begins with a frame that is worth a goroutine.
func wideZstd(src *bufio.Reader) bool {
	start, _ := src.Peek(maxZstdHeader)
	var h zstd.Header
	return h.Decode(start) == nil && !h.Skippable && h.HasFCS && h.FrameContentSize >= leastUnit && h.FrameContentSize <= mostUnit && goWide()
}

func (z *zstdFrames) next(buffer func(int) []byte) (unit, error) {
	start, err := z.src.Peek(maxZstdHeader)
	if len(start) == 0 {
		return unit{}, err
	}
	var h zstd.Header
	if h.Decode(start) != nil || h.Skippable || !h.HasFCS || h.FrameContentSize > mostUnit {
		return z.others(nil)
	}
	packed := buffer(int(h.FrameContentSize)/4 + 1024)
	packed, err = z.take(packed, h.HeaderSize)
	for last := false; err == nil && !last; {
		const headerSize = 3
		block, e := z.src.Peek(headerSize)
		if e != nil {
			return z.others(packed)
		}
		bits := int(block[0]) | int(block[1])<<8 | int(block[2])<<16
		last = bits&1 != 0
		size := bits >> 3
		switch bits >> 1 & 3 {
		case 1: // one byte, repeated
			size = 1
		case 3:
			return z.others(packed)
		}
		if len(packed)+headerSize+size+int(h.FrameContentSize) > mostUnit {
			return z.others(packed)
		}
		packed, err = z.take(packed, headerSize+size)
	}
	if err == nil && h.HasCheckSum {
		packed, err = z.take(packed, 4)
	}
	if err != nil {
		return z.others(packed)
	}
	size := int(h.FrameContentSize)
	return unit{packed: packed, size: size, cost: size + cap(packed)}, nil
}

// take appends the next n bytes to dst.
func (z *zstdFrames) take(dst []byte, n int) ([]byte, error) {
	at := len(dst)
	if cap(dst)-at < n {
		larger := make([]byte, at, 2*(at+n))
		copy(larger, dst)
		dst = larger
	}
	got, err := io.ReadFull(z.src, dst[at:at+n])
	return dst[:at+got], err
}

// others is the rest of the stream after what was taken of it.
func (z *zstdFrames) others(taken []byte) (unit, error) {
	r, err := readFrames(io.MultiReader(bytes.NewReader(taken), z.src))
	return unit{rest: r, last: true}, err
}

func (z *zstdFrames) open(u unit) (io.ReadCloser, error) {
	return readFrames(bytes.NewReader(u.packed))
}

func (z *zstdFrames) decode(dst []byte, u unit) ([]byte, error) {
	var dec *zstd.Decoder
	select {
	case dec = <-z.decoders:
	default:
		var err error
		if dec, err = newZstdDecoder(nil); err != nil {
			return nil, err
		}
	}
	defer func() { z.decoders <- dec }()
	return dec.DecodeAll(u.packed, dst)
}

func (z *zstdFrames) close() {
	for len(z.decoders) > 0 {
		zstdDecoders.Put(<-z.decoders)
	}
}
