package derivation

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestParseATermErrors(t *testing.T) {
	const tail = `],[],"x86_64-linux","/bin/sh",[],[])`
	for _, c := range []struct{ in, want string }{
		{"", "derivation does not start with 'Derive' or 'DrvWithVersion' (at byte 0)"},
		{"Derivation", "derivation does not start with 'Derive' or 'DrvWithVersion' (at byte 0)"},
		{"Derive(", "expected string '[' (at byte 7)"},
		{`DrvWithVersion("x",[],[` + tail, "Unknown derivation ATerm format version 'x' (at byte 18)"},
		{`Derive([("out","/nix/store/aaa`, "unterminated string in derivation (at byte 16)"},
		{`Derive([("out\`, "unterminated string in derivation (at byte 10)"},
		{`Derive([("out\"`, "unterminated string in derivation (at byte 10)"},
		{`Derive([("out","/foo","","")],[` + tail, "path '/foo' is not in the Nix store (at byte 8)"},
		{`Derive([("out","/nix/store//g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x","","")],[` + tail, "'/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x' can't name a store path because the hash part is not followed by a '-' (at byte 8)"},
		{`Derive([("out","x","sha256","")],[` + tail, "content-addressing derivation output should not specify output path (at byte 8)"},
		{`Derive([("out","x","sha256","impure")],[` + tail, "impure derivation output should not specify output path (at byte 8)"},
		{`Derive([("out","","sha0","")],[` + tail, "unknown hash algorithm 'sha0', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512' (at byte 8)"},
		{`Derive([("out","/nix/store/c015dhfh5l0lp6wxyvdn7bmwhbbr6hr9-fixed","sha256","89451791163c896ec31a2adbd33c0681fd5f45b2c0ef0a264c92a03fb97f390f")],[` + tail,
			"derivation output 'out' has path '/nix/store/c015dhfh5l0lp6wxyvdn7bmwhbbr6hr9-fixed', which does not match its content address (at byte 8)"},
		{`Derive([("out","","",""),("out","","","")],[` + tail, "duplicate output 'out' in derivation (at byte 42)"},
		{`Derive([("out","","","")("x","","","")],[` + tail, "expected string ',' (at byte 24)"},
		{`Derive([,("out","","","")],[` + tail, "expected string '(' (at byte 8)"},
		{`Derive([("out","","",""),],[` + tail, "expected string '(' (at byte 25)"},
		{`Derive([],[("/nix/store/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv",[])` + tail, "inputDrvs entry for '/nix/store/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv' specifies no outputs (at byte 11)"},
		{`Derive([],[("/nix/store/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv",(["a"],[("b",["c"])]))` + tail, "expected string '[' (at byte 64)"},
		{`Derive([],[` + tail + " ", "text after the end of the derivation (at byte 47)"},
		{`Derive([],[],[],"x86_64-linux","/bin/sh",[],[("a","b"),("a","c")])`, "duplicate environment variable 'a' in derivation (at byte 65)"},
		{`DrvWithVersion("xp-dyn-drv",[],[("/nix/store/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv",` + strings.Repeat(`([],[("b",`, 2000), "outputs of outputs nest too deep (at byte 10085)"},
	} {
		_, err := ParseATerm(dir, "fixed", c.in)
		if err == nil || err.Error() != c.want {
			t.Errorf("%.100s: %v, want %s", c.in, err, c.want)
		}
	}
}

// Lists out of order are put in order; a text may escape what needs no escape.
func TestParseATermLenient(t *testing.T) {
	in := `Derive([("out","","",""),("dev","","","")],[],["/nix/store/c015dhfh5l0lp6wxyvdn7bmwhbbr6hr9-b","/nix/store/c015dhfh5l0lp6wxyvdn7bmwhbbr6hr9-a"],"\s\y\\s","\"b\"",["z","a"],[("z","\n\t\r"),("a","\é")])`
	want := `Derive([("dev","","",""),("out","","","")],[],["/nix/store/c015dhfh5l0lp6wxyvdn7bmwhbbr6hr9-a","/nix/store/c015dhfh5l0lp6wxyvdn7bmwhbbr6hr9-b"],"sy\\s","\"b\"",["z","a"],[("a","é"),("z","\n\t\r")])`
	d, err := ParseATerm(dir, "x", in)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(d.AppendATerm(nil, dir)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestOutputFields(t *testing.T) {
	for _, p := range golden.list(t) {
		d, err := golden.read(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range d.Outputs {
			path, methodAlgo, hash := o.Fields(dir)
			back, err := ParseOutput(dir, d.Name, o.Name, path, methodAlgo, hash)
			if back != o || err != nil {
				t.Errorf("%s: %+v, %v", p, back, err)
			}
		}
	}
}

func FuzzParseATerm(f *testing.F) {
	for _, p := range golden.list(f) {
		text, err := golden.text(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseATerm(dir, "x", text)
		if err != nil {
			return
		}
		once := string(d.AppendATerm(nil, dir))
		again, err := ParseATerm(dir, "x", once)
		if err != nil {
			t.Fatalf("%s: %v", once, err)
		}
		if !reflect.DeepEqual(again, d) {
			t.Fatalf("%s is not %s", again.AppendATerm(nil, dir), once)
		}
		if js, err := d.AppendJSON(nil); err == nil {
			back, err := ParseJSON(dir, js)
			if err != nil {
				t.Fatalf("%s: %v", js, err)
			}
			if _, structured := d.EnvValue(StructuredAttrs); !structured && string(back.AppendATerm(nil, dir)) != once {
				t.Fatalf("%s by JSON becomes %s", once, back.AppendATerm(nil, dir))
			}
		}
	})
}

func FuzzParseJSON(f *testing.F) {
	for _, p := range golden.list(f) {
		text, err := os.ReadFile("testdata/" + string(p) + ".json")
		if err != nil {
			f.Fatal(err)
		}
		js := string(text)
		js = js[strings.Index(js, `{"args"`):strings.LastIndex(js, `},"version":4}`)]
		if _, err := ParseJSON(dir, []byte(js)); err != nil {
			f.Fatal(err)
		}
		f.Add(js)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseJSON(dir, []byte(text))
		if err != nil {
			return
		}
		once, err := d.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseJSON(dir, once)
		if err != nil || !reflect.DeepEqual(again, d) {
			t.Fatalf("%s: %v", once, err)
		}
		aterm := string(d.AppendATerm(nil, dir))
		if _, err := ParseATerm(dir, d.Name, aterm); err != nil {
			t.Fatalf("%s: %v", aterm, err)
		}
	})
}
