package oracle

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A LangCase is one file of upstream's language cases: KIND-NAME.nix with its expectations beside it.
type LangCase struct {
	Kind string // parse-okay, parse-fail, eval-okay, eval-fail
	Name string // file name without .nix
}

// A Verdict says how much of one case is right. Each level needs the one before it.
type Verdict struct {
	Outcome bool // exit status
	Core    bool // the value of an okay case, the innermost message of a fail case
	Exact   bool // everything that upstream compares, traces and excerpts included
	Detail  string
}

// LangSuite runs the cases in Dir/lang with the nix-instantiate in Bin. Scratch is a folder for what that writes.
type LangSuite struct {
	Dir, Bin, Scratch string
}

var langKinds = []string{"parse-okay", "parse-fail", "eval-okay", "eval-fail"}

// Cases lists what is to be run, leaving out what upstream disables.
func (s *LangSuite) Cases() ([]LangCase, error) {
	entries, err := os.ReadDir(filepath.Join(s.Dir, "lang"))
	if err != nil {
		return nil, err
	}
	var list []LangCase
	for _, e := range entries {
		name, isNix := strings.CutSuffix(e.Name(), ".nix")
		i := slices.IndexFunc(langKinds, func(k string) bool { return strings.HasPrefix(name, k+"-") })
		if !isNix || i < 0 || s.has(name, ".exp-disabled") {
			continue
		}
		list = append(list, LangCase{langKinds[i], name})
	}
	return list, nil
}

// Prepare makes the folders and the configuration that every case finds.
func (s *LangSuite) Prepare() error {
	return MakeEnvironment(s.Scratch, strings.Join([]string{
		"build-users-group =",
		"keep-derivations = false",
		"sandbox = false",
		"experimental-features = nix-command flakes",
		"gc-reserved-space = 0",
		"substituters =",
		"flake-registry = " + s.Scratch + "/registry.json",
		"show-trace = true",
		"fsync-metadata = false",
		"",
	}, "\n"))
}

// environment is what upstream's set-up gives a case.
func (s *LangSuite) environment(kind string) []string {
	env := Environment(s.Scratch,
		"TERM=xterm-256color", "PAGER=cat", "NIX_REMOTE=dummy://",
		"TEST_ROOT="+s.Scratch, "TEST_HOME="+filepath.Join(s.Scratch, "home"),
		"TEST_VAR=foo", "IMPURE_VAR1=foo", "IMPURE_VAR2=bar",
		"_NIX_TEST_SHARED="+filepath.Join(s.Scratch, "shared"), "_NIX_IN_TEST="+filepath.Join(s.Scratch, "shared"),
		"_NIX_TEST_NO_ENVIRONMENT_WARNINGS=1",
	)
	if kind == "eval-okay" {
		env = append(env, "NIX_PATH=lang/dir3:lang/dir4", "HOME=/fake-home")
	}
	return env
}

// An expectation is one output and what it should be; suffix is the one its file has while CASE.postprocess runs.
type expectation struct {
	suffix    string
	got, want []byte
}

// Run runs one case.
func (s *LangSuite) Run(c LangCase) Verdict {
	run := Run{Bin: s.Bin, Name: "nix-instantiate", Dir: s.Dir, Env: s.environment(c.Kind), Limit: 30 * time.Second}
	run.Args = s.arguments(c)
	if strings.HasPrefix(c.Kind, "parse") {
		run.Stdin = string(s.read(c.Name, ".nix"))
	}
	merged := strings.HasSuffix(c.Kind, "fail")
	run.Merge = merged
	res, err := run.Do()
	switch {
	case err != nil:
		return Verdict{Detail: err.Error()}
	case res.Ended != "":
		return Verdict{Detail: res.Ended}
	}
	xml := c.Kind == "eval-okay" && s.has(c.Name, ".exp.xml")
	out, errs := []byte(res.Stdout), []byte(res.Stderr)
	if strings.HasPrefix(c.Kind, "eval") && !xml {
		out = bytes.ReplaceAll(out, []byte(s.Dir), []byte("/pwd"))
		errs = bytes.ReplaceAll(errs, []byte(s.Dir), []byte("/pwd"))
	}
	var list []*expectation
	switch {
	case merged:
		list = []*expectation{{"err", out, s.read(c.Name, ".err.exp")}}
	case xml:
		list = []*expectation{{"out.xml", out, s.read(c.Name, ".exp.xml")}}
	default:
		list = []*expectation{{"out", out, s.read(c.Name, ".exp")}, {"err", errs, s.read(c.Name, ".err.exp")}}
	}
	if err := s.postprocess(c, list); err != nil {
		return Verdict{Detail: err.Error()}
	}
	return judge(merged, res, list)
}

