package builtin

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

// hostFiles lets tests read real files.
type hostFiles struct{}

func (hostFiles) ReadFile(path string) (string, error) {
	b, err := os.ReadFile(path)
	return string(b), err
}

func (hostFiles) Lstat(path string) (eval.FileType, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return fileType(info.Mode()), nil
}

func fileType(m fs.FileMode) eval.FileType {
	switch {
	case m.IsRegular():
		return eval.Regular
	case m.IsDir():
		return eval.Directory
	case m&fs.ModeSymlink != 0:
		return eval.Symlink
	}
	return eval.Unknown
}

func (hostFiles) ReadDir(path string) ([]eval.DirEntry, error) {
	list, err := os.ReadDir(path)
	out := make([]eval.DirEntry, len(list))
	for i, e := range list {
		out[i] = eval.DirEntry{Name: e.Name(), Type: fileType(e.Type())}
	}
	return out, err
}

func (hostFiles) ReadLink(path string) (string, error) { return os.Readlink(path) }

func newWorker(t testing.TB) *worker {
	world := &eval.World{Files: hostFiles{}, Now: func() int64 { return 0 }, Trace: func(s string) { t.Log("trace:", s) }}
	o := eval.Options{StoreDir: storepath.Default, CurrentSystem: "x86_64-linux", NixVersion: "2.34.8", Internal: Files()}
	return eval.New(o, world, &diag.Table{}, Table()).NewWorker()
}

// run evaluates deeply and prints, or returns the failure's message.
func run(w *worker, text string) (out string) {
	err := w.Try(func() {
		c := w.Cell(w.Eval(w.ParseString(text, "/", diag.FromString, nil), nil))
		w.ForceDeep(c)
		out = string(w.PrintPlain(nil, c))
	})
	if err != nil {
		return "error: " + err.Error()
	}
	return out
}

func TestExpressions(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`1 + 2`, `3`},
		{`let x = 1; y = x + 1; in [ x y ]`, `[ 1 2 ]`},
		{`rec { a = b; b = 2; }`, `{ a = 2; b = 2; }`},
		{`({ a, b ? a, ... }@s: [ a b s.c ]) { a = 1; c = 3; }`, `[ 1 1 3 ]`},
		{`with { x = 1; }; with { y = 2; }; x + y`, `3`},
		{`let x = x; in x`, `error: infinite recursion encountered`},
		{`(builtins.tryEval (throw "a")).success`, `false`},
		{`builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 100)`, `4950`},
		{`let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 9000`, `9000`},
		{`let f = n: 1 + f (n + 1); in f 0`, `error: stack overflow; max-call-depth exceeded`},
		{`{ a = 1; } // { b = 2; }`, `{ a = 1; b = 2; }`},
		{`{ a.b = 1; a.c = 2; }.a`, `{ b = 1; c = 2; }`},
		{`"a${toString 1}b"`, `"a1b"`},
		{`builtins.sort (a: b: true) [3 1 2]`, `[ 2 1 3 ]`},
		{`map (x: x * x) [ 1 2 3 ]`, `[ 1 4 9 ]`},
		{`builtins.foldl' (a: b: b) (throw "x") [1]`, `1`},
		{`let inherit (let a = 1; b = 2; in { inherit a b; }) a b; in a + b`, `3`},
		{`builtins.replaceStrings ["" "a"] ["x" "y"] "abc"`, `"xaxbxcx"`},
		{`builtins.attrNames { "10" = 1; "9" = 1; Z = 1; _b = 1; a = 1; }`, `[ "10" "9" "Z" "_b" "a" ]`},
		{`builtins.genericClosure { startSet = [ { key = 5; } ]; operator = i: [ { key = i.key / 2; } ]; }`,
			`[ { key = 5; } { key = 2; } { key = 1; } { key = 0; } ]`},
		{`{ __functor = s: x: x + s.n; n = 2; } 3`, `5`},
		{`[ 1.0 1000000.0 (0.1 + 0.2) 1.0e-5 (0 - 0.0) ]`, `[ 1 1e+06 0.3 1e-05 0 ]`},
		{`toString [ 1 [ ] [ 2 [ ] ] null true false 1.5 ]`, `"1 2   1  1.500000"`},
		{`rec { __overrides = { a = 2; }; a = 1; b = a; }.b`, `2`},
		{`9223372036854775807 + 1`, `error: integer overflow in adding 9223372036854775807 + 1`},
		{`[ 36028797018963968 (-36028797018963969) ]`, `[ 36028797018963968 -36028797018963969 ]`},
	} {
		w := newWorker(t)
		if got := run(w, c.in); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

var _ = value.Null
