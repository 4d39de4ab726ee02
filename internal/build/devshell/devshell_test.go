package devshell

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"

	"github.com/google/go-cmp/cmp"
)

const script = storepath.Path("00000000000000000000000000000000-get-env.sh")

func drv(kind derivation.OutputKind, env ...string) *derivation.Derivation {
	d := &derivation.Derivation{Name: "x", System: "s", Builder: "/nix/store/11111111111111111111111111111111-bash/bin/bash", Args: []string{"-e", "builder.sh"},
		Outputs: []derivation.Output{{Name: "out", Kind: kind, Path: "22222222222222222222222222222222-x", Method: storepath.NAR, Algo: nixhash.SHA256}}}
	for i := 0; i < len(env); i += 2 {
		d.SetEnv(env[i], env[i+1])
	}
	return d
}

func TestCapture(t *testing.T) {
	d := drv(derivation.InputAddressed, "name", "x", "out", "/nix/store/22222222222222222222222222222222-x", "allowedReferences", "", "keep", "1")
	c, err := Capture(storepath.Default, d, script)
	if err != nil {
		t.Fatal(err)
	}
	want := drv(derivation.Deferred, "name", "x-env", "out", "", "keep", "1")
	want.Name, want.Args, want.InputSrcs = "x-env", []string{"/nix/store/" + string(script)}, []storepath.Path{script}
	want.Outputs = []derivation.Output{{Name: "out"}}
	if got, want := string(c.AppendATerm(nil, storepath.Default)), string(want.AppendATerm(nil, storepath.Default)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	d = drv(derivation.Floating, "__json", `{"a":1,"outputChecks":{"out":{}}}`)
	if c, err = Capture(storepath.Default, d, script); err != nil {
		t.Fatal(err)
	}
	if v, _ := c.EnvValue("__json"); v != `{"a":1}` || c.Outputs[0].Kind != derivation.Floating {
		t.Errorf("got %s, %v", v, c.Outputs)
	}
	d.Builder = "/bin/sh"
	if _, err := Capture(storepath.Default, d, script); err == nil || !strings.Contains(err.Error(), "only works on derivations that use 'bash'") {
		t.Errorf("got %v", err)
	}
}

func bash(t *testing.T) string {
	t.Helper()
	p, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	return p
}

// captured runs the script as a build would, with a setup of its own.
func captured(t *testing.T, setup string, env ...string) *Environment {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"setup": setup, "capture.sh": string(CaptureScript())} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(bash(t), filepath.Join(dir, "capture.sh"))
	cmd.Env = append([]string{"stdenv=" + dir, "out=" + dir + "/out", "dev=" + dir + "/dev", "outputs=out dev", "PATH=/path-not-set"}, env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	text, err := os.ReadFile(dir + "/out")
	if err != nil {
		t.Fatal(err)
	}
	if more, err := os.ReadFile(dir + "/dev"); err != nil || len(more) > 0 {
		t.Errorf("second output: %q, %v", more, err)
	}
	e, err := Parse(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return e
}

const setup = `
declare -x exported=$'two\nlines "quoted" \\ \t tab \001 \033[0m end'
plain='not exported'
declare -a list=('a b' "it's" '')
declare -A map=([key]=value ["odd key"]='1 2')
declare -i number=5
empty=
declare -a none=()
greet() { echo "hello $1"; local x=${1#"{"}; }
tricky=$'\ndeclare -x phantom="1"'
_own=kept
`

func TestCaptureScript(t *testing.T) {
	e := captured(t, setup, "fromEnvironment=1")
	want := map[string]Variable{
		"exported":        {Exported: true, Value: "two\nlines \"quoted\" \\ \t tab \x01 \x1b[0m end"},
		"plain":           {Value: "not exported"},
		"list":            {Array: []string{"a b", "it's", ""}},
		"map":             {Associative: map[string]string{"key": "value", "odd key": "1 2"}},
		"empty":           {},
		"none":            {Array: []string{}},
		"fromEnvironment": {Exported: true, Value: "1"},
		"IN_NIX_SHELL":    {Exported: true, Value: "impure"},
		"_own":            {Value: "kept"},
	}
	for name, v := range want {
		if d := cmp.Diff(v, e.Variables[name]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for _, name := range []string{"phantom", "number", "BASH_VERSION", "PWD", "SHLVL", "_firn_own", "_"} {
		if v, ok := e.Variables[name]; ok {
			t.Errorf("%s is there: %+v", name, v)
		}
	}
	if f := e.Functions["greet"]; !strings.Contains(f, "hello $1") || len(e.Functions) != 1 {
		t.Errorf("functions %q", e.Functions)
	}
	text, err := e.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(text)
	if d := cmp.Diff(e, again); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
}

// TestScript brings a captured environment about in another shell.
func TestScript(t *testing.T) {
	e := captured(t, setup+"shellHook='echo hook ran'\nuses=$out/lib\n")
	code, files, err := e.Script(ScriptOptions{OutputsDir: "/work/outputs", Redirects: map[string]string{"not exported": "redirected"}})
	if err != nil || len(files) > 0 {
		t.Fatal(err, files)
	}
	cmd := exec.Command(bash(t), "-c", code+`
echo "$exported|$plain|${list[0]}|${list[1]}|${#list[@]}|${map["odd key"]}|$uses|$PATH"
greet you
env | grep -c '^exported='
test -d "$NIX_BUILD_TOP" && test "$TMP" = "$NIX_BUILD_TOP" && rmdir "$TMP" && echo temporary
`)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/"}
	out, err := cmd.CombinedOutput()
	want := "hook ran\ntwo\nlines \"quoted\" \\ \t tab \x01 \x1b[0m end|redirected|a b|it's|3|1 2|/work/outputs/out/lib|/path-not-set:" + os.Getenv("PATH") +
		"\nhello you\n1\ntemporary\n"
	if string(out) != want || err != nil {
		t.Errorf("%v, got\n%s\nwant\n%s", err, out, want)
	}
	if !e.Uses("not exported") || e.Uses("/nix/store/nothing") {
		t.Error("Uses is wrong")
	}
}

func TestStructured(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(dir+"/.attrs.sh", []byte("declare -A outputs=(['out']='"+dir+"/o' )\ndeclare a='1'\n"), 0o644)
	os.WriteFile(dir+"/.attrs.json", []byte(`{"a":"1"}`), 0o644)
	cmd := exec.Command(bash(t), "-c", string(captureScript))
	cmd.Env = []string{"NIX_ATTRS_SH_FILE=" + dir + "/.attrs.sh", "NIX_ATTRS_JSON_FILE=" + dir + "/.attrs.json", "PATH=/none"}
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	text, _ := os.ReadFile(dir + "/o")
	e, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if e.AttrsJSON != `{"a":"1"}` || e.Variables["a"].Value != "1" {
		t.Errorf("got %+v", e)
	}
	code, files, err := e.Script(ScriptOptions{OutputsDir: "/outs", TempDir: "/tmp/x"})
	if err != nil || len(files) != 2 || files[1].Path != "/tmp/x/.attrs.sh" {
		t.Errorf("got %v, %v", files, err)
	}
	if !strings.Contains(code, "NIX_ATTRS_SH_FILE='/tmp/x/.attrs.sh'") || !strings.Contains(code, "declare -A outputs=(['out']='/outs/out' )") {
		t.Errorf("got %s", code)
	}
}

func TestSession(t *testing.T) {
	tests := []struct {
		s        Session
		has, not []string
		args     string
	}{
		{Session{RCFile: "/tmp/rc", Shell: "/b/bash", Found: true, Prompt: "p> ", PromptPrefix: "it's "},
			[]string{"source ~/.bashrc", "ENV\n", "rm -f '/tmp/rc'", `PS1='p> ';`, `PS1='it'\''s '"$PS1"`, "SHELL='/b/bash'", `PATH='/b'"${PATH:+:$PATH}"`}, []string{"exec", "set -x"}, "bash --rcfile /tmp/rc"},
		{Session{RCFile: "/tmp/rc", Shell: "bash", Command: []string{"echo", "a b"}, Trace: true}, []string{"set -x", "exec 'echo' 'a b'\n"}, []string{"bashrc", "PS1", "PATH="}, "bash /tmp/rc"},
		{Session{RCFile: "/tmp/rc", Shell: "bash", Phase: "installCheck"}, []string{"runPhase installCheckPhase", "runHook installCheckPhase"}, []string{"bashrc"}, "bash /tmp/rc"},
	}
	for _, tt := range tests {
		got := tt.s.Develop("ENV\n")
		for _, h := range tt.has {
			if !strings.Contains(got, h) {
				t.Errorf("no %q in\n%s", h, got)
			}
		}
		for _, n := range tt.not {
			if strings.Contains(got, n) {
				t.Errorf("%q in\n%s", n, got)
			}
		}
		if args := strings.Join(tt.s.Args(), " "); args != tt.args {
			t.Errorf("got %q, want %q", args, tt.args)
		}
	}
}

func TestClassic(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/setup", []byte("fromSetup=yes\nrunHook() { eval \"${!1}\"; }\nPATH=/from/setup\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tmp := filepath.Join(dir, "tmp")
	os.Mkdir(tmp, 0o755)
	d := drv(derivation.InputAddressed, "stdenv", dir, "text", "long", "passAsFile", "text", "shellHook", "echo hook", "a", "1")
	c := &Classic{Dir: storepath.Default, Derivation: d, TempDir: tmp, Cores: 3, Shell: bash(t), Command: `echo "$a $fromSetup $IN_NIX_SHELL $other ${PATH#*:} $textPath $NIX_BUILD_CORES"`,
		Environ: map[string]string{"PATH": os.Getenv("PATH"), "HOME": "/", "other": "mine"}}
	for _, pure := range []bool{false, true} {
		c.Pure = pure
		env, rc, files, err := c.Prepare()
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != 1 || files[0] != (File{tmp + "/.attr-0", "long"}) {
			t.Errorf("files %v", files)
		}
		os.MkdirAll(tmp, 0o755)
		rcFile := filepath.Join(dir, "rc")
		os.WriteFile(rcFile, []byte(rc), 0o644)
		args := c.Args(rcFile, false)
		cmd := &exec.Cmd{Path: c.Shell, Args: args}
		for k, v := range env {
			cmd.Env = append(cmd.Env, k+"="+v)
		}
		out, err := cmd.CombinedOutput()
		want := "hook\n1 yes impure mine /from/setup:" + os.Getenv("PATH") + " " + tmp + "/.attr-0 3\n"
		if pure {
			want = "hook\n1 yes pure  /from/setup " + tmp + "/.attr-0 3\n"
		}
		if string(out) != want || err != nil {
			t.Errorf("pure %v: %v, got\n%s\nwant\n%s\nrc\n%s", pure, err, out, want, rc)
		}
	}
}

func TestClassicStructured(t *testing.T) {
	in := storepath.Path("33333333333333333333333333333333-in")
	d := drv(derivation.InputAddressed, "__json", `{"a":"1","exportReferencesGraph":{"g":["/nix/store/`+string(in)+`"]}}`)
	c := &Classic{Dir: storepath.Default, Derivation: d, TempDir: "/tmp/x", Shell: "bash",
		Infos: map[storepath.Path]*pathinfo.Info{in: {Path: in, NARHash: nixhash.Sum(nixhash.SHA256, nil), NARSize: 7}}}
	env, rc, files, err := c.Prepare()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 || env["NIX_ATTRS_JSON_FILE"] != "/tmp/x/.attrs.json" || !strings.Contains(files[0].Text, `"closureSize":7`) {
		t.Errorf("got %v, %v", env, files)
	}
	if !strings.Contains(rc, "declare a='1'") || env["__json"] != "" {
		t.Errorf("got %s", rc)
	}
}

func TestParseErrors(t *testing.T) {
	for _, text := range []string{"", "[]", `{"variables":{"a":{"type":"var","value":[]}}}`, `{"variables":{"a":{"type":"array","value":"x"}}}`} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
	e, err := Parse([]byte(`{"variables":{"a":{"type":"unknown"}}}`))
	if err != nil || len(e.Variables) != 0 {
		t.Errorf("got %+v, %v", e, err)
	}
	if _, _, err := e.Script(ScriptOptions{}); err == nil || !strings.Contains(err.Error(), "'outputs'") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"bashFunctions":{"f":"x"},"variables":{"outputs":{"type":"var","value":"out"},"out":{"type":"exported","value":"p"}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := Parse(text)
		if err != nil {
			return
		}
		e.Script(ScriptOptions{})
		again, err := e.JSON()
		if err != nil {
			t.Fatal(err)
		}
		other, err := Parse(again)
		if d := cmp.Diff(e, other); d != "" || err != nil {
			t.Errorf("%v %s", err, d)
		}
	})
}