func judge(fails bool, res Result, list []*expectation) Verdict {
	wantExit := 0
	if fails {
		wantExit = 1
	}
	v := Verdict{Outcome: res.Exit == wantExit}
	if !v.Outcome {
		v.Detail = fmt.Sprintf("exit %d, want %d: %.200s", res.Exit, wantExit, LastError(res.Stderr+res.Stdout))
	}
	v.Core, v.Exact = v.Outcome, v.Outcome
	for i, e := range list {
		same := bytes.Equal(e.got, e.want)
		v.Exact = v.Exact && same
		if i == 0 && !fails {
			v.Core = v.Core && same
		}
		if !same && v.Outcome {
			v.Detail += firstDifference(e)
		}
	}
	if fails {
		got, want := LastError(string(list[0].got)), LastError(string(list[0].want))
		v.Core = v.Core && got == want
		if got != want && v.Outcome {
			v.Detail = fmt.Sprintf("message %.200q, want %.200q", got, want)
		}
	}
	return v
}

func (s *LangSuite) arguments(c LangCase) []string {
	file := "lang/" + c.Name + ".nix"
	switch {
	case strings.HasPrefix(c.Kind, "parse"):
		return []string{"--parse", "-"}
	case c.Kind == "eval-fail" && s.has(c.Name, ".flags"):
		return append(strings.Fields(comment.ReplaceAllString(string(s.read(c.Name, ".flags")), "")), file)
	case c.Kind == "eval-fail":
		return []string{"--eval", "--strict", "--show-trace", file}
	case s.has(c.Name, ".exp.xml"):
		return []string{"--eval", "--xml", "--no-location", "--strict", file}
	}
	flags, _, _ := strings.Cut(string(s.read(c.Name, ".flags")), "\n")
	return append(strings.Fields(flags), "--eval", "--strict", file)
}

var comment = regexp.MustCompile(`#.*`)

// postprocess runs CASE.postprocess, a shell script that edits the outputs where they are files, if there is one.
func (s *LangSuite) postprocess(c LangCase, list []*expectation) error {
	if !s.has(c.Name, ".postprocess") {
		return nil
	}
	stem := filepath.Join(s.Scratch, c.Name)
	for _, e := range list {
		if err := os.WriteFile(stem+"."+e.suffix, e.got, 0o666); err != nil {
			return err
		}
	}
	cmd := exec.Command("bash", filepath.Join(s.Dir, "lang", c.Name+".postprocess"), stem)
	cmd.Dir, cmd.Env = s.Dir, s.environment(c.Kind)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s.postprocess: %w", c.Name, err)
	}
	for _, e := range list {
		var err error
		if e.got, err = os.ReadFile(stem + "." + e.suffix); err != nil {
			return err
		}
	}
	return nil
}

func (s *LangSuite) has(name, suffix string) bool {
	_, err := os.Stat(filepath.Join(s.Dir, "lang", name+suffix))
	return err == nil
}

// read returns the content of a file beside a case; an absent one is empty, as upstream has it.
func (s *LangSuite) read(name, suffix string) []byte {
	data, _ := os.ReadFile(filepath.Join(s.Dir, "lang", name+suffix))
	return data
}

// firstDifference names the first line that is not as it should be.
func firstDifference(e *expectation) string {
	got, want := strings.Split(Plain(string(e.got)), "\n"), strings.Split(Plain(string(e.want)), "\n")
	for i := range max(len(got), len(want)) {
		g, w := lineAt(got, i), lineAt(want, i)
		if g != w {
			return fmt.Sprintf("%s line %d: %.120q, want %.120q; ", e.suffix, i+1, g, w)
		}
	}
	return e.suffix + ": bytes differ; "
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}
