package builtin

import "testing"

func TestConversions(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`builtins.fromJSON ''{"b": [1, -2.5, "x\ty", null, true, {}], "a": 1e3, "b": [ ]}''`, `{ a = 1000; b = [ ]; }`},
		{`builtins.fromJSON ''[[], [[1], 2], {"a": {"b": "é", "c": 2}}, 9223372036854775807]''`,
			`[ [ ] [ [ 1 ] 2 ] { a = { b = "é"; c = 2; }; } 9223372036854775807 ]`},
		{`builtins.fromJSON "-9223372036854775809"`, `-9.22337e+18`},
		{`builtins.fromJSON "[18446744073709551615]"`, `error: unsigned json number 18446744073709551615 outside of Nix integer range`},
		{`builtins.fromJSON ''"a\u0000b"''`, `error: input string 'a␀b' cannot be represented as Nix string because it contains null bytes`},
		{`builtins.fromJSON ''{"a\u0000b": 1}''`, `error: input string 'a␀b' cannot be represented as Nix string because it contains null bytes`},
		{`builtins.fromJSON "{"`, `error: [json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing object key - unexpected end of input; expected string literal`},
		{`fromTOML "a = [ 1, 2.5, 'x' ]\n[t.u]\nb = { c = true }"`, `{ a = [ 1 2.5 "x" ]; t = { u = { b = { c = true; }; }; }; }`},
		{`fromTOML "a = 1979-05-27"`, `error: while parsing TOML: Dates and times are not supported`},
		{`fromTOML ''"a\u0000" = 1''`, `error: while parsing TOML: error: input string 'a␀' cannot be represented as Nix string because it contains null bytes`},
		{`builtins.toJSON { a = [ 1 1.0 1.0e-7 "ä\"\n" null true ./b ]; __toString = s: "x"; }`, `"\"x\""`},
		{`builtins.toJSON { c = [ 1 1.0 1.0e-7 "ä\"\n" null true ]; a = { outPath = "o"; }; }`,
			`"{\"a\":\"o\",\"c\":[1,1.0,1e-07,\"ä\\\"\\n\",null,true]}"`},
		{`builtins.toJSON [ (builtins.substring 0 1 "é") 1 ]`, `error: JSON serialization error: [json.exception.type_error.316] incomplete UTF-8 string; last byte: 0xC3`},
		{`builtins.toJSON [ (builtins.substring 0 1 "é") (throw "first") ]`, `error: first`},
		{`builtins.toJSON (x: x)`, `error: cannot convert a function to JSON`},
		{`builtins.toXML { a = "<\n>"; }`, `"<?xml version='1.0' encoding='utf-8'?>\n<expr>\n  <attrs>\n    <attr name=\"a\">\n      <string value=\"&lt;&#xA;&gt;\" />\n    </attr>\n  </attrs>\n</expr>\n"`},
	} {
		w := newWorker(t)
		if got := run(w, c.in); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}
