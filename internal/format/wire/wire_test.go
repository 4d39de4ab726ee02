package wire

import (
	"bytes"
	"errors"
	"io"
	"math/rand"
	"strings"
	"testing"
	"testing/iotest"
)

func TestAppend(t *testing.T) {
	for _, c := range []struct {
		got  []byte
		want string
	}{
		{AppendUint64(nil, 0x0102030405060708), "\x08\x07\x06\x05\x04\x03\x02\x01"},
		{AppendBool(nil, true), "\x01\x00\x00\x00\x00\x00\x00\x00"},
		{AppendBool(nil, false), "\x00\x00\x00\x00\x00\x00\x00\x00"},
		{AppendString(nil, ""), "\x00\x00\x00\x00\x00\x00\x00\x00"},
		{AppendString(nil, "a"), "\x01\x00\x00\x00\x00\x00\x00\x00a\x00\x00\x00\x00\x00\x00\x00"},
		{AppendString(nil, []byte("12345678")), "\x08\x00\x00\x00\x00\x00\x00\x0012345678"},
	} {
		if string(c.got) != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	for n := range uint64(40) {
		if got := len(AppendString(nil, make([]byte, n))); uint64(got) != StringLen(n) {
			t.Errorf("StringLen(%d) = %d, not %d", n, StringLen(n), got)
		}
	}
}

// A message with strings around the size of the buffers comes back whole, however
// the stream hands out its bytes.
func TestRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	var texts []string
	for _, n := range []int{0, 1, 7, 8, 9, 500, 511, 512, 513, 5000, 100_000} {
		b := make([]byte, n)
		rnd.Read(b)
		texts = append(texts, string(b))
	}
	var out bytes.Buffer
	w := NewWriterSize(&out, 0)
	w.Strings(texts)
	for i, s := range texts {
		w.Uint64(uint64(i))
		w.Bytes([]byte(s))
		w.Bool(i%2 == 0)
		if err := w.CopyN(strings.NewReader(s), int64(len(s))); err != nil {
			t.Fatal(err)
		}
	}
	if w.Offset() <= int64(out.Len()) {
		t.Errorf("offset %d, %d flushed", w.Offset(), out.Len())
	}
	if err := w.Flush(); err != nil || w.Offset() != int64(out.Len()) {
		t.Fatalf("offset %d, %d written, %v", w.Offset(), out.Len(), err)
	}
	for name, src := range map[string]io.Reader{
		"whole":   bytes.NewReader(out.Bytes()),
		"bytes":   iotest.OneByteReader(bytes.NewReader(out.Bytes())),
		"halves":  iotest.HalfReader(bytes.NewReader(out.Bytes())),
		"dataerr": iotest.DataErrReader(bytes.NewReader(out.Bytes())),
	} {
		r := NewReaderSize(src, 0)
		list, err := r.Strings(100, 1<<20)
		if err != nil || strings.Join(list, "|") != strings.Join(texts, "|") {
			t.Fatalf("%s: list differs, %v", name, err)
		}
		for i, s := range texts {
			n, err1 := r.Uint64()
			b, err2 := r.AppendBytes([]byte("x"), 1<<20)
			v, err3 := r.Bool()
			var plain bytes.Buffer
			err4 := r.CopyN(&plain, int64(len(s)))
			if err := errors.Join(err1, err2, err3, err4); err != nil {
				t.Fatalf("%s, %d: %v", name, i, err)
			}
			if n != uint64(i) || string(b) != "x"+s || v != (i%2 == 0) || plain.String() != s {
				t.Fatalf("%s, %d: values differ", name, i)
			}
		}
		if r.Offset() != int64(out.Len()) {
			t.Errorf("%s: offset %d, want %d", name, r.Offset(), out.Len())
		}
		if _, err := r.Uint64(); err != io.EOF {
			t.Errorf("%s: end: %v", name, err)
		}
	}
}

