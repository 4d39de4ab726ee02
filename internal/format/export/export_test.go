package export

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"firn/internal/format/storepath"
	"firn/internal/format/wire"
)

const dir = storepath.Default

// testdata/closure.export is what `nix-store --export` of the reference wrote for
// a path with two references.
func golden(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/closure.export")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// copyStream reads a stream and writes it again.
func copyStream(in io.Reader) (out []byte, objects []Object, err error) {
	var buf bytes.Buffer
	r, w := NewReader(in, dir), NewWriter(&buf, dir)
	for {
		var nar bytes.Buffer
		o, err := r.Next(&nar)
		if err == io.EOF {
			err = w.Close()
			return buf.Bytes(), objects, err
		}
		if err != nil {
			return nil, objects, err
		}
		objects = append(objects, o)
		if err := w.Object(o, func(w io.Writer) error { _, err := nar.WriteTo(w); return err }); err != nil {
			return nil, objects, err
		}
	}
}

func TestReference(t *testing.T) {
	in := golden(t)
	src := wire.NewReader(io.MultiReader(bytes.NewReader(in), strings.NewReader("rest")))
	out, objects, err := copyStream(src)
	if err != nil || !bytes.Equal(out, in) {
		t.Errorf("copy differs, %v", err)
	}
	want := "[{draf2pm7skqzj8g3kv0bamg214p6sd70-a [] } {nzfas95xmmqqs930nl13l9cfdh7v0zac-b [] } " +
		"{q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie [draf2pm7skqzj8g3kv0bamg214p6sd70-a nzfas95xmmqqs930nl13l9cfdh7v0zac-b q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie] g2qzxa0jx66bcf068s9jfrz5hfyh29w6-selfie.drv}]"
	if fmt.Sprint(objects) != want {
		t.Errorf("%v", objects)
	}
	if rest, err := io.ReadAll(src); string(rest) != "rest" || err != nil {
		t.Errorf("rest %q, %v", rest, err)
	}
}

// An old stream has a signature, which is skipped.
func TestSignature(t *testing.T) {
	in := golden(t)
	body := in[:len(in)-16] // without the last two zeros
	old := wire.AppendUint64(wire.AppendString(wire.AppendUint64(bytes.Clone(body), 1), "signature"), 0)
	if out, _, err := copyStream(bytes.NewReader(old)); err != nil || !bytes.Equal(out, in) {
		t.Errorf("%v", err)
	}
}

func TestErrors(t *testing.T) {
	in := golden(t)
	at := bytes.Index(in, []byte{0x4e, 0x49, 0x58, 0x45})
	for _, c := range []struct {
		in   []byte
		want string
	}{
		{nil, "read export stream: unexpected EOF"},
		{wire.AppendUint64(nil, 2), "input doesn't look like something created by 'nix-store --export'"},
		{wire.AppendUint64(nil, 1), "read archive at '/', byte 0: unexpected EOF"},
		{in[:at], "read export stream: unexpected EOF"},
		{in[:at+8], "read export stream: unexpected EOF"},
		{append(bytes.Clone(in[:at]), "12345678"...), "read export stream: Nix archive cannot be imported; wrong format"},
		{bytes.Replace(in, []byte("/nix/store/draf"), []byte("/nix/stare/draf"), 1), `read export stream: path "/nix/stare/draf2pm7skqzj8g3kv0bamg214p6sd70-a" is not in the Nix store`},
	} {
		if _, _, err := copyStream(bytes.NewReader(c.in)); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	for n := range len(in) - 1 {
		if _, _, err := copyStream(bytes.NewReader(in[:n])); err == nil {
			t.Fatalf("%d bytes accepted", n)
		}
	}
	w := NewWriter(io.Discard, dir)
	err := w.Object(Object{Path: "draf2pm7skqzj8g3kv0bamg214p6sd70-a"}, func(io.Writer) error { return io.ErrClosedPipe })
	if err == nil || err.Error() != "export '/nix/store/draf2pm7skqzj8g3kv0bamg214p6sd70-a': io: read/write on closed pipe" {
		t.Errorf("%v", err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(golden(f))
	f.Fuzz(func(t *testing.T, in []byte) {
		once, _, err := copyStream(bytes.NewReader(in))
		if err != nil {
			return
		}
		if again, _, err := copyStream(bytes.NewReader(once)); err != nil || !bytes.Equal(once, again) {
			t.Fatal("a copied stream does not copy")
		}
	})
}
