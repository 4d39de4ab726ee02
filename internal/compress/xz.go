package compress

import (
	"encoding/binary"
	"hash/crc32"
	"hash/crc64"
	"io"
	"math/bits"
	"sync"

	"firn/internal/compress/lzma2"
)

// xzLevels are the presets: how much goes into a block, and how hard matches are looked for. Blocks do not depend on each
// other and tell their lengths, so that several can be made, and read, at once.
var xzLevels = [...]struct {
	block int // bytes
	lzma2.Level
}{
	{1 << 20, lzma2.Level{Ways: 1, Nice: 32, Lazy: 0}},
	{1 << 20, lzma2.Level{Ways: 4, Nice: 48, Lazy: 0}},
	{2 << 20, lzma2.Level{Ways: 4, Nice: 64, Lazy: 1}},
	{4 << 20, lzma2.Level{Ways: 8, Nice: 64, Lazy: 1}},
	{4 << 20, lzma2.Level{Ways: 16, Nice: 64, Lazy: 2}},
	{8 << 20, lzma2.Level{Ways: 16, Nice: 128, Lazy: 2}},
	{8 << 20, lzma2.Level{Ways: 32, Nice: 128, Lazy: 2}},
	{16 << 20, lzma2.Level{Ways: 64, Nice: 273, Lazy: 2}},
	{32 << 20, lzma2.Level{Ways: 64, Nice: 273, Lazy: 2}},
	{64 << 20, lzma2.Level{Ways: 128, Nice: 273, Lazy: 2}},
}

// xzEncoders are encoders at rest, by level.
var xzEncoders [len(xzLevels)]sync.Pool

const (
	xzMagic  = "\xfd7zXZ\x00"
	xzFooter = "YZ"
	xzFlags  = "\x00\x04" // checks are CRC64
)

var xzCheck = crc64.MakeTable(crc64.ECMA)

// xzWriter writes a stream of one or more blocks.
type xzWriter struct {
	blocks
	level int
	index []xzRecord
	// encoders are the stream's own while it lasts: a pool may well have a second one made where one works at a time, and
	// each has tables of megabytes.
	encoders chan *lzma2.Encoder
}

// xzRecord is a block in the index.
type xzRecord struct{ unpadded, size int }

func writeXz(w io.Writer, o Options) (io.WriteCloser, error) {
	level := o.level(6)
	workers := max(o.Workers, 1)
	x := &xzWriter{level: level, encoders: make(chan *lzma2.Encoder, workers)}
	x.blocks = blocks{w: w, size: xzLevels[level].block, workers: workers, pack: x.pack}
	header := append([]byte(xzMagic), xzFlags...)
	x.raw(binary.LittleEndian.AppendUint32(header, crc32.ChecksumIEEE([]byte(xzFlags))))
	return x, nil
}

// pack makes a block. Its dictionary is no larger than what is in it, so that short ones are read with little memory.
func (x *xzWriter) pack(dst, input []byte) packedBlock {
	enc := x.encoder()
	var reserved [xzHeaderSpace]byte
	out := enc.Append(append(dst, reserved[:]...), input)
	x.encoders <- enc
	packed := len(out) - xzHeaderSpace
	header := xzBlockHeader(packed, len(input))
	skip := xzHeaderSpace - len(header)
	copy(out[skip:], header)
	out = padded(out)
	out = binary.LittleEndian.AppendUint64(out, crc64.Checksum(input, xzCheck))
	record := xzRecord{len(header) + packed + crc64.Size, len(input)}
	return packedBlock{data: out, skip: skip, written: func() { x.index = append(x.index, record) }}
}

func (x *xzWriter) encoder() *lzma2.Encoder {
	select {
	case enc := <-x.encoders:
		return enc
	default:
	}
	if enc, ok := xzEncoders[x.level].Get().(*lzma2.Encoder); ok {
		return enc
	}
	return lzma2.NewEncoder(xzLevels[x.level].Level)
}

// xzHeaderSpace is kept free before a block, whose header tells how long the block became. It is a multiple of four bytes.
const xzHeaderSpace = 32

// xzBlockHeader says that a block is LZMA2 and how long it is.
func xzBlockHeader(packed, size int) []byte {
	const (
		hasSizes  = 0xc0
		lzma2ID   = 0x21
		propBytes = 1
	)
	header := []byte{0, hasSizes}
	header = binary.AppendUvarint(header, uint64(packed))
	header = binary.AppendUvarint(header, uint64(size))
	header = append(header, lzma2ID, propBytes, dictionaryCode(size))
	header = padded(header)
	header[0] = byte(len(header) / 4) // with the checksum, less one
	return binary.LittleEndian.AppendUint32(header, crc32.ChecksumIEEE(header))
}

// padded fills up to a multiple of four bytes.
func padded(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// dictionaryCode returns how a size of at least n bytes is written: sizes are 2 or 3 times a power of two.
func dictionaryCode(n int) byte {
	const least = 4096
	if n <= least {
		return 0
	}
	high := bits.Len(uint(n-1)) - 1 // n is more than 1<<high
	if n <= 3<<(high-1) {
		return byte(2*(high-12) + 1)
	}
	return byte(2 * (high - 12 + 1))
}

// Close ends the stream with its index.
func (x *xzWriter) Close() error {
	x.drain()
	for len(x.encoders) > 0 {
		xzEncoders[x.level].Put(<-x.encoders)
	}
	x.raw(appendXzEnd(nil, []byte(xzFlags), x.index...))
	return x.err
}

// appendXzEnd appends the index of blocks and the footer.
func appendXzEnd(dst, flags []byte, blocks ...xzRecord) []byte {
	index := []byte{0}
	index = binary.AppendUvarint(index, uint64(len(blocks)))
	for _, r := range blocks {
		index = binary.AppendUvarint(index, uint64(r.unpadded))
		index = binary.AppendUvarint(index, uint64(r.size))
	}
	index = padded(index)
	index = binary.LittleEndian.AppendUint32(index, crc32.ChecksumIEEE(index))
	return appendXzFooter(append(dst, index...), flags, len(index))
}

// appendXzFooter appends what follows an index of so many bytes.
func appendXzFooter(dst, flags []byte, index int) []byte {
	tail := binary.LittleEndian.AppendUint32(nil, uint32(index/4-1))
	tail = append(tail, flags...)
	dst = binary.LittleEndian.AppendUint32(dst, crc32.ChecksumIEEE(tail))
	return append(append(dst, tail...), xzFooter...)
}
