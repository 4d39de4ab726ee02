package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const goldenFile = "testdata/golden.txt"

// A golden is an expression and what becomes of it: its value as printed, or `error:` and the innermost message. FILES stands for the folder
// that holds the generator's fixture.
type golden struct {
	expression, want string
	notYet           bool // known to come out differently
}

// TestGolden evaluates the expressions of testdata/golden.txt: `> EXPRESSION`, and below it what the reference makes of it. A `?`
// in place of `>` marks one that firn has wrong; the test fails when it gets right.
// Every builtin occurs in it. FIRN_UPDATE=1 asks the reference anew; lines that begin with # stay.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("FIRN_UPDATE") != "" {
		nix, err := FindReference()
		need(t, err)
		list := parseGolden(string(text))
		for i, got := range evaluateAll(t, nix.Bin, list) {
			list[i].want = got
		}
		if err := os.WriteFile(goldenFile, []byte(formatGolden(string(text), list)), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	list := parseGolden(string(text))
	for i, got := range evaluateAll(t, firnBin(t), list) {
		g := list[i]
		right := got == g.want || Explain(got, g.want) != ""
		switch {
		case right && g.notYet:
			t.Errorf("%s\n\tis right by now: mark it with >", g.expression)
		case !right && !g.notYet:
			t.Errorf("%s\n\tgot  %s\n\twant %s", g.expression, got, g.want)
		}
	}
}

// evaluateAll evaluates each expression in a process of its own, two at a time.
func evaluateAll(t *testing.T, bin string, list []golden) []string {
	t.Helper()
	dir, env := scratch(t, "NIX_REMOTE=dummy://", "NO_COLOR=1")
	files := filepath.Join(dir, "a", "b", "files")
	if err := WriteFixture(files); err != nil {
		t.Fatal(err)
	}
	results := make([]string, len(list))
	next := make(chan int)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range next {
				results[i] = evaluateOne(bin, dir, env, files, list[i].expression)
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	wg.Wait()
	return results
}

func evaluateOne(bin, dir string, env []string, files, expression string) string {
	res, err := Run{Bin: bin, Name: "nix-instantiate", Dir: "/", Env: env,
		Args: []string{"--eval", "--strict", "-"}, Stdin: strings.ReplaceAll(expression, "FILES", files)}.Do()
	back := strings.NewReplacer(files, "FILES", filepath.Join(dir, "home"), "HOME")
	switch {
	case err != nil:
		return err.Error()
	case res.Ended != "":
		return res.Ended
	case res.Exit == 0:
		return back.Replace(strings.TrimSuffix(res.Stdout, "\n"))
	case res.Exit == 1:
		return "error: " + back.Replace(LastError(res.Stderr))
	}
	return fmt.Sprintf("exit status %d: %.200s", res.Exit, res.Stderr)
}

func parseGolden(text string) []golden {
	var list []golden
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if expression, ok := strings.CutPrefix(line, "> "); ok {
			list = append(list, golden{expression: expression})
		} else if expression, ok := strings.CutPrefix(line, "? "); ok {
			list = append(list, golden{expression: expression, notYet: true})
		} else if len(list) > 0 && !strings.HasPrefix(line, "# ") {
			last := &list[len(list)-1]
			if last.want != "" {
				last.want += "\n"
			}
			last.want += line
		}
	}
	return list
}

// formatGolden is text with other results.
func formatGolden(text string, list []golden) string {
	var b strings.Builder
	next := 0
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "# "):
			b.WriteString(line)
		case strings.HasPrefix(line, "> "), strings.HasPrefix(line, "? "):
			fmt.Fprintf(&b, "%c %s\n%s\n", line[0], list[next].expression, list[next].want)
			next++
		}
	}
	return b.String()
}
