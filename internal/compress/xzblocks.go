package compress

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"io"

	xzread "github.com/mikelolasagasti/xz"
)

// xzBlocks cuts xz streams into blocks, each of which is decoded as a stream of its own. What blocks say of themselves is checked
// there; that the index says the same is checked here.
type xzBlocks struct {
	src      *bufio.Reader
	header   [xzHeaderSize]byte
	check    int       // bytes of a checksum
	count    uint64    // blocks of the stream so far
	records  hash.Hash // of their sizes
	decoders chan *xzread.Reader
}

const (
	xzHeaderSize     = 12
	maxXzBlockHeader = 1024
)

// xzSizes is what a block's header says of it.
type xzSizes struct {
	header       int
	packed, size uint64 // bytes; the first without padding
	known        bool
	dictionary   uint64
}

func (s xzSizes) cost() uint64 { return s.packed + s.size + s.dictionary }

// apart tells whether a block can be decoded from memory.
func (s xzSizes) apart() bool {
	return s.known && s.packed <= mostUnit && s.size <= mostUnit && s.dictionary <= mostUnit && s.cost() <= mostUnit
}

// wideXz tells whether a stream begins with a block that is worth a goroutine.
func wideXz(src *bufio.Reader) bool {
	start, err := src.Peek(xzHeaderSize + 1)
	if err != nil || !bytes.HasPrefix(start, []byte(xzMagic)) {
		return false
	}
	n := int(start[xzHeaderSize])
	if n == 0 {
		return false
	}
	start, err = src.Peek(xzHeaderSize + 4*n + 4)
	if err != nil {
		return false
	}
	s := parseXzBlockHeader(start[xzHeaderSize:])
	return s.apart() && s.size >= leastUnit && goWide()
}

// parseXzBlockHeader returns what a header says. One that is not understood says nothing.
func parseXzBlockHeader(b []byte) xzSizes {
	s := xzSizes{header: len(b)}
	const hasSizes = 0xc0
	if b[1]&hasSizes != hasSizes {
		return s
	}
	rest := b[2:]
	var n int
	if s.packed, n = binary.Uvarint(rest); n <= 0 {
		return s
	}
	rest = rest[n:]
	if s.size, n = binary.Uvarint(rest); n <= 0 || len(rest) < n+3 {
		return s
	}
	// The dictionary of other filters than LZMA2 alone is not known.
	if rest = rest[n:]; b[1]&3 != 0 || rest[0] != 0x21 || rest[1] != 1 || rest[2] > 40 {
		return s
	}
	s.known, s.dictionary = true, uint64(2|rest[2]&1)<<(rest[2]/2+11)
	return s
}

// begin reads the header of a stream that wideXz has seen.
func (x *xzBlocks) begin() error {
	if _, err := io.ReadFull(x.src, x.header[:]); err != nil {
		return err
	}
	x.count, x.records = 0, sha256.New()
	if x.check = 0; x.header[7]&0xf != 0 {
		x.check = 4 << ((x.header[7]&0xf - 1) / 3)
	}
	return nil
}

func (x *xzBlocks) next(buffer func(int) []byte) (unit, error) {
	start, err := x.src.Peek(1)
	if err != nil {
		return unit{}, unexpected(err)
	}
	if start[0] == 0 {
		return x.end()
	}
	header, err := x.src.Peek(4*int(start[0]) + 4)
	if err != nil {
		return unit{}, unexpected(err)
	}
	s := parseXzBlockHeader(header)
	if !s.apart() {
		return x.alone(header)
	}
	body := s.header + int(s.packed+3)&^3 + x.check
	packed := append(buffer(xzHeaderSize+body+64), x.header[:]...)
	packed = packed[:xzHeaderSize+body]
	if _, err := io.ReadFull(x.src, packed[xzHeaderSize:]); err != nil {
		return unit{}, unexpected(err)
	}
	record := xzRecord{s.header + int(s.packed) + x.check, int(s.size)}
	x.record(record)
	packed = appendXzEnd(packed, x.header[6:8], record)
	return unit{packed: packed, size: int(s.size), cost: int(s.cost())}, nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// record notes what the index has to say of a block.
func (x *xzBlocks) record(r xzRecord) {
	x.count++
	addXzRecord(x.records, uint64(r.unpadded), uint64(r.size))
}

func addXzRecord(h hash.Hash, unpadded, size uint64) {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], unpadded)
	binary.LittleEndian.PutUint64(b[8:], size)
	h.Write(b[:])
}

// open implements units. That the block is as long as its header says, the decoder checks.
func (x *xzBlocks) open(u unit) (io.ReadCloser, error) { return readBlocks(bytes.NewReader(u.packed)) }

func (x *xzBlocks) decode(dst []byte, u unit) ([]byte, error) {
	var dec *xzread.Reader
	src, err := bytes.NewReader(u.packed), error(nil)
	select {
	case dec = <-x.decoders:
		err = dec.Reset(src)
	default:
		dec, err = xzread.NewReader(src, maxXzDict)
	}
	defer func() { x.decoders <- dec }()
	n := 0
	if err == nil {
		n, err = io.ReadFull(dec, dst[:u.size])
	}
	if err == nil {
		var more [1]byte
		if _, err = dec.Read(more[:]); err == nil {
			err = xzread.ErrData
		}
	}
	switch err {
	case io.EOF:
		err = nil
	case io.ErrUnexpectedEOF, xzread.ErrBuf: // all of the block is there
		err = xzread.ErrData
	}
	return dst[:n], err
}

