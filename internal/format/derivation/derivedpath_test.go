package derivation

import (
	"reflect"
	"strings"
	"testing"
)

const drvText = "/nix/store/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv"

func TestDerivedPath(t *testing.T) {
	for text, want := range map[string]DerivedPath{
		drvText:                  {Path: "g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv"},
		drvText + "^out":         {Path: "g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv", Outputs: []string{"out"}},
		drvText + "^bar,baz":     {Path: "g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv", Outputs: []string{"bar", "baz"}},
		drvText + "^*":           {Path: "g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv", All: true},
		drvText + "^foo^b^*":     {Path: "g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv", Chain: []string{"foo", "b"}, All: true},
		drvText + "^foo^bar,baz": {Path: "g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv", Chain: []string{"foo"}, Outputs: []string{"bar", "baz"}},
	} {
		for _, separator := range []byte{Caret, Bang} {
			text := strings.ReplaceAll(text, "^", string(rune(separator)))
			p, err := ParseDerivedPath(dir, text, separator)
			if len(p.Chain) == 0 {
				p.Chain = nil
			}
			if err != nil || !reflect.DeepEqual(p, want) || p.Text(dir, separator) != text {
				t.Errorf("%s: %+v, %v", text, p, err)
			}
		}
	}
	for text, want := range map[string]string{
		"x":                `not an absolute path: "x"`,
		drvText + "^":      "name must not be empty",
		drvText + "^a,":    "name must not be empty",
		drvText + "^^a":    "name must not be empty",
		drvText + "^a,*":   "name '*' contains illegal character '*'",
		drvText + "^*^a":   "name '*' contains illegal character '*'",
		"/nix/store/x^out": "'x' is too short to be a valid store path",
		drvText + "!out":   "path 'g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv!out' is not a valid store path: name 'x.drv!out' contains illegal character '!'",
	} {
		if _, err := ParseDerivedPath(dir, text, Caret); errText(err) != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if names, all, err := ParseOutputNames("b,a,b"); strings.Join(names, ",") != "a,b" || all || err != nil {
		t.Errorf("%v, %v, %v", names, all, err)
	}
}

func FuzzParseDerivedPath(f *testing.F) {
	f.Add(drvText + "^foo^bar,baz")
	f.Add(drvText + "^*")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseDerivedPath(dir, text, Caret)
		if err != nil {
			return
		}
		once := p.Text(dir, Caret)
		if again, err := ParseDerivedPath(dir, once, Caret); err != nil || again.Text(dir, Caret) != once {
			t.Fatalf("%q: %q, %v", text, once, err)
		}
	})
}
