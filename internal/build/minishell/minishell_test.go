package minishell

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// runScript runs the shell in a fresh directory with an empty PATH, so that only its own utilities are found.
func runScript(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("PATH", "/path-not-set")
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var o, e bytes.Buffer
	code = main(args, in, &o, &e)
	return code, o.String(), e.String()
}

func TestScripts(t *testing.T) {
	tests := []struct{ script, out string }{
		{`echo "$0 $1 $#"`, "name a 2\n"},
		{`mkdir -p a/b && cd a/b && echo hi >f && cat f && cd ../.. && ls a && rm -r a && ls`, "hi\nb\n"},
		{`echo x >f; chmod 640 f; ls -l f | head -c 10; chmod +x f; ls -l f | head -c 10; chmod u=rw,go= f; ls -l f | head -c 10; chmod -w f; ls -l f | head -c 10`,
			"-rw-r------rwxr-x--x-rw--------r--------"},
		{`printf '%s\n' b a b >f; sort f; sort -u f; sort -r f | head -n 1; tail -n 1 f; wc -l f`, "a\nb\nb\na\nb\nb\nb\n3 f\n"},
		{`mkdir d; echo 1 >d/x; ln -s x d/l; cp -r d e; readlink e/l; cat e/x; cp d/x y; mv y z; cat z; ls`, "x\n1\n1\nd\ne\nz\n"},
		{`basename /a/b.c .c; dirname /a/b.c`, "b\n/a\n"},
		{`export A=1; B=2; env | while read l; do case $l in A=*|B=*) echo $l;; esac; done`, "A=1\n"},
		{`f() { local x=2; echo $((x*3)); }; f`, "6\n"},
		{`echo $(echo sub) | cat; false || echo or; true && echo and`, "sub\nor\nand\n"},
		{`mkdir d; ln -s d l; ln -sfn /e l; readlink l; ls d`, "/e\n"},
		{`rm -f nothing; touch -d @5 t; test -e t && echo yes; rmdir . 2>/dev/null || echo no`, "yes\nno\n"},
		{`echo a | tee f; cat f; echo b | tee -a f >/dev/null; cat f`, "a\na\na\nb\n"},
	}
	for _, tt := range tests {
		code, out, errOut := runScript(t, "sh", "-c", tt.script, "name", "a", "b")
		if out != tt.out || code != 0 {
			t.Errorf("%s\ncode %d, stderr %q\ngot  %q\nwant %q", tt.script, code, errOut, out, tt.out)
		}
	}
}

func TestFailures(t *testing.T) {
	tests := []struct {
		args    []string
		code    int
		message string
	}{
		{[]string{"sh", "-c", "exit 7"}, 7, ""},
		{[]string{"sh", "-ec", "false; echo not here"}, 1, ""},
		{[]string{"sh", "-c", "no-such-program"}, 127, "not found"},
		{[]string{"sh", "-c", "cat missing"}, 1, "cat: "},
		{[]string{"sh", "-c", "mkdir -Z x"}, 1, "does not know the option -Z"},
		{[]string{"sh", "-c", "if"}, 2, "must be followed"},
		{[]string{"sh", "-c"}, 2, "requires an argument"},
		{[]string{"sh", "missing"}, 127, "no such file"},
		{[]string{"sh", "-c", "echo a\nexec 5>&1; echo b >&5"}, 1, "line 2 redirects descriptor 5"},
	}
	for _, tt := range tests {
		code, _, errOut := runScript(t, tt.args...)
		if code != tt.code || !strings.Contains(errOut, tt.message) {
			t.Errorf("%q: code %d, stderr %q; want %d, %q", tt.args, code, errOut, tt.code, tt.message)
		}
	}
}

func TestFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(file, []byte("#!/bin/sh\necho $1 $0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, out, _ := runScript(t, "sh", "-e", file, "x"); out != "x "+file+"\n" {
		t.Errorf("got %q", out)
	}
}

func TestNamed(t *testing.T) {
	for arg, want := range map[string]bool{"sh": true, "/bin/sh": true, "-sh": true, "firn": false, "bash": false, "": false} {
		if Named(arg) != want {
			t.Errorf("Named(%q) = %v", arg, !want)
		}
	}
}