func (x *xzBlocks) close() {
	for len(x.decoders) > 0 {
		(&xzReader{<-x.decoders}).Close()
	}
}

// end reads the index and what follows it: nothing, or another stream.
func (x *xzBlocks) end() (unit, error) {
	if err := x.index(); err != nil {
		return unit{}, unexpected(err)
	}
	padding := 0
	for {
		b, err := x.src.Peek(1)
		if err != nil && err != io.EOF {
			return unit{}, err
		}
		if err == nil && b[0] == 0 {
			x.src.Discard(1)
			padding++
			continue
		}
		if padding%4 != 0 {
			return unit{}, xzread.ErrData
		}
		if err != nil {
			return unit{}, io.EOF
		}
		r, err := readBlocks(x.src)
		return unit{rest: r, last: true}, err
	}
}

// index reads the index and the footer.
func (x *xzBlocks) index() error {
	in := &checkedBytes{src: x.src, sum: crc32.NewIEEE()}
	in.ReadByte() // which marks the index
	count, err := in.number()
	if err != nil {
		return err
	}
	if count != x.count {
		return xzread.ErrData
	}
	records := sha256.New()
	for range count {
		unpadded, err := in.number()
		if err != nil {
			return err
		}
		size, err := in.number()
		if err != nil {
			return err
		}
		addXzRecord(records, unpadded, size)
	}
	if !bytes.Equal(records.Sum(nil), x.records.Sum(nil)) {
		return xzread.ErrData
	}
	for in.n%4 != 0 {
		if b, err := in.ReadByte(); err != nil || b != 0 {
			return orData(err)
		}
	}
	// The checksum and the footer follow from what was read.
	want := binary.LittleEndian.AppendUint32(nil, in.sum.Sum32())
	want = appendXzFooter(want, x.header[6:8], in.n+4)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(x.src, got); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return xzread.ErrData
	}
	return nil
}

func orData(err error) error {
	if err == nil {
		return xzread.ErrData
	}
	return err
}

// checkedBytes reads bytes, and counts and sums them.
type checkedBytes struct {
	src *bufio.Reader
	sum hash.Hash32
	n   int
}

func (c *checkedBytes) ReadByte() (byte, error) {
	b, err := c.src.ReadByte()
	if err == nil {
		c.sum.Write([]byte{b})
		c.n++
	}
	return b, err
}

// number reads a number in as few bytes as it can be written in.
func (c *checkedBytes) number() (n uint64, err error) {
	const mostBytes = 9
	for i := range mostBytes {
		b, err := c.ReadByte()
		if err != nil {
			return 0, err
		}
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			if b == 0 && i > 0 {
				break
			}
			return n, nil
		}
	}
	return 0, xzread.ErrData
}

// alone is a block that is not decoded from memory, but from the source.
func (x *xzBlocks) alone(header []byte) (unit, error) {
	f := &xzFeed{x: x, header: len(header), pending: append(bytes.Clone(x.header[:]), header...)}
	x.src.Discard(len(header))
	r, err := readBlocks(f)
	return unit{rest: r}, err
}

// xzFeed makes a stream of one block of another stream. Where the block ends is seen from its chunks.
type xzFeed struct {
	x            *xzBlocks
	header       int
	pending      []byte
	packed, size int
	ended        bool
}

func (f *xzFeed) Read(p []byte) (int, error) {
	if len(f.pending) == 0 {
		if f.ended {
			return 0, io.EOF
		}
		if err := f.chunk(); err != nil {
			return 0, unexpected(err)
		}
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

// chunk reads a chunk of LZMA2, or what follows the last one.
func (f *xzFeed) chunk() error {
	start, err := f.x.src.Peek(1)
	if err != nil {
		return err
	}
	head, body := 1, 0
	switch kind := start[0]; {
	case kind == 0:
		return f.tail()
	case kind >= 0x80:
		if head = 5; kind >= 0xc0 {
			head = 6
		}
		if start, err = f.x.src.Peek(head); err != nil {
			return err
		}
		f.size += (int(kind&0x1f)<<16 | int(start[1])<<8 | int(start[2])) + 1
		body = (int(start[3])<<8 | int(start[4])) + 1
	case kind <= 2:
		if head = 3; kind <= 2 {
			start, err = f.x.src.Peek(head)
		}
		if err != nil {
			return err
		}
		body = (int(start[1])<<8 | int(start[2])) + 1
		f.size += body
	default:
		return xzread.ErrData
	}
	f.packed += head + body
	f.pending = make([]byte, head+body)
	_, err = io.ReadFull(f.x.src, f.pending)
	return err
}

// tail reads the end of the block and adds the end of a stream.
func (f *xzFeed) tail() error {
	f.packed++
	rest := 1 + (-f.packed & 3) + f.x.check
	f.pending = make([]byte, rest)
	if _, err := io.ReadFull(f.x.src, f.pending); err != nil {
		return err
	}
	record := xzRecord{f.header + f.packed + f.x.check, f.size}
	f.x.record(record)
	f.pending = appendXzEnd(f.pending, f.x.header[6:8], record)
	f.ended = true
	return nil
}
