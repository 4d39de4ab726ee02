package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"firn/internal/oracle"
	"firn/internal/oracle/exprgen"
)

// A side is one of the two programs.
type side struct{ name, bin string }

// An outcome is what a program made of an expression.
type outcome struct {
	fails bool
	text  string // the value, or the innermost message
	odd   string // crashed, took too long: why there is neither
}

// session holds what stays the same during a run.
type session struct {
	*options
	firnSide, nixSide side
	env               []string
	serial            atomic.Int64 // of files written
}

// An item is one expression and the file it stands in.
type item struct {
	node *exprgen.Node
	file string
}

// filesDir holds the fixture. It is nested, since expressions may go up and copy what they find.
func (s *session) filesDir() string { return filepath.Join(s.work, "a", "b", "files") }

func (s *session) setUp() error {
	for _, dir := range []string{filepath.Join(s.work, "e"), filepath.Join(s.work, "env")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := oracle.WriteFixture(s.filesDir()); err != nil {
		return err
	}
	env := filepath.Join(s.work, "env")
	s.env = oracle.Environment(env, "NO_COLOR=1", "TERM=dumb")
	return oracle.MakeEnvironment(env, strings.Join([]string{
		"experimental-features = nix-command pipe-operators dynamic-derivations ca-derivations impure-derivations parse-toml-timestamps blake3-hashes",
		"substituters =", "build-users-group =", "",
	}, "\n"))
}

// put writes an expression to a file of its own, so that positions are the same however it is evaluated.
func (s *session) put(n *exprgen.Node) item {
	file := filepath.Join(s.work, "e", fmt.Sprintf("%d.nix", s.serial.Add(1)))
	if err := os.WriteFile(file, []byte(n.String()), 0o644); err != nil {
		panic(err) // a folder of our own
	}
	return item{n, file}
}

func remove(items []item) {
	for _, it := range items {
		os.Remove(it.file)
	}
}

// one evaluates a single expression and prints it.
func (s *session) one(at side, it item) outcome { return s.instantiate(at, "import "+it.file) }

// together evaluates all of them, as a list.
func (s *session) together(at side, items []item) outcome {
	var b strings.Builder
	b.WriteString("[")
	for _, it := range items {
		fmt.Fprintf(&b, " (import %s)", it.file)
	}
	b.WriteString(" ]")
	return s.instantiate(at, b.String())
}

func (s *session) instantiate(at side, expression string) outcome {
	res, err := oracle.Run{Bin: at.bin, Name: "nix-instantiate", Dir: s.work, Env: append(s.env, "NIX_REMOTE=dummy://"),
		Args: []string{"--eval", "--strict", "-"}, Stdin: expression, Limit: 20 * time.Second, Most: 1 << 30}.Do()
	return judge(res, err)
}

func judge(res oracle.Result, err error) outcome {
	switch {
	case err != nil:
		return outcome{odd: err.Error()}
	case res.Ended != "":
		return outcome{odd: res.Ended}
	case res.Exit == 0:
		return outcome{text: strings.TrimSuffix(res.Stdout, "\n")}
	case res.Exit == 1 && !strings.Contains(res.Stderr, "goroutine "):
		return outcome{fails: true, text: oracle.LastError(res.Stderr)}
	}
	return outcome{odd: fmt.Sprintf("exit status %d: %.400s", res.Exit, res.Stderr)}
}

// inTurn evaluates every expression in one process, the interactive loop, and tells which of them fail how. A value is only
// said to be one. Missing outcomes at the end mean that the process ended early.
func (s *session) inTurn(at side, items []item) []outcome {
	var lines strings.Builder
	for _, it := range items {
		fmt.Fprintf(&lines, "let x = import %s; in builtins.deepSeq x %q\n", it.file, fine)
	}
	res, err := oracle.Run{Bin: at.bin, Name: "nix", Args: []string{"repl"}, Dir: s.work, Stdin: lines.String(), Merge: true,
		Env: append(s.env, "NIX_REMOTE=dummy://?read-only=false"), Limit: 30 * time.Second, Most: 2 << 30}.Do()
	if err != nil {
		return nil
	}
	segments := strings.Split(oracle.Plain(res.Stdout), "nix-repl> ")
	var list []outcome
	for _, text := range segments[1:] {
		switch {
		case strings.HasSuffix(strings.TrimSpace(text), `"`+fine+`"`) && strings.Contains(text, "\n"):
			list = append(list, outcome{})
		case oracle.LastError(text) != "":
			list = append(list, outcome{fails: true, text: oracle.LastError(text)})
		default:
			return list
		}
	}
	return list[:min(len(list), len(items))]
}

// fine is what the interactive loop prints for a value. It must not stand in the line as it is printed: the loop may
// echo that.
const fine = "no error in it"
