package xmltext

import (
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestDocument has what Nix 2.34.8 prints for { a = "x\n\"<>&'"; b = [ 1 null ]; }.
func TestDocument(t *testing.T) {
	w := NewWriter(nil)
	w.Open("expr")
	w.Open("attrs")
	w.Open("attr", "name", "a")
	w.Empty("string", "value", "x\n\"<>&'")
	w.Close("attr")
	w.Open("attr", "name", "b")
	w.Open("list")
	w.Empty("int", "value", "1")
	w.Empty("null")
	w.Close("list")
	w.Close("attr")
	w.Close("attrs")
	w.Close("expr")
	want := `<?xml version='1.0' encoding='utf-8'?>
<expr>
  <attrs>
    <attr name="a">
      <string value="x&#xA;&quot;&lt;&gt;&amp;'" />
    </attr>
    <attr name="b">
      <list>
        <int value="1" />
        <null />
      </list>
    </attr>
  </attrs>
</expr>
`
	if got := string(w.Bytes()); got != want {
		t.Errorf("got:\n%s", got)
	}
}

func TestAttributesAreSorted(t *testing.T) {
	w := NewWriter([]byte("before "))
	attributes := []string{"path", "/p", "line", "1", "column", "2"}
	w.Empty("varpat", attributes...)
	want := "before <?xml version='1.0' encoding='utf-8'?>\n<varpat column=\"2\" line=\"1\" path=\"/p\" />\n"
	if got := string(w.Bytes()); got != want {
		t.Error(got)
	}
	if attributes[0] != "path" {
		t.Error("the caller's attributes were changed")
	}
}

// FuzzEscaped checks that readers get the value back.
func FuzzEscaped(f *testing.F) {
	f.Add("a\"<>&\n'\té")
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		for _, r := range s {
			if r < ' ' && r != '\n' && r != '\t' || r == 0xfffe || r == 0xffff {
				return // no XML
			}
		}
		text := string(AppendEscaped([]byte(`<a b="`), s)) + `"/>`
		var v struct {
			B string `xml:"b,attr"`
		}
		if err := xml.NewDecoder(strings.NewReader(text)).Decode(&v); err != nil || v.B != s {
			t.Fatalf("%q: %q, %v", text, v.B, err)
		}
	})
}

func BenchmarkEmpty(b *testing.B) {
	w := NewWriter(nil)
	b.ReportAllocs()
	for b.Loop() {
		w.out = w.out[:0]
		w.Empty("string", "value", "/nix/store/abc-hello-2.12.1/bin/hello")
	}
}
