package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firn/internal/oracle"
	"firn/internal/wiring"
)

// TestReplTranscripts types the input of upstream's transcripts into sessions
// and compares what comes back.
func TestReplTranscripts(t *testing.T) {
	corpora, err := oracle.Corpora()
	if errors.Is(err, oracle.ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	suite, err := filepath.EvalSymlinks(filepath.Join(corpora, "nix-2.36-pre/tests/functional"))
	if err != nil {
		t.Fatal(err)
	}
	inputs, _ := filepath.Glob(filepath.Join(suite, "repl", "*.in"))
	if len(inputs) == 0 {
		t.Fatal("no transcripts in " + suite)
	}
	for _, in := range inputs {
		name := strings.TrimSuffix(in, ".in")
		t.Run(filepath.Base(name), func(t *testing.T) {
			want, err := os.ReadFile(name + ".expected")
			if err != nil {
				t.Fatal(err)
			}
			got := tidyTranscript(runTranscript(t, name), suite)
			if d := cmp.Diff(strings.TrimRight(string(want), "\n"), strings.TrimRight(got, "\n")); d != "" {
				t.Error("(-want +got)\n" + d)
			}
		})
	}
}

var replComment = regexp.MustCompile(`(?m)^[ \t]*# COM:.*\n`)

func runTranscript(t *testing.T, name string) string {
	t.Helper()
	input, err := os.ReadFile(name + ".in")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"repl"}
	debugged := name + ".in.debugexpr.nix"
	if _, err := os.Stat(debugged); err == nil {
		args = []string{"eval", "--file", debugged, "--debugger"}
	}
	if flags, err := os.ReadFile(name + ".flags"); err == nil {
		args = append(args, strings.Fields(string(flags))...)
	}
	home := t.TempDir()
	var out bytes.Buffer
	cmd := exec.Command("firn", args...)
	cmd.Dir = filepath.Dir(name)
	cmd.Stdin = bytes.NewReader(replComment.ReplaceAll(input, nil))
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "NIX_") }),
		"HOME="+home, "NIX_CONF_DIR="+home, "NIX_CONFIG=show-trace = true\nstore = dummy://",
		"_NIX_TEST_RAW_MARKDOWN=1", "_NIX_TEST_REPL_ECHO=1")
	err = cmd.Run()
	if fails := strings.HasPrefix(filepath.Base(name), "debugger-fail-"); fails != (err != nil) {
		t.Errorf("%v, but failing was %v", err, fails)
	}
	return out.String()
}

var (
	replColour      = regexp.MustCompile("\x1b\\[[0-9;]*[mK]")
	replBeforeLine  = regexp.MustCompile(`\n+nix-repl>`)
	replFinalPrompt = regexp.MustCompile(`\n+nix-repl>[ \n]*$`)
)

// tidyTranscript removes what transcripts do not pin.
func tidyTranscript(s, suite string) string {
	s = replColour.ReplaceAllString(s, "")
	s = replBeforeLine.ReplaceAllString(s, "\n\nnix-repl>")
	s = strings.TrimRight(replFinalPrompt.ReplaceAllString(s, ""), " \n")
	s = strings.ReplaceAll(s, suite, "/path/to/tests/functional")
	return strings.ReplaceAll(s, wiring.CompatibleVersion, "<nix version>")
}
