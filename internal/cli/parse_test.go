package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/ui"
)

// Flags and programs made for the tests of parsing.
var (
	testJSON  = Flag{Long: "json", Doc: "J."}
	testArg   = Flag{Long: "arg", Labels: []string{"name", "expr"}, Doc: "A."}
	testFile  = Flag{Long: "file", Short: 'f', Labels: []string{"file"}, Doc: "F.", Complete: completeFile}
	testExec  = Flag{Long: "command", Short: 'c', Labels: []string{"command", "args"}, Rest: true, Doc: "C."}
	testXp    = Flag{Long: "piped", Doc: "P.", Feature: config.PipeOperators}
	testAttr  = Flag{Long: "attr", Short: 'A', Labels: []string{"path"}, Terse: true, Doc: "A."}
	testQuery = Flag{Long: "query", Short: 'q', Doc: "Q."}

	testNix = &Command{Name: "nix", Flags: [][]*Flag{nixFlags, commonFlags}, Sub: []*Command{
		{Name: "one", Flags: [][]*Flag{{&testJSON, &testArg, &testFile, &testXp}}, Args: []Arg{{Label: "a", Optional: true, Complete: completeWords("apple", "ant", "bee")}}},
		{Name: "run", Flags: [][]*Flag{{&testExec}}, Args: []Arg{{Label: "a", Optional: true}, {Label: "args", Many: true}}},
		{Name: "two", Args: []Arg{{Label: "a"}, {Label: "b"}}},
	}, Renamed: []Renamed{{"uno", []string{"one"}, true}, {"deux", []string{"two"}, false}}}

	testClassic = &Command{Name: "nix-test", Classic: true, Flags: [][]*Flag{{&testAttr, &testQuery, &testArg, &testJSON}, commonFlags, classicFlags}}
)

// newCall returns a call that reads no configuration.
func newCall(t *testing.T, root *Command, program string) (*Call, *bytes.Buffer) {
	var messages bytes.Buffer
	p := &Process{Environ: []string{"HOME=" + t.TempDir()}, Out: os.Stdout, Err: os.Stderr}
	c := &Call{Process: p, Program: program, Root: root, Path: []*Command{root}, Command: root}
	c.Log = ui.NewLogger(ui.Options{Err: &messages, Out: &messages, Format: ui.Raw, Level: 3})
	c.Out = c.Log.Stdout()
	c.Config = config.New(&config.Host{OS: "linux", Processors: 2, ConfDir: "/etc/nix"}, c.Env)
	c.Config.Warn = c.Log.Warn
	return c, &messages
}

// describe writes what parsing found out in one line.
func describe(c *Call) string {
	parts := []string{pathName(c.Path)}
	for _, u := range c.Uses {
		s := u.Flag.name()
		if len(u.Values) > 0 {
			s += "=" + strings.Join(u.Values, ",")
		}
		if u.Before > 0 {
			s += fmt.Sprintf("@%d", u.Before)
		}
		parts = append(parts, s)
	}
	return strings.Join(append(parts, c.Args...), " ")
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"one", "nix one"},
		{"one x --json", "nix one --json@1 x"},
		{"--refresh --extra-experimental-features nix-command one -vv x", "nix one --refresh --verbose --verbose x"},
		{"one --arg a b --arg c d", "nix one --arg=a,b --arg=c,d"},
		{"one -f x", "nix one --file=x"},
		{"one -vf x", "nix one --verbose --file=x"},
		{"one -f3", "nix one --file=3"},
		{"one -fx", "nix one --file=-x"}, // as Nix has it
		{"one -- --json", "nix one --json"},
		{"-- one --", "nix one --"},
		{"run x y --json", "error: unrecognised flag '--json'"},
		{"run x y -- --json z", "nix run x y --json z"},
		{"run x -c ls -l --all", "nix run --command=ls,-l,--all@1 x"},
		{"two a", "error: more arguments are required"},
		{"two a b c", "error: unexpected argument 'c'"},
		{"one --arg a", "error: flag '--arg' requires 2 argument(s), but only 1 were given"},
		{"--json one", "error: unrecognised flag '--json'"},
		{"one --piped", "error: experimental Nix feature 'pipe-operators' is disabled; add '--extra-experimental-features pipe-operators' to enable it"},
		{"one --piped --extra-experimental-features pipe-operators", "nix one --piped"},
		{"one --cores", "error: flag '--cores' requires 1 argument(s), but only 0 were given"},
		{"uno x", "warning: 'uno' is a deprecated alias for 'one'; nix one x"},
		{"deux x y", "nix two x y"},
		{"thre", "error: 'thre' is not a recognised command"},
		{"tow", "error: 'tow' is not a recognised command (two)"},
	} {
		checkParse(t, testNix, "nix", c.line, c.want)
	}
}