func TestReaderErrors(t *testing.T) {
	word := func(v uint64) string { return string(AppendUint64(nil, v)) }
	for _, c := range []struct {
		name, in string
		read     func(*Reader) error
		want     string
	}{
		{"empty", "", func(r *Reader) error { _, err := r.Uint64(); return err }, "EOF"},
		{"short word", "1234", func(r *Reader) error { _, err := r.Uint64(); return err }, "unexpected EOF"},
		{"no string", "", func(r *Reader) error { _, err := r.String(9); return err }, "EOF"},
		{"no bytes", word(3), func(r *Reader) error { _, err := r.String(9); return err }, "unexpected EOF"},
		{"few bytes", word(3) + "ab", func(r *Reader) error { _, err := r.String(9); return err }, "unexpected EOF"},
		{"no padding", word(3) + "abc", func(r *Reader) error { _, err := r.String(9); return err }, "unexpected EOF"},
		{"huge", word(1 << 40), func(r *Reader) error { _, err := r.AppendBytes(nil, 1<<50); return err }, "unexpected EOF"},
		{"too long", word(0) + word(10), func(r *Reader) error { r.Uint64(); _, err := r.String(9); return err },
			"string is too long: 10 bytes, at most 9 allowed (at byte 8)"},
		{"padding", word(3) + "abc\x00\x00\x01\x00\x00", func(r *Reader) error { _, err := r.String(9); return err }, "non-zero padding (at byte 11)"},
		{"padding long", word(3) + "abc\x00\x00\x01\x00\x00", func(r *Reader) error { _, err := r.AppendBytes(nil, 9); return err }, "non-zero padding (at byte 11)"},
		{"count", word(7), func(r *Reader) error { _, err := r.Count(6); return err },
			"serialised integer is too large: list of 7 values, at most 6 allowed (at byte 0)"},
		{"uint32", word(1 << 32), func(r *Reader) error { _, err := r.Uint32(); return err },
			"serialised integer is too large: 4294967296 does not fit 32 bits (at byte 0)"},
		{"list", word(2) + word(0), func(r *Reader) error { _, err := r.Strings(9, 9); return err }, "unexpected EOF"},
		{"discard", "12", func(r *Reader) error { return r.Discard(3) }, "unexpected EOF"},
	} {
		err := c.read(NewReader(strings.NewReader(c.in)))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

type failing struct{ after int }

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestWriterKeepsFirstError(t *testing.T) {
	w := NewWriterSize(&failing{after: 600}, 512)
	for range 1000 {
		w.String("some text")
	}
	w.Write(make([]byte, 10_000))
	if err := w.Flush(); err == nil || err.Error() != "full" || w.Err() != err {
		t.Errorf("%v", err)
	}
	w = NewWriter(io.Discard)
	if err := w.CopyN(strings.NewReader("abc"), 5); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("CopyN: %v", err)
	}
}

func TestAllocations(t *testing.T) {
	w := NewWriter(io.Discard)
	if n := testing.AllocsPerRun(100, func() { w.String("entry"); w.Uint64(1); w.Flush() }); n != 0 {
		t.Errorf("Writer: %v allocations", n)
	}
	in := strings.Repeat(string(AppendString(nil, "entry")), 1000)
	src := strings.NewReader(in)
	r := NewReader(src)
	if n := testing.AllocsPerRun(100, func() { r.Token(32) }); n != 0 {
		t.Errorf("Reader: %v allocations", n)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(AppendString(nil, "hello"), 16)
	f.Add(AppendUint64(nil, 1<<63), 16)
	f.Fuzz(func(t *testing.T, in []byte, limit int) {
		if limit < 0 || limit > 1<<20 {
			return
		}
		s, err := NewReader(bytes.NewReader(in)).String(limit)
		b, err2 := NewReaderSize(iotest.OneByteReader(bytes.NewReader(in)), 0).AppendBytes(nil, limit)
		if (err == nil) != (err2 == nil) || err == nil && s != string(b) {
			t.Fatalf("%q, %v; %q, %v", s, err, b, err2)
		}
		if err == nil && !bytes.HasPrefix(in, AppendString(nil, s)) {
			t.Fatalf("%q does not begin with %q", in, s)
		}
	})
}
