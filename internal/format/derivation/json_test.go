package derivation

import (
	"strings"
	"testing"
)

func TestParseJSONErrors(t *testing.T) {
	const right = `{"args":[],"builder":"b","env":{},"inputs":{"drvs":{},"srcs":[]},"name":"n","outputs":{"out":{}},"system":"s","version":4}`
	if _, err := ParseJSON(dir, []byte(right)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"version":4`, `"version":3`, "Unsupported derivation JSON format version 3, only format version 4 is currently supported."},
		{`"version":4`, `"version":"4"`, `Expected JSON value to be an unsigned integral number but it is of type 'string': "4"`},
		{`,"version":4`, ``, `Expected JSON object to contain key 'version' but it doesn't: ` + strings.Replace(right, `,"version":4`, ``, 1)},
		{`"b"`, `1`, "Expected JSON value to be of type 'string' but it is of type 'number': 1"},
		{`"env":{}`, `"env":[]`, "while reading key 'env': Expected JSON value to be of type 'object' but it is of type 'array': []"},
		{`"env":{}`, `"env":{"a":null}`, "while reading key 'env': Expected JSON value to be of type 'string' but it is of type 'null': null"},
		{`"env":{}`, `"env":{"__json":"{}"}`, "while reading key 'env': Cannot have an environment variable named '__json'. This key is reserved for encoding structured attrs"},
		{`"srcs":[]`, `"srcs":["x"]`, "while reading key 'inputs': while reading key 'srcs': 'x' is too short to be a valid store path"},
		{`"drvs":{}`, `"drvs":{"g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv":{"outputs":[]}}`,
			"while reading key 'inputs': while reading key 'drvs': Expected JSON object to contain key 'dynamicOutputs' but it doesn't: {\"outputs\":[]}"},
		{`{"out":{}}`, `{"out":{"path":"x","method":"nar"}}`, "while reading key 'outputs': invalid JSON for derivation output"},
		{`{"out":{}}`, `{"out":{"hash":"x","method":"nar"}}`, "while reading key 'outputs': hash 'x' is not SRI"},
		{right, `[]`, "Expected JSON value to be of type 'object' but it is of type 'array': []"},
		{right, `{`, "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing object key - unexpected end of input; expected string literal"},
		{right, right + `{}`, "[json.exception.parse_error.101] parse error at line 1, column 123: syntax error while parsing value - unexpected '{'; expected end of input"},
		{right, strings.Repeat("[", 20_000), "JSON values nest too deep"},
	} {
		in := strings.Replace(right, c.old, c.new, 1)
		if _, err := ParseJSON(dir, []byte(in)); err == nil || err.Error() != c.want {
			t.Errorf("%.200s: %v, want %s", in, err, c.want)
		}
	}
}

// Numbers and strings as the reference prints them with builtins.toJSON.
func TestCanonicalJSON(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`[1, -0, 18446744073709551615, 18446744073709551616, -9223372036854775808]`, `[1,0,18446744073709551615,1.8446744073709552e+19,-9223372036854775808]`},
		{`[1.0, 0.0, -0.0, 1e2, 1e14, 1e15, 123456789012345680.0, 0.0001, 0.00001, 1.5e-7, 2.50]`, `[1.0,0.0,-0.0,100.0,100000000000000.0,1e+15,1.2345678901234568e+17,0.0001,1e-05,1.5e-07,2.5]`},
		{`{"b":1,"a":{"d":null,"c":[]},"b":2}`, `{"a":{"c":[],"d":null},"b":2}`},
		{`"\u0001\b\f\n\r\t\"\\\/\u00e9\u2028<>&\u007f"`, "\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\/é\u2028<>&\x7f\""},
		{`[true,false,{}]`, `[true,false,{}]`},
	} {
		v, err := parseJSON(c.in)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(appendJSON(nil, v)); got != c.want {
			t.Errorf("%s: %s, want %s", c.in, got, c.want)
		}
	}
}

func TestAppendJSONErrors(t *testing.T) {
	_, d := named(t, "structured")
	d.SetEnv(StructuredAttrs, "[]")
	if _, err := d.AppendJSON(nil); errText(err) != "cannot process __json attribute: Expected JSON value to be of type 'object' but it is of type 'array': []" {
		t.Errorf("%v", err)
	}
	_, d = named(t, "escapes")
	d.Args = []string{"\xff"}
	if _, err := d.AppendJSON(nil); errText(err) != "[json.exception.type_error.316] invalid UTF-8 byte at index 0: 0xFF" {
		t.Errorf("%v", err)
	}
}