func TestParseClassic(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"", "nix-test"},
		{"a -A b c -qA d - e", "nix-test --attr=b@1 --query@2 --attr=d@2 a c - e"},
		{"-A", "error: '-A' requires an argument"},
		{"--attr", "error: '--attr' requires an argument"},
		{"--arg x", "error: flag '--arg' requires 2 argument(s), but only 1 were given"},
		{"--foo", "error: unrecognised flag '--foo'"},
		{"-j4 -k --option cores 3", "nix-test --max-jobs=4 --keep-going --option=cores,3"},
		{"--cores x", "error: setting 'cores' has invalid value 'x'"},
		{"--system x", "nix-test"},
	} {
		checkParse(t, testClassic, "nix-test", c.line, c.want)
	}
	// nix-env means something else by --system.
	checkParse(t, testClassic, "nix-env", "--system x", "error: unrecognised flag '--system'")
}

func checkParse(t *testing.T, root *Command, program, line, want string) {
	t.Helper()
	call, messages := newCall(t, root, program)
	err := call.parse(strings.Fields(line))
	got := describe(call)
	if err != nil {
		got = "error: " + err.Error()
		if s := diag.As(err).Suggestions; len(s) > 0 {
			got += " (" + strings.Join(s, ", ") + ")"
		}
	}
	if m := strings.TrimSpace(messages.String()); m != "" {
		got = m + "; " + got
	}
	if got != want {
		t.Errorf("%s %s:\n got %s\nwant %s", program, line, got, want)
	}
}

func TestNearFlags(t *testing.T) {
	call, _ := newCall(t, testNix, "nix")
	err := call.parse([]string{"one", "--jsn"})
	if notes := diag.As(err).Notes; len(notes) != 1 || notes[0] != "Did you mean '--json'?" {
		t.Errorf("%v: %q", err, notes)
	}
	if err := call.parse([]string{"one", "-x"}); len(diag.As(err).Notes) > 0 {
		t.Errorf("%v: %q", err, diag.As(err).Notes)
	}
}

func TestFlagsOfCall(t *testing.T) {
	call, _ := newCall(t, testNix, "nix")
	if err := call.parse(strings.Fields("one --arg a b -f x --file y --no-fallback --max-jobs auto pos")); err != nil {
		t.Fatal(err)
	}
	if v, ok := call.Value(&testFile); v != "y" || !ok {
		t.Error(v, ok)
	}
	if _, ok := call.Value(&testJSON); ok || call.Has(&testJSON) || !call.Has(&testArg) {
		t.Error("wrong flags")
	}
	if got := fmt.Sprint(call.All(&testFile)); got != "[[x] [y]]" {
		t.Error(got)
	}
	if call.Last(&testArg, &testFile) != &testFile || call.Last(&testJSON) != nil {
		t.Error("wrong last flag")
	}
	if call.Arg(0) != "pos" || call.Arg(1) != "" {
		t.Error("wrong arguments")
	}
	if call.Config.Build.MaxJobs != 2 || !call.Config.Overridden("fallback") {
		t.Error("settings were not applied")
	}
}

func TestComplete(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"apple.nix", "ant"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for _, c := range []struct{ line, word, want string }{
		{"", "", "normal one run two"},
		{"", "t", "normal two"},
		{"one", "a", "normal ant apple"},
		{"one", "--f", "normal --file"},
		{"one --file", "a", "filenames ant apple.nix"},
		{"one --file", "./ap", "filenames ./apple.nix"},
		{"one", "-", "normal -- -f -j -v"},
		{"--option", "core", "normal cores"},
		{"--option cores", "3", "normal"},
		{"one --", "a", "normal ant apple"},
		{"nothing", "x", "normal"},
	} {
		call, out := newCall(t, testNix, "nix")
		words := append(strings.Fields(c.line), c.word)
		if err := call.complete(words, fmt.Sprint(len(words))); err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(out.String()) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			got = append(got, word)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s [%s]: got %s, want %s", c.line, c.word, s, c.want)
		}
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct{ args, name, shown, rest string }{
		{"nix eval", "nix", "nix", "eval"},
		{"/usr/bin/nix eval", "nix", "/usr/bin/nix", "eval"},
		{"firn eval", "firn", "firn", "eval"},
		{"./firn.exe eval", "firn", "./firn.exe", "eval"},
		{"other", "firn", "other", ""},
		{"", "firn", "firn", ""},
	} {
		p := &Process{Args: strings.Fields(c.args)}
		name, shown, root, words := p.choose()
		if name != c.name || shown != c.shown || root != &nixCommand || strings.Join(words, " ") != c.rest {
			t.Errorf("%s: %s, %s, %v", c.args, name, shown, words)
		}
	}
}

func TestShorten(t *testing.T) {
	for in, want := range map[string]string{"": "", "A.": "A", "A. B.": "A [...]", "A\nB": "A [...]", " A b ": "A b"} {
		if got := shorten(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("one --arg a b -vvf x -- --y", 3)
	f.Add("run -c x y --option a b", 0)
	f.Fuzz(func(t *testing.T, line string, n int) {
		for _, root := range []*Command{testNix, testClassic} {
			call, _ := newCall(t, root, root.Name)
			_ = call.parse(strings.Split(line, " "))
			call, _ = newCall(t, root, root.Name)
			_ = call.complete(strings.Split(line, " "), fmt.Sprint(n))
		}
	})
}
