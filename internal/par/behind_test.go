package par

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

func TestBehind(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, behindSize - 1, behindFrom, behindFrom + 1, behindFrom + behindSize, behindFrom + 20*behindSize + 7} {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		var got bytes.Buffer
		err := Behind(&got, func(w io.Writer) error {
			for rest := data; len(rest) > 0; {
				n := min(len(rest), 1+rng.IntN(2*behindSize))
				if took, err := w.Write(rest[:n]); took != n || err != nil {
					return err
				}
				rest = rest[n:]
			}
			return nil
		})
		if err != nil || !bytes.Equal(got.Bytes(), data) {
			t.Errorf("%d bytes: got %d, %v", size, got.Len(), err)
		}
	}
}

type failing struct{ after int }

var errFull = errors.New("full")

func (f *failing) Write(p []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestBehindFails(t *testing.T) {
	for after := range 6 {
		err := Behind(&failing{after}, func(w io.Writer) error {
			for range 2 {
				for range 8 {
					w.Write(make([]byte, behindFrom))
				}
			}
			_, err := w.Write([]byte{1})
			return err
		})
		if !errors.Is(err, errFull) {
			t.Errorf("after %d: %v", after, err)
		}
	}
	other := errors.New("source")
	if err := Behind(io.Discard, func(io.Writer) error { return other }); !errors.Is(err, other) {
		t.Error(err)
	}
}
