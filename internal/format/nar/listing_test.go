package nar

import (
	"bytes"
	"testing"
)

// What `nix nar ls --json -R` of the reference prints for testdata/tree.nar, with
// the "executable" that versions since 2.35 write for every file.
const listed = `{"entries":{"A b\"\\":{"executable":false,"narOffset":232,"size":0,"type":"regular"},` +
	`"a":{"executable":false,"narOffset":416,"size":6,"type":"regular"},` +
	`"empty":{"entries":{},"type":"directory"},` +
	`"run":{"executable":true,"narOffset":808,"size":18,"type":"regular"},` +
	`"sub":{"entries":{"deeper":{"entries":{"big":{"executable":false,"narOffset":1288,"size":5000,"type":"regular"}},"type":"directory"},` +
	`"eight":{"executable":false,"narOffset":6504,"size":8,"type":"regular"},` +
	`"empty":{"executable":false,"narOffset":6696,"size":0,"type":"regular"},` +
	`"link":{"target":"../a","type":"symlink"}},"type":"directory"},` +
	`"ü":{"executable":false,"narOffset":7104,"size":2,"type":"regular"}},"type":"directory"}`

func TestListing(t *testing.T) {
	l, err := Index(bytes.NewReader(golden(t)))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(l.AppendJSON(nil, true)); got != listed {
		t.Errorf("got %s", got)
	}
	if got, want := string(l.Lookup("/sub").AppendJSON(nil, false)), `{"entries":{"deeper":{},"eight":{},"empty":{},"link":{}},"type":"directory"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	file := l.LSFile()
	if string(file) != `{"root":`+listed+`,"version":1}` {
		t.Errorf("ls file: %s", file)
	}
	back, err := ParseLSFile(file)
	if err != nil || !bytes.Equal(back.LSFile(), file) {
		t.Errorf("round trip: %v", err)
	}
}

func TestLookup(t *testing.T) {
	l, err := Index(bytes.NewReader(golden(t)))
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Lookup("sub/deeper//big"); got == nil || got.Size != 5000 {
		t.Errorf("%v", got)
	}
	if l.Lookup("/") != l || l.Lookup("a/b") != nil || l.Lookup("z") != nil {
		t.Error("wrong nodes")
	}
}

func TestParseLSFile(t *testing.T) {
	l, err := ParseLSFile([]byte(`{"version":1,"root":{"type":"directory","entries":{"b":{"type":"regular","size":1},"a":{"type":"symlink","target":"b"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(l.AppendJSON(nil, true)), `{"entries":{"a":{"target":"b","type":"symlink"},"b":{"executable":false,"size":1,"type":"regular"}},"type":"directory"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, c := range []struct{ in, want string }{
		{`{}`, "read NAR listing: version 0 is not supported"},
		{`{"version":1}`, "read NAR listing: no member 'root'"},
		{`{"version":1,"root":{"type":"x"}}`, "read NAR listing: unknown file type 'x'"},
		{`{"version":1,"root":{"type":"symlink"}}`, "read NAR listing: NAR contains invalid symlink target"},
		{`{"version":1,"root":{"type":"directory","entries":{"..":{"type":"directory"}}}}`, "read NAR listing: NAR contains invalid file name '..'"},
		{`{"version":1,"root":{"type":"directory","entries":{"a":null}}}`, "read NAR listing: entry 'a' is null"},
	} {
		if _, err := ParseLSFile([]byte(c.in)); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.in, err, c.want)
		}
	}
}

func FuzzParseLSFile(f *testing.F) {
	f.Add([]byte(`{"root":` + listed + `,"version":1}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		l, err := ParseLSFile(in)
		if err != nil {
			return
		}
		once := l.LSFile()
		again, err := ParseLSFile(once)
		if err != nil || !bytes.Equal(once, again.LSFile()) {
			t.Fatalf("%s: %v", once, err)
		}
	})
}
